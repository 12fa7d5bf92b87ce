"""What stories about writing back have in common: doing in HubSpot, and seeing what was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

from integration.flows import deliver, evaluate, intake, retry
from integration.store import segments
from integration.store.outbox import Item
from integration.store.segments import SegmentList
from mappings.writing import IntentKind
from sandbox import acts
from sandbox.lists.book import CrmList
from sandbox.properties.model import Definition
from tests.house import HUB_ID, House

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

CHANGES = "*/memberships/add-and-remove"
UPDATES = "*/batch/update"
CREATES = "/crm/lists/2026-03"


def people(house: House, number: int, **values: str) -> list[str]:
    """Let so many contacts be created, with addresses."""
    return [
        house.portal.contacts.create({"email": f"p{place}@example.com", **values}).id
        for place in range(number)
    ]


def buy(house: House, contact_id: str) -> None:
    """Let a contact order something."""
    acts.place_order(house.portal, contact_id, {"hs_total_price": "10"})


def fill_cart(house: House, contact_id: str) -> None:
    """Let a contact put something into a cart."""
    acts.fill_cart(house.portal, contact_id, {"hs_total_price": "10"})


def move(house: House, country: str, *contact_ids: str) -> None:
    """Let contacts move to another country."""
    house.clock.advance(SECOND)  # two changes of one instant would have no order
    for each in contact_ids:
        house.portal.contacts.update(each, {"country": country})


def asked(house: House, path: str, method: str = "*") -> list[int]:
    """Give the statuses of the calls that matched, in their order."""
    return [
        call.status
        for call in house.sandbox.calls.calls
        if fnmatchcase(call.path, path) and fnmatchcase(call.method, method)
    ]


def take_in(house: House) -> None:
    """Hear and evaluate, but write nothing back yet."""
    house.hear()
    while intake.run(house.segue.tools):
        pass
    evaluate.run(house.segue.tools)


def write(house: House) -> int:
    """Write back once."""
    return deliver.run(house.segue.tools)


def work_for(house: House, span: timedelta, stride: timedelta = MINUTE) -> None:
    """Let everybody work now and then while so much time passes, whatever is left at the end."""
    end = house.clock.now() + span
    while house.clock.now() < end:
        house.step()
        house.clock.advance(stride)
    house.step()


def write_for(house: House, span: timedelta, stride: timedelta) -> None:
    """Take in what there is, then only write back now and then while so much time passes."""
    take_in(house)
    end = house.clock.now() + span
    while house.clock.now() < end:
        write(house)
        house.clock.advance(stride)


def redefine(house: House, name: str, **how: Any) -> Definition:
    """Let an admin change a contact property; give it as it was."""
    book = house.portal.properties["0-1"]
    before = book.definitions[name]
    book.definitions[name] = replace(before, **how)
    return before


def press_retry(house: House) -> int:
    """Do what the retry button does, then let everybody work; give how much was revived."""
    revived = retry.try_again(house.segue.tools, HUB_ID)
    house.settle()
    return revived.total


def its_list(house: House, segment: str) -> CrmList:
    """Give a segment's list in HubSpot."""
    list_id = known(house, segment).list_id
    assert list_id is not None
    return house.portal.lists.lists[list_id]


def known(house: House, segment: str) -> SegmentList:
    """Give what is known here of a segment's list."""
    with house.segue.store.read() as connection:
        return segments.lists(connection, HUB_ID)[segment]


def wish(house: House, contact_id: str, segment: str) -> Item:
    """Give a contact's wish for a segment's list."""
    found = house.outbox(contact_id, IntentKind.LIST)
    return next(item for item in found if item.intent.target == segment)


def written(house: House, contact_id: str) -> Item:
    """Give a contact's wish for properties."""
    return house.outbox(contact_id, IntentKind.PROPERTIES)[0]


def enrollment(house: House, contact_id: str) -> Item:
    """Give a contact's one enrollment."""
    [found] = house.outbox(contact_id, IntentKind.ENROLLMENT)
    return found
