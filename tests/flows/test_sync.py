"""The first sync: all of a portal's past, resumable, with progress; then polling."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta

import pytest

from integration import wiring
from integration.flows import pages, sync
from integration.hubspot.transport import Observed
from integration.store import sync as sync_store
from integration.store import tables
from integration.store.sync import Source
from mappings.instants import to_ms
from mappings.model import PortalState
from sandbox import acts
from sandbox.faults import Fault, Kind
from sandbox.marketing.acts import click_email, deliver_email, open_email, send_email, submit_form
from sandbox.marketing.model import EmailCampaign, Form
from sandbox.portal import Account
from tests.flows.entries import Crash, calls_of, contact, dying, kinds, rows
from tests.house import HUB_ID, NOON, House

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
MANY = 130  # two pages of contacts, two of orders, three of submissions


def furnish(house: House, people: int = 10) -> list[str]:
    """Give the portal a past: contacts, orders, a deal, a cart, e-mails, submissions."""
    portal, past = house.portal, NOON - DAY
    with portal.quiet():
        ids = [
            portal.contacts.create({"email": f"p{number}@example.com", "country": "SE"}).id
            for number in range(people)
        ]
        for one in ids:
            acts.place_order(portal, one, {"hs_total_price": "10"}, [{"quantity": "1"}])
        acts.open_deal(portal, ids[0], {"dealname": "Big", "dealstage": "closedwon"})
        acts.fill_cart(portal, ids[1], {"hs_total_price": "5"})
    portal.marketing.campaigns[7] = EmailCampaign(7, 113, 1, 2, "Summer sale", "Sale!")
    portal.marketing.forms["f-1"] = Form("f-1", "E-book: knots", ("email",), past)
    portal.marketing.forms["f-2"] = Form("f-2", "Contact us", ("email",), past)
    for number in range(people):
        address = f"p{number}@example.com"
        send_email(portal, 7, address, past)
        deliver_email(portal, 7, address, past + number * MINUTE)
        submit_form(portal, "f-1", {"email": address}, "https://x.example", past + number * MINUTE)
    open_email(portal, 7, "p0@example.com", past + MINUTE, machine=True)
    click_email(portal, (7, "p0@example.com"), "https://x.example", past + MINUTE)
    return ids


def sources(house: House) -> dict[str, Source]:
    with house.segue.store.read() as connection:
        every = sync_store.every(connection, HUB_ID)
    return {each.source: each for each in every if not each.is_watch}


FIRST = [
    "cart_updated",
    "email_clicked",
    "email_delivered",
    "email_opened",
    "form_submitted",
    "product_purchased",
    "purchase",
    "resource_downloaded",
]


def test_the_first_sync_reads_all_there_is(house: House) -> None:
    """Issue 2, item 6: contacts, orders, deals, line items, e-mail events, submissions."""
    ids = furnish(house)

    house.install()

    assert house.contact_count() == 10
    assert sorted(kinds(house, ids[0])) == [
        "email_clicked",
        "email_delivered",
        "email_opened",
        "form_submitted",
        "product_purchased",
        "purchase",
        "purchase",
        "resource_downloaded",
    ]
    assert "cart_updated" in kinds(house, ids[1])
    named = {event.kind: event.properties for event in house.timeline(ids[0])}
    assert named["email_opened"] == {
        "email": "Summer sale",
        "campaign": "7",
        "machine": "yes",
        "machine_reason": "HubSpot filtered it",
    }
    assert named["email_clicked"]["machine"] == "no"
    assert {name: (one.state, one.records) for name, one in sources(house).items()} == {
        "contacts": ("done", 10),
        "orders": ("done", 10),
        "deals": ("done", 1),
        "carts": ("done", 1),
        "emails": ("done", 22),
        "forms": ("done", 10),
        "subscriptions": ("done", 0),
        "meetings": ("done", 0),
        "calls": ("done", 0),
        "tickets": ("done", 0),
        "webinars": ("done", 0),
        "history": ("done", 10),
        "occurrences": ("off", 0),
        "consents": ("done", 0),
    }
    assert house.members("swedes") == house.listed("swedes") == {int(one) for one in ids}


def test_a_first_sync_that_dies_anywhere_goes_on_where_it_was(house: House) -> None:
    """Issue 2: kill -9 between any two steps, then restart: nothing lost, nothing twice."""
    ids = furnish(house, MANY)
    house.connect()
    prepared = len(pages_read(house))
    progress, deaths = [], 0

    while sources(house)["history"].finished_at is None:
        dead, settings = house.segue, house.segue.settings
        house.segue = wiring.build(settings, house.clock.now, dead.tools.books.files)
        dead.store.engine.dispose()
        deaths += 1
        with dying(house.segue, after=2 + deaths % 6), suppress(Crash):
            while sync.run(house.segue.tools):
                pass
        house.clock.advance(timedelta(seconds=61))  # the dead one's lease has to run out
        progress.append(sources(house)["contacts"].records)
        assert deaths < 60

    assert deaths > 5
    assert progress == sorted(progress)
    assert {0, 100, MANY} >= set(progress) >= {100, MANY}
    assert len(pages_read(house)) - prepared <= PAGES + deaths
    assert house.contact_count() == MANY
    events = rows(house, tables.events)
    assert sorted({row.kind for row in events}) == FIRST
    assert len(events) == MANY * 5 + 2 + 2
    assert {name: one.records for name, one in sources(house).items()} == {
        "contacts": MANY,
        "orders": MANY,
        "deals": 1,
        "carts": 1,
        "emails": 2 * MANY + 2,
        "forms": MANY,
        "subscriptions": 0,
        "meetings": 0,
        "calls": 0,
        "tickets": 0,
        "webinars": 0,
        "history": MANY,
        "occurrences": 0,
        "consents": 0,
    }
    house.settle()
    assert house.state is PortalState.LIVE
    assert house.listed("buyers") == {int(one) for one in ids}


# Contacts 2, orders 2, deals 1, carts 1, e-mail events 1, forms 1, submissions of the two 3 and 1;
# the orders' pipelines 1; subscriptions, meetings, calls, tickets and webinars 1 each.
PAGES = 18


def pages_read(house: House) -> list[str]:
    """List the calls that read a page of a source."""
    log = house.sandbox.calls.of(HUB_ID)
    return [call.path for call in log if call.method == "GET" and "/campaigns/" not in call.path]


def test_two_processes_share_a_first_sync_and_store_no_page_twice(house: House) -> None:
    """A page that one is reading is leased; whoever was too slow stores nothing."""
    furnish(house, MANY)
    house.connect()
    tools = house.segue.tools
    slow = tools.claim()
    with house.segue.store.write() as connection:
        held = sync_store.claim(connection, slow)
        other = sync_store.claim(connection, tools.claim())
    assert held is not None
    assert other is not None
    assert other.source != held.source
    page = pages.READERS[held.source](tools, held)

    house.clock.advance(timedelta(seconds=61))
    house.settle()

    assert sync._keep(tools, held, slow.lease, page) is False
    assert sources(house)["contacts"].records == MANY
    assert house.state is PortalState.LIVE


def test_a_missing_permission_switches_off_one_source_alone(
    small_house: House,
) -> None:
    """Failure mode 11: the reason names the scope, and an install that grants it reads all."""
    house = small_house
    withheld = frozenset({"crm.objects.orders.read", "e-commerce", "forms"})
    house.portal.account = Account(tier="enterprise", withheld_scopes=withheld)
    ids = furnish(house)

    house.install()

    states = {name: (one.state, one.reason) for name, one in sources(house).items()}
    assert [name for name, (state, _) in states.items() if state == "off"] == ["orders", "forms"]
    assert "crm.objects.orders.read" in states["orders"][1]
    assert "Install the app again" in states["forms"][1]
    assert house.members("swedes") == {int(one) for one in ids}
    assert house.members("buyers") == {int(ids[0])}
    calls = calls_of(house, "GET", "/form-integrations/")
    house.pass_time(5 * MINUTE)
    assert calls_of(house, "GET", "/form-integrations/") == calls

    house.portal.account = Account(tier="enterprise")
    house.install()

    assert {one.state for one in sources(house).values()} == {"done"}
    assert house.members("buyers") == house.listed("buyers") == {int(one) for one in ids}


def test_without_line_items_purchases_are_read_all_the_same(small_house: House) -> None:
    """Failure mode 11: one missing scope disables only what it is for."""
    house = small_house
    withheld = frozenset({"crm.objects.line_items.read", "e-commerce"})
    house.portal.account = Account(withheld_scopes=withheld)
    ids = furnish(house)

    house.install()

    assert sources(house)["orders"].state == "done"
    assert house.members("buyers") == {int(one) for one in ids}
    assert "product_purchased" not in kinds(house, ids[0])


FAULTS = (
    Fault(Kind.RATE_LIMIT, path="/crm/objects/*", retry_after=3),
    Fault(Kind.RATE_LIMIT, path="/crm/objects/*", policy="SECONDLY"),
    Fault(Kind.BAD_GATEWAY, path="/crm/objects/*"),
    Fault(Kind.SERVER_ERROR, path="/crm/objects/*"),
    Fault(Kind.EMPTY_SERVER_ERROR, path="/email/*"),
    Fault(Kind.GATEWAY_TIMEOUT, path="/email/*"),
    Fault(Kind.RESET, path="/form*"),
    Fault(Kind.MIGRATING, path="/marketing/*", retry_after=120),
)


def test_hubspots_bad_moments_only_delay_a_first_sync(small_house: House) -> None:
    """Failure modes 1, 2, 13, 14, 15: it pauses as long as asked, and goes on."""
    house = small_house
    ids = furnish(house)
    house.connect()
    for fault in FAULTS:
        house.sandbox.faults.add(Fault(**vars(fault)))

    house.settle()

    assert house.state is PortalState.LIVE
    assert not house.sandbox.faults.waiting
    assert house.members("buyers") == {int(one) for one in ids}
    assert house.clock.now() - NOON >= timedelta(seconds=123)
    refused = [call for call in house.sandbox.calls.of(HUB_ID) if call.status == 429]
    after = [call for call in house.sandbox.calls.of(HUB_ID) if call.at > refused[0].at]
    assert after[0].at - refused[0].at >= timedelta(seconds=3)


def test_a_timeout_of_hubspot_only_delays(
    small_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failure mode 13: no answer in time is no answer."""
    house = small_house
    furnish(house)
    monkeypatch.setattr("integration.hubspot.wire.READ_SECONDS", 0.2)
    house.connect()
    house.sandbox.faults.add(Fault(Kind.TIMEOUT, path="/crm/objects/*/contacts", seconds=0.5))

    house.settle()

    assert house.contact_count() == 10
    assert house.state is PortalState.LIVE


