"""What webhook messages change: the same whatever their order and number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.decide.draft import Changes
from integration.decide.intake import (
    Fetched,
    is_known,
    is_ours,
    lacking,
    meet,
    take_in,
    unseen,
)
from mappings.instants import to_ms
from mappings.model import (
    Contact,
    ContactRecord,
    ContactState,
    Event,
    History,
    Message,
    ObjectRecord,
    ObjectType,
)
from mappings.sources import load_sources

SOURCES = load_sources()
START = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
CONTACT, ORDER, DEAL = ObjectType.CONTACT, ObjectType.ORDER, ObjectType.DEAL


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def says(action: str, contact_id: int, minute: int, **more: object) -> Message:
    """Make a classic message about a contact."""
    said = Message(1, f"contact.{action}", action, CONTACT, contact_id, at(minute), "77")
    return replace(said, **more)  # type: ignore[arg-type] # the tests name fields of Message only


def sets(contact_id: int, minute: int, name: str, value: str | None) -> Message:
    return says("propertyChange", contact_id, minute, property_name=name, property_value=value)


def merges(old: Sequence[int], survivor: int, minute: int) -> Message:
    return says("merge", survivor, minute, merged_ids=tuple(old), survivor_id=survivor)


def record(contact_id: int, minute: int, **values: str | None) -> ContactRecord:
    """Make a contact as HubSpot shows it, last changed at a minute."""
    return ContactRecord(contact_id, values, at(0), at(minute))


@dataclass
class Shelf:
    """What would be stored: contacts, and events under the ids they were told of."""

    contacts: dict[int, Contact] = field(default_factory=dict)
    timelines: dict[int, dict[str, Event]] = field(default_factory=dict)

    def keep(self, changes: Changes) -> None:
        self.contacts |= {contact.contact_id: contact for contact in changes.contacts}
        for gone in changes.erased:
            lost = {one for one in self.contacts if self.final(one) == gone}
            for each in lost:
                self.timelines.pop(each, None)
                erased_at = self.contacts[gone].state_at
                self.contacts[each] = Contact(each, ContactState.ERASED, erased_at)
        for event in changes.events:
            self.timelines.setdefault(event.contact_id, {}).setdefault(event.id, event)

    def final(self, contact_id: int) -> int:
        seen = set()
        while contact_id not in seen and (contact := self.contacts.get(contact_id)):
            seen.add(contact_id)
            contact_id = contact.merged_into or contact_id
        return contact_id

    def united(self) -> dict[int, dict[str, Event]]:
        """Give timelines as whoever lives on for others has them."""
        found: dict[int, dict[str, Event]] = {}
        for owner, line in sorted(self.timelines.items()):
            found.setdefault(self.final(owner), {}).update(line)
        return found

    def seen(self) -> object:
        """Give what anybody could tell apart later: of a contact that is no more, not its values
        (a restored one is read anew), and of one that was erased along with another not when."""
        living = {
            contact_id: contact
            if contact.state is ContactState.LIVE
            else (
                contact.state,
                None if contact.state is ContactState.ERASED else contact.state_at,
                contact.merged_into,
            )
            for contact_id, contact in self.contacts.items()
        }
        return living, {owner: sorted(line) for owner, line in self.united().items()}


def hear(world: Mapping[int, ContactRecord], batches: Iterable[Sequence[Message]]) -> Shelf:
    """Take batches in, one after the other, beside a HubSpot where all is over already."""
    shelf = Shelf({10: Contact(10, ContactState.LIVE, at(0), created_at=at(0))})
    for batch in batches:
        lack = lacking(batch, frozenset(shelf.contacts), SOURCES)
        found = {one: world[one] for one in lack.contacts if one in world}
        shelf.keep(take_in(batch, shelf.contacts, Fetched(found), SOURCES))
    return shelf


# One summer of a small portal. 1 is deleted and comes back; 3 is merged into 2; 4 and 5 live on as
# 6, a third id, and HubSpot also sends their deletion; 7 takes 9 in and is erased for privacy; 8 is
# deleted; 10 has two values set at one instant. 11 and 13 are merged into 12 and come back; 13 is
# deleted then.
STORY = (
    says("creation", 1, 0),
    sets(1, 2, "country", "SE"),
    sets(1, 3, "lifecyclestage", "lead"),
    says("deletion", 1, 4),
    says("restore", 1, 6),
    sets(1, 7, "country", "FI"),
    says("creation", 2, 0),
    says("creation", 3, 0),
    sets(3, 1, "lifecyclestage", "customer"),
    sets(2, 2, "country", "DE"),
    merges([3], 2, 5),
    says("creation", 4, 0),
    says("creation", 5, 0),
    sets(5, 2, "lifecyclestage", "subscriber"),
    merges([4, 5], 6, 4),
    says("deletion", 4, 4),
    says("deletion", 5, 4),
    sets(6, 8, "country", "NO"),
    says("creation", 7, 0),
    says("creation", 9, 0),
    sets(9, 1, "lifecyclestage", "lead"),
    merges([9], 7, 3),
    says("privacyDeletion", 7, 6),
    says("deletion", 7, 6),
    says("privacyDeletion", 7, 7),
    says("creation", 8, 0),
    sets(8, 1, "lifecyclestage", "lead"),
    says("deletion", 8, 5),
    says("creation", 11, 0),
    says("creation", 12, 0),
    sets(11, 1, "lifecyclestage", "lead"),
    merges([11], 12, 3),
    says("deletion", 11, 3),
    says("restore", 11, 5),
    says("creation", 13, 0),
    merges([13], 12, 2),
    says("restore", 13, 4),
    says("deletion", 13, 6),
    sets(10, 3, "country", "US"),
    sets(10, 3, "country", "CA"),
    sets(10, 2, "country", "MX"),
    sets(10, 1, "firstname", "Ann"),
    sets(10, 4, "firstname", None),
)
WORLD = {
    11: record(11, 5, country="NO", lifecyclestage="lead"),
    12: record(12, 3, country="SE"),
    1: record(1, 7, country="FI", lifecyclestage="lead", email="one@example.com"),
    2: record(2, 5, country="DE", lifecyclestage="customer", hs_additional_emails="3@example.com"),
    6: record(6, 8, country="NO", lifecyclestage="subscriber"),
}


@st.composite
def tellings(draw: st.DrawFn) -> list[list[Message]]:
    """Draw an order, some repetitions, and where one delivery ends and the next begins."""
    repeated = draw(st.lists(st.sampled_from(STORY), max_size=20))
    told = draw(st.permutations([*STORY, *repeated]))
    cuts = sorted(draw(st.sets(st.integers(1, len(told) - 1), max_size=8)))
    return [told[start:end] for start, end in zip([0, *cuts], [*cuts, len(told)], strict=True)]


IN_ORDER = sorted(STORY, key=lambda message: message.occurred_at)
ONE_BY_ONE = hear(WORLD, [[message] for message in IN_ORDER])


@settings(max_examples=150, deadline=None)
@given(tellings())
def test_any_order_and_number_of_messages_ends_in_the_same_contacts(
    told: list[list[Message]],
) -> None:
    """Failure modes 28 to 32."""
    heard = hear(WORLD, told)

    assert heard.seen() == ONE_BY_ONE.seen()


def test_the_story_ends_as_it_should() -> None:
    """Failure modes 28 and 29: what all orders agree on is also right."""
    shelf = ONE_BY_ONE

    states = {contact_id: contact.state.value for contact_id, contact in shelf.contacts.items()}
    assert states == {
        1: "live",
        2: "live",
        3: "merged",
        4: "merged",
        5: "merged",
        6: "live",
        7: "erased",
        8: "archived",
        9: "erased",
        10: "live",
        11: "live",
        12: "live",
        13: "archived",
    }
    assert shelf.contacts[1].text("country") == "FI"
    assert shelf.contacts[3].merged_into == 2
    assert shelf.contacts[5].merged_into == 6
    assert shelf.contacts[7].values == {}
    # At one instant the greater text stands, whichever came first.
    assert shelf.contacts[10].values == {
        "country": ("US", to_ms(at(3))),
        "firstname": (None, to_ms(at(4))),
    }
    kinds = {
        owner: [(event.kind, event.properties["to"]) for event in line.values()]
        for owner, line in shelf.united().items()
    }
    assert kinds == {
        1: [("stage_changed", "lead")],
        2: [("stage_changed", "customer")],
        6: [("stage_changed", "subscriber")],
        8: [("stage_changed", "lead")],
        11: [("stage_changed", "lead")],
    }


def test_of_two_merges_of_one_contact_the_later_stands() -> None:
    """Failure mode 28: HubSpot's later merge names every id that is no more."""
    early, late = merges([1], 2, 1), merges([1, 2], 3, 2)

    one = hear({3: record(3, 2)}, [[early], [late]])
    other = hear({3: record(3, 2)}, [[late], [early]])

    assert one.seen() == other.seen()
    assert one.contacts[1].merged_into == 3


