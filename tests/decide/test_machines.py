"""Opens and clicks that no person made, by what else was done with the same e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from integration.decide.machines import restated
from mappings.machines import AGENT, BURST, FILTERED, SOON
from mappings.model import Event
from mappings.sources import load_sources
from tests.flows.desk import ANNA, BERT

HOW = load_sources().machines
SENT = datetime(2026, 6, 30, 9, tzinfo=UTC)


def event(
    kind: str, after: float, url: str = "", *, contact: int = ANNA, campaign: str = "7"
) -> Event:
    """Let something happen so many seconds after the delivery."""
    at = SENT + timedelta(seconds=after)
    values = {"campaign": campaign}
    if kind != "email_delivered":
        values["machine"] = "no"
    if url:
        values["url"] = url
    return Event(contact, f"email:{kind}:{after}:{url}:{contact}", kind, at, "email", values)


def delivered(after: float = 0, **how: object) -> Event:
    return event("email_delivered", after, **how)  # type: ignore[arg-type]


def opened(after: float, **how: object) -> Event:
    return event("email_opened", after, **how)  # type: ignore[arg-type]


def clicked(after: float, url: str, **how: object) -> Event:
    return event("email_clicked", after, url, **how)  # type: ignore[arg-type]


def marks(mail: Sequence[Event]) -> dict[tuple[str, float], str]:
    """Give what is marked now: kind and seconds after the delivery -> reason."""
    return {
        (one.kind.removeprefix("email_"), (one.at - SENT).total_seconds()): one.properties[
            "machine_reason"
        ]
        for one in restated(HOW, mail)
        if one.properties["machine"] == "yes"
    }


@pytest.mark.parametrize(
    ("after", "machine"), [(0, True), (3, True), (3.001, False), (90, False), (-1, False)]
)
def test_who_opens_within_three_seconds_of_delivery_is_a_machine(
    after: float, machine: bool
) -> None:
    assert marks([delivered(), opened(after)]) == ({("opened", after): SOON} if machine else {})


@pytest.mark.parametrize(("after", "machine"), [(5, True), (5.001, False)])
def test_who_clicks_within_five_seconds_of_delivery_is_a_machine(
    after: float, machine: bool
) -> None:
    found = marks([delivered(), clicked(after, "/a")])

    assert found == ({("clicked", after): SOON} if machine else {})


def test_another_e_mails_delivery_or_anothers_says_nothing() -> None:
    assert marks([delivered(campaign="8"), opened(1)]) == {}
    assert marks([delivered(contact=BERT), opened(1)]) == {}


@pytest.mark.parametrize(
    ("seconds", "urls", "machine"),
    [
        ([100, 101], ["/a", "/b"], True),
        ([100, 101.001], ["/a", "/b"], False),
        ([100, 101], ["/a", "/a"], False),
        ([100, 105, 110], ["/a", "/b", "/c"], True),
        ([100, 105, 110.001], ["/a", "/b", "/c"], False),
        ([100, 105, 110], ["/a", "/b", "/a"], False),
        ([100, 130, 160], ["/a", "/b", "/c"], False),
    ],
)
def test_links_that_are_clicked_at_once_are_a_scanners(
    seconds: list[float], urls: list[str], machine: bool
) -> None:
    clicks = [clicked(after, url) for after, url in zip(seconds, urls, strict=True)]

    found = marks([delivered(), *clicks])

    assert found == ({("clicked", after): BURST for after in seconds} if machine else {})


def test_a_person_who_clicks_after_the_scanner_stays_a_person() -> None:
    scanner = [clicked(60 + number / 10, f"/{number}") for number in range(4)]

    found = marks([delivered(), *scanner, opened(3600), clicked(3620, "/2")])

    assert {after for _, after in found} == {60, 60.1, 60.2, 60.3}


@pytest.mark.parametrize(("after", "machine"), [(55, True), (65.1, True), (54.9, False)])
def test_an_open_beside_a_burst_belongs_to_it(after: float, machine: bool) -> None:
    scanner = [clicked(60, "/a"), clicked(60.1, "/b")]

    assert (("opened", after) in marks([delivered(), *scanner, opened(after)])) is machine


def test_of_two_reasons_the_weightier_is_told() -> None:
    """Soon after delivery and in a burst: the first of the two in the list of reasons."""
    found = marks([delivered(), clicked(1, "/a"), clicked(1.5, "/b"), clicked(8, "/c")])

    assert found == {("clicked", 1): SOON, ("clicked", 1.5): SOON, ("clicked", 8): BURST}


def marked(one: Event, reason: str) -> Event:
    values = {**one.properties, "machine": "yes", "machine_reason": reason}
    return Event(one.contact_id, one.id, one.kind, one.at, one.source, values)


def test_a_mark_that_stands_stays() -> None:
    """The evidence may be out of sight by now."""
    stands = [marked(clicked(60, "/a"), BURST), marked(opened(90), AGENT)]

    assert restated(HOW, [delivered(), *stands]) == []


def test_what_is_read_anew_adds_its_own_mark() -> None:
    """HubSpot may filter an event later than it showed it first."""
    first = opened(90)

    assert restated(HOW, [first, marked(first, FILTERED)]) == [marked(first, FILTERED)]
    assert restated(HOW, [marked(first, FILTERED), first]) == []
    upgraded = restated(HOW, [delivered(), marked(opened(1), BURST)])
    assert [one.properties["machine_reason"] for one in upgraded] == [SOON]


def test_the_order_in_which_evidence_comes_in_does_not_matter() -> None:
    """Failure mode 32: whatever comes first, in the end the same is marked."""
    mail = [delivered(), opened(2), clicked(60, "/a"), clicked(60.4, "/b"), opened(300)]
    expected = {("opened", 2): SOON, ("clicked", 60): BURST, ("clicked", 60.4): BURST}

    for order in permutations(mail):
        stored: dict[str, Event] = {}
        for news in order:
            stored[news.id] = news
            stored |= {one.id: one for one in restated(HOW, list(stored.values()))}
        told = {
            (one.kind.removeprefix("email_"), (one.at - SENT).total_seconds()): reason
            for one in stored.values()
            if (reason := one.properties.get("machine_reason"))
        }
        assert told == expected


def test_events_of_other_sources_without_a_mark_are_left_alone() -> None:
    bare = Event(ANNA, "x", "email_opened", SENT + timedelta(hours=1), "collector", {})

    assert restated(HOW, [bare]) == []