def test_the_days_last_call_parks_the_portal_until_its_midnight(small_house: House) -> None:
    """Failure mode 3: midnight in the portal's own time zone, and no call of any kind before."""
    house = small_house
    furnish(house)
    house.portal.rates.daily = 6
    house.connect()

    for _ in range(29):
        house.step()
        house.clock.advance(20 * MINUTE)

    # In Berlin midnight comes at 22:00 UTC in summer: ten hours after noon.
    midnight = NOON + timedelta(hours=10)
    assert house.clock.now() == midnight - 20 * MINUTE
    made = house.sandbox.calls.of(HUB_ID)
    assert [call.status for call in made].count(429) == 1
    assert len(made) == 7
    blocked = {row.bucket: row.blocked_until for row in rows(house, tables.budgets)}
    assert blocked == {"general": to_ms(midnight), "search": to_ms(midnight)}
    house.portal.rates.daily = None
    house.pass_time(20 * MINUTE)
    assert house.state is PortalState.LIVE
    assert house.contact_count() == 10


def test_an_outage_of_any_length_ends_no_polling(small_house: House) -> None:
    """Failure mode 14: what HubSpot fails at is tried hourly; only a refusal switches it off."""
    house = small_house
    ids = furnish(house)
    house.install()
    down = Fault(Kind.SERVER_ERROR, path="/email/*", times=10_000)
    house.sandbox.faults.add(down)
    tried = calls_of(house, "GET", "/email/")

    for _ in range(18):
        house.pass_time(timedelta(hours=1))

    assert sources(house)["emails"].state == "done"
    assert calls_of(house, "GET", "/email/") - tried < 50
    house.sandbox.faults.clear()
    open_email(house.portal, 7, "p3@example.com", house.clock.now())
    house.pass_time(timedelta(hours=1, minutes=1))
    assert "email_opened" in kinds(house, ids[3])
    assert sources(house)["emails"].reason == ""