def test_merges_that_contradict_each_other_end_all_the_same() -> None:
    """Failure mode 28: no record of HubSpot's is worth going round in circles for."""
    told = [merges([1], 2, 1), merges([2], 1, 1), sets(1, 2, "lifecyclestage", "lead")]

    shelf = hear({1: record(1, 1), 2: record(2, 1)}, [told])

    assert {shelf.contacts[one].state for one in (1, 2)} == {ContactState.MERGED}
    assert sum(len(line) for line in shelf.timelines.values()) == 1


def test_a_change_without_a_name_changes_nothing() -> None:
    stored = {1: Contact(1, ContactState.LIVE, at(0))}

    changes = take_in([says("propertyChange", 1, 1)], stored, Fetched(), SOURCES)

    assert (changes.contacts, changes.events) == ((), ())


def test_a_merge_that_is_known_already_changes_nothing() -> None:
    """Failure mode 30: the same merge comes by two subscriptions, with two event ids."""
    once = hear({2: record(2, 1)}, [[merges([1], 2, 1)]])

    again = take_in([merges([1], 2, 1)], once.contacts, Fetched(), SOURCES)

    assert again.merged == ()
    assert again.contacts == ()


def test_a_record_read_before_a_merge_leaves_the_survivor_as_it_is() -> None:
    """Failure mode 28: another worker stored the merge while this one was reading."""
    stored = {
        1: Contact(1, ContactState.MERGED, at(5), merged_into=2),
        2: Contact(2, ContactState.LIVE, at(1), values={"country": ("DE", to_ms(at(1)))}),
    }

    changes = meet(stored, [record(1, 4, country="SE")])

    assert changes == Changes()


