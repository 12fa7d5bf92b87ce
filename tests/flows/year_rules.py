"""The rules of a portal's year.

People act within the first minutes of an hour. All windows end half an hour beside their round
length, and `again` a quarter of an hour: so nothing runs out while a dead worker's leases do, and
what a look comes too late for by those minutes is the same in both lives.
"""

from __future__ import annotations

LISTED = "Left a cart"  # it enrolls by the segment's list, and lets people in again
CALLED = "A hello to Sweden"  # Segue enrolls whom it shall have, through the v2 API
THANKED = "Thank you"  # the same, by an event, and again after a while

RULES = f"""
version: 1
segments:
  buyers:
    name: Buyers
    when: {{event: purchase, within: 43230m}}
  regulars:
    name: Regulars
    when: {{event: purchase, within: 129630m, count: {{at_least: 2}}}}
  lost:
    name: Lost customers
    when: {{all: [{{event: purchase}}, {{not: {{segment: buyers}}}}]}}
  cart_abandoners:
    name: Cart abandoners
    when: {{event: cart_updated, within: 10110m, without: {{event: purchase, inside: 270m}}}}
  swedes:
    name: Swedes
    when: {{property: country, is: SE}}
  readers:
    name: Readers
    when:
      any:
        - {{event: resource_downloaded, within: 20190m}}
        - {{event: email_clicked, within: 14430m}}
  lookers:
    name: Lookers
    when: {{event: page_viewed, within: 43230m}}
lifecycle:
  stages:
    regular: {{name: Regular, when: {{segment: regulars}}}}
    customer: {{name: Customer, when: {{event: purchase}}, hubspot: customer}}
    lead: {{name: Lead, when: {{segment: readers}}}}
  otherwise: {{name: Visitor}}
triggers:
  cart:
    name: Cart
    on: {{enters: cart_abandoners}}
    enroll: {{workflow: {LISTED}}}
    again: after 15m
  hello:
    name: Hello
    on: {{enters: swedes}}
    enroll: {{workflow: {CALLED}}}
  thanks:
    name: Thanks
    on: {{event: {{event: purchase}}}}
    enroll: {{workflow: {THANKED}}}
    again: after 43215m
"""