def test_webhooks_are_taken_in_while_the_past_is_read(house: House) -> None:
    """What happens meanwhile is neither lost nor undone by a page that was read before."""
    ids = furnish(house)
    house.connect()
    tools = house.segue.tools
    claim = tools.claim()
    with house.segue.store.write() as connection:
        held = sync_store.claim(connection, claim)
    assert held is not None
    stale = pages.READERS["contacts"](tools, held)
    house.clock.advance(MINUTE / 2)
    house.portal.contacts.update(ids[0], {"country": "NO"})
    house.portal.contacts.archive(ids[1])
    house.portal.forget(ids[2])
    house.portal.contacts.create({"email": "new@example.com", "country": "SE"})
    house.hear()
    house.step()

    assert sync._keep(tools, held, claim.lease, stale)
    house.clock.advance(MINUTE)
    house.settle()

    assert house.state is PortalState.LIVE
    expected = {int(one) for one in ids[3:]} | {int(ids[-1]) + 1}
    assert house.members("swedes") == house.listed("swedes") == expected
    gone = [contact(house, ids[1]), contact(house, ids[2])]
    assert [one.state.value for one in gone if one] == ["archived", "erased"]


def test_polling_misses_nothing_and_repeats_nothing(small_house: House) -> None:
    """Failure mode 17: e-mail events and submissions show up late, and on several pages."""
    house = small_house
    ids = furnish(house)
    house.install()
    before = len(rows(house, tables.events))
    records = {name: one.records for name, one in sources(house).items()}

    for minute in range(1, 6):
        now = house.clock.now()
        open_email(house.portal, 7, f"p{minute}@example.com", now)
        submit_form(house.portal, "f-2", {"email": f"p{minute}@example.com"}, "https://y", now)
        # Two that HubSpot shows only now, though they happened before the last poll.
        late = now - 30 * MINUTE
        open_email(house.portal, 7, "p9@example.com", late)
        submit_form(house.portal, "f-2", {"email": "p9@example.com"}, "https://y", late)
        house.pass_time(MINUTE)

    assert len(rows(house, tables.events)) == before + 20
    assert kinds(house, ids[9]).count("email_opened") == 5
    assert kinds(house, ids[9]).count("form_submitted") == 6
    assert {name: one.records for name, one in sources(house).items()} == records