def test_a_record_older_than_a_deletion_leaves_the_contact_deleted() -> None:
    """Failure mode 32: a page of the first sync was read before the deletion was heard."""
    stored = {1: Contact(1, ContactState.ARCHIVED, at(5))}

    older = meet(stored, [record(1, 4, country="SE")])
    newer = meet(stored, [record(1, 6, country="SE")])

    assert [contact.state for contact in older.contacts] == [ContactState.ARCHIVED]
    assert older.touched == frozenset()
    assert [contact.state for contact in newer.contacts] == [ContactState.LIVE]
    assert newer.touched == {1}


def test_a_deletion_told_after_a_newer_record_was_read_deletes_nothing() -> None:
    """Failure mode 32: the contact was restored before it was read, and lives."""
    live = meet({}, [record(1, 6, country="SE")]).contacts[0]

    changes = take_in([says("deletion", 1, 4)], {1: live}, Fetched(), SOURCES)

    assert changes == Changes(restating=SOURCES.restating)


def test_at_one_instant_a_deletion_outweighs() -> None:
    """Failure mode 32: HubSpot deleted and changed the contact in the same millisecond."""
    live = Contact(1, ContactState.LIVE, at(5))

    deleted = take_in([says("deletion", 1, 5)], {1: live}, Fetched(), SOURCES)
    again = take_in([says("restore", 1, 5)], {1: deleted.contacts[0]}, Fetched(), SOURCES)

    assert deleted.gone == (1,)
    assert again.touched == frozenset()


def test_what_is_erased_gets_no_event() -> None:
    """Failure mode 29: an order was read just before its contact was deleted for privacy."""
    stored = {1: Contact(1, ContactState.ERASED, at(5))}
    order = ObjectRecord(ORDER, 9, {}, at(1), at(1), associated={CONTACT: (1, 2)})

    changes = take_in(
        [Message(1, "object.creation", "creation", ORDER, 9, at(1), "5")],
        stored,
        Fetched(objects=(order,)),
        SOURCES,
    )

    assert [event.contact_id for event in changes.events] == [2]


