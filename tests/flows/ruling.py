"""What stories about a portal's own rules have in common."""

from __future__ import annotations

from integration.flows import rules
from integration.flows.rules import Edit
from integration.store.rules import Version
from tests.flows.desk import PORTAL, Desk

WHO = "anna@example.com"

RULES = """
version: 1
settings:
  recent: {default: 30d, description: How long a purchase counts.}
  wait: {default: 4h, description: How long a cart may stand.}
segments:
  buyers:
    description: Bought within {recent}.
    when: {event: purchase, within: {setting: recent}}
  abandoners:
    when: {event: cart_updated, within: 7d, without: {event: purchase, inside: {setting: wait}}}
  swedes:
    when: {property: country, is: SE}
lifecycle:
  stages:
    customer: {name: Customer, when: {segment: buyers}}
  otherwise: {name: Visitor}
triggers:
  series:
    on: {enters: buyers}
    enroll: {workflow: Series}
  cart:
    on: {enters: abandoners}
    enroll: {workflow: Cart}
    again: always
"""

VIP = """
version: 1
segments:
  vips:
    name: The very best
    when: {event: purchase, total: {of: amount, at_least: 100}}
"""

LONGER = Edit("setting", "recent", "60d")
SHORTER = Edit("setting", "recent", "10d")


def edit(desk: Desk, what: Edit) -> Version:
    return rules.change(desk.tools, PORTAL, what, WHO)