def test_each_campaign_is_looked_up_once(small_house: House) -> None:
    """HubSpot's e-mail events name no campaign: the rules do, by its name."""
    house = small_house
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    for number in range(45):
        name = f"Sale {number}" if number else ""
        house.portal.marketing.campaigns[number] = EmailCampaign(number, 113, 1, 2, name, "Hi!")
        send_email(house.portal, number, "anna@example.com", NOON - DAY)
        deliver_email(house.portal, number, "anna@example.com", NOON - DAY)
    house.install()
    lookups = calls_of(house, "GET", "/email/public/v1/campaigns/")

    open_email(house.portal, 7, "anna@example.com", house.clock.now())
    house.pass_time(2 * MINUTE)

    names = {event.properties["email"] for event in house.timeline(anna)}
    assert names == {"Hi!", *(f"Sale {number}" for number in range(1, 45))}
    assert lookups == calls_of(house, "GET", "/email/public/v1/campaigns/") == 45
    assert sources(house)["emails"].records == 90


def read_slowly(house: House) -> None:
    """Let every call take six seconds: a run then ends after two of them."""

    def wait(_: Observed) -> None:
        house.clock.advance(timedelta(seconds=6))

    settings, book = house.segue.settings, house.segue.tools.books.files
    house.segue.store.engine.dispose()
    house.segue = wiring.build(settings, house.clock.now, book, observer=wait)
    house.connect()


def test_a_form_that_is_deleted_ends_no_polling(small_house: House) -> None:
    """It was listed, and is gone when its submissions are asked for."""
    house = small_house
    ids = furnish(house, MANY)
    read_slowly(house)
    deleted = 0
    for _ in range(30):
        cursor = json.loads(sources(house)["forms"].cursor or "{}")
        if "f-2" in cursor.get("left", ()) and not deleted:
            del house.portal.marketing.forms["f-2"]
            deleted = 1
        sync.run(house.segue.tools)
        house.clock.advance(timedelta(seconds=6))

    assert deleted == 1
    assert (sources(house)["forms"].state, sources(house)["forms"].reason) == ("done", "")
    assert all("form_submitted" in kinds(house, one) for one in ids)


def test_a_cursor_that_hubspot_forgot_begins_the_source_anew(small_house: House) -> None:
    """HubSpot's cursors don't live for ever: a source isn't given up for that."""
    house = small_house
    ids = furnish(house, MANY)
    read_slowly(house)
    forgotten = 0
    for _ in range(30):
        after = json.loads(sources(house)["forms"].cursor or "{}").get("after")
        if after and not forgotten:
            forgotten = forget(house, after)
        sync.run(house.segue.tools)
        house.clock.advance(timedelta(seconds=6))

    assert forgotten == 1
    assert (sources(house)["forms"].state, sources(house)["forms"].reason) == ("done", "")
    assert all("form_submitted" in kinds(house, one) for one in ids)


def forget(house: House, cursor: str) -> int:
    """Let HubSpot forget the submission that a cursor stands for; give how many it forgot."""
    held = house.portal.marketing.submissions["f-1"]
    kept = [one for one in held if f"{one.submitted_at}-{one.conversion_id}" != cursor]
    house.portal.marketing.submissions["f-1"] = kept
    return len(held) - len(kept)