def test_who_is_merged_into_somebody_erased_is_erased_with_them() -> None:
    """Failure modes 28 and 29, in the order that makes it hard."""
    stored = {1: Contact(1, ContactState.LIVE, at(0)), 2: Contact(2, ContactState.ERASED, at(9))}

    changes = take_in([merges([1], 2, 3)], stored, Fetched(), SOURCES)

    assert changes.merged == ()
    assert changes.erased == (1,)
    assert changes.contacts[0].values == {}


def test_a_redacted_value_is_read_and_never_stored() -> None:
    """HubSpot writes REDACTED for what is sensitive."""
    stored = {1: Contact(1, ContactState.LIVE, at(0))}
    change = sets(1, 1, "lifecyclestage", "REDACTED")

    lack = lacking([change], frozenset(stored), SOURCES)
    changes = take_in([change], stored, Fetched(), SOURCES)

    assert lack.contacts == {1}
    assert changes.contacts == ()
    assert changes.events == ()


ECHO = sets(1, 1, "segue_segments", "buyers")


def test_our_own_values_are_no_news() -> None:
    """Failure mode 45."""
    stored = {1: Contact(1, ContactState.LIVE, at(0))}

    changes = take_in([ECHO], stored, Fetched(), SOURCES)
    read = meet({}, [record(1, 1, segue_stage="lead", country="SE")])

    assert is_ours(ECHO)
    assert not is_ours(sets(1, 1, "country", "SE"))
    assert changes.contacts == ()
    assert set(read.contacts[0].values) == {"country"}


@pytest.mark.parametrize(
    ("message", "known"),
    [
        (says("creation", 1, 0), True),
        (says("restore", 1, 0), True),
        (sets(1, 0, "country", "SE"), True),
        (merges([1], 2, 0), True),
        (says("privacyDeletion", 1, 0), True),
        (says("frobnication", 1, 0), False),
        (replace(says("deletion", 1, 0), object_id=None), False),
        (says("associationChange", 1, 0, object_id=None, ends=((CONTACT, 1), (DEAL, 2))), True),
        (says("associationChange", 1, 0, object_id=None, ends=((CONTACT, 1),)), False),
        (Message(1, "object.creation", "creation", ORDER, 5, at(0), ""), True),
        (Message(1, "object.deletion", "deletion", ORDER, 5, at(0), ""), False),
        (Message(1, "line_item.creation", "creation", ObjectType.LINE_ITEM, 5, at(0), ""), False),
        (Message(1, "company.creation", "creation", ObjectType.OTHER, 5, at(0), ""), False),
    ],
)
def test_segue_knows_what_it_does_something_about(message: Message, known: bool) -> None:
    """Unknown types are skipped and counted."""
    assert is_known(message, SOURCES) is known


def test_what_messages_lack_is_asked_for_once() -> None:
    """Only what nobody told us: new contacts, survivors, and orders with whom they belong to."""
    told = [
        sets(1, 0, "country", "SE"),
        sets(2, 0, "country", "SE"),
        says("creation", 3, 0),
        says("deletion", 4, 0),
        merges([5], 6, 0),
        Message(1, "object.creation", "creation", ORDER, 7, at(0), ""),
        says("associationChange", 1, 0, object_id=None, ends=((CONTACT, 1), (DEAL, 8))),
    ]

    lack = lacking(told, frozenset({1}), SOURCES)

    assert lack.contacts == {2, 3, 6}
    assert lack.objects == {ORDER: {7}, DEAL: {8}}


GONE = Contact(1, ContactState.ARCHIVED, at(5))


@pytest.mark.parametrize(
    ("message", "stored", "waits"),
    [
        (says("creation", 1, 6), None, True),
        (sets(1, 6, "country", "SE"), None, True),
        (merges([2], 1, 6), None, True),
        (says("deletion", 1, 6), None, False),
        (says("creation", 1, 6), GONE, False),
        (sets(1, 6, "country", "SE"), GONE, False),
        (says("restore", 1, 6), GONE, True),
        (says("restore", 1, 4), GONE, False),
        (says("restore", 1, 6), replace(GONE, state=ContactState.ERASED), False),
        (Message(1, "object.creation", "creation", ORDER, 7, at(6), ""), None, True),
    ],
)
def test_what_hubspot_tells_of_and_doesnt_show_is_waited_for(
    message: Message, stored: Contact | None, waits: bool
) -> None:
    """Failure mode 18: its replicas lag behind its webhooks."""
    known = {} if stored is None else {1: stored}

    assert (unseen([message], known, Fetched(), SOURCES) == [message]) is waits


def test_nobody_waits_for_what_is_told_to_be_gone() -> None:
    """A contact, or an order, that came and went is not late."""
    told = [
        says("creation", 1, 0),
        says("deletion", 1, 1),
        says("creation", 2, 0),
        merges([2], 3, 1),
        Message(1, "object.creation", "creation", ORDER, 7, at(0), ""),
        Message(1, "object.deletion", "deletion", ORDER, 7, at(1), ""),
        Message(1, "object.creation", "creation", DEAL, 8, at(0), ""),
    ]
    fetched = Fetched({3: record(3, 1)}, forbidden=frozenset({DEAL}))

    assert unseen(told, {}, fetched, SOURCES) == []


def test_who_comes_back_after_a_merge_takes_its_values_however_old_they_are() -> None:
    """Failure mode 28: HubSpot need not stamp a record that it only brings back."""
    stored = {
        1: Contact(1, ContactState.MERGED, at(3), merged_into=2),
        2: Contact(2, ContactState.LIVE, at(1)),
    }
    fetched = Fetched({1: record(1, 2, country="SE")})

    changes = take_in([says("restore", 1, 5)], stored, fetched, SOURCES)

    assert changes.returned == (1,)
    assert changes.contacts[0].state is ContactState.LIVE
    assert changes.contacts[0].text("country") == "SE"


def test_ids_that_a_contact_took_in_lead_to_it_unless_they_live() -> None:
    """Failure mode 28: HubSpot may go on listing an id that lives again."""
    stored = {1: Contact(1, ContactState.LIVE, at(0)), 4: Contact(4, ContactState.ARCHIVED, at(1))}
    survivor = replace(record(2, 5), absorbed=frozenset({1, 3, 4}))

    changes = meet(stored, [survivor])
    again = meet({one.contact_id: one for one in changes.contacts} | {1: stored[1]}, [survivor])

    assert changes.merged == ((3, 2), (4, 2))
    assert again.merged == ()


@pytest.mark.parametrize(("apart", "events"), [(-4, 1), (0, 1), (4, 1), (-60, 2), (60, 2)])
def test_a_move_told_by_webhook_and_by_history_is_one(apart: int, events: int) -> None:
    """HubSpot promises no instant equal to the millisecond; history knows what stood before."""
    told = sets(1, 9, "lifecyclestage", "customer")
    versions = (("lead", START), ("customer", at(9) + timedelta(seconds=apart)))
    fetched = Fetched(histories={1: History(1, {"lifecyclestage": versions})})
    live = Contact(1, ContactState.LIVE, START)

    assert lacking([told], frozenset({1}), SOURCES).histories == {1}
    changes = take_in([told], {1: live}, fetched, SOURCES)

    moves = [event.properties for event in changes.events if event.properties["to"] == "customer"]
    assert len(moves) == events
    assert {"from": "lead", "to": "customer"} in moves


@pytest.mark.parametrize(
    ("values", "renewed"),
    [
        ({"country": "SE"}, False),
        ({"country": "SE", "lastmodifieddate": "2026-06-30T12:09:00Z"}, False),
        ({"country": "SE", "segue_stage": "lead"}, False),
        ({"country": "NO"}, True),
        ({"country": None}, True),
        ({"city": "Malmo"}, True),
    ],
)
def test_a_value_that_is_another_now_is_news_and_that_a_record_was_written_is_not(
    values: dict[str, str | None], renewed: bool
) -> None:
    known = meet({}, [record(1, 1, country="SE", lastmodifieddate="2026-06-30T12:01:00Z")])
    assert known.renewed == {1}, "all of somebody new is news"

    again = meet({each.contact_id: each for each in known.contacts}, [record(1, 9, **values)])

    assert again.renewed == ({1} if renewed else set())
    assert [each.contact_id for each in again.contacts] == [1], "as of a later instant, at least"
