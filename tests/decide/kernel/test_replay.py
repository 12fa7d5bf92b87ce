"""A replay of a stretch gives what looking at every instant of it gives."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from integration.decide.kernel import (
    BEGINNING,
    NEVER,
    NO_STAGE,
    EventRow,
    Stretch,
    Timelines,
    happenings,
    occasions,
    replay,
)
from integration.decide.kernel.courses import Course
from mappings.rules import Happens, parse
from tests.decide.kernel.asking import CATALOGUE, book, event, ms, written
from tests.decide.kernel.languages import NOW, TYPES, changes_possible, event_conditions
from tests.decide.kernel.plain_reading import DAY, PlainContact, PlainReader
from tests.decide.kernel.test_against_plain_reading import QUIET, cases

STRETCH = Stretch(NOW - 12 * DAY, NOW + 9 * DAY)


def timelines_of(people: Sequence[PlainContact]) -> Timelines:
    rows = [
        EventRow(number, each.id, each.kind, each.at, json.dumps(dict(each.properties)))
        for number, person in enumerate(people)
        for each in person.events
    ]
    properties = {number: person.properties for number, person in enumerate(people)}
    return Timelines.of(range(len(people)), rows, properties)


def plain_changes(
    answer: Callable[[int], Any], instants: Iterable[int]
) -> tuple[Any, list[tuple[int, Any]]]:
    """Look at every instant of the stretch, and a millisecond before it, one after the other."""
    first = held = answer(STRETCH.start)
    changes = []
    for at in sorted({each for instant in instants for each in (instant - 1, instant)}):
        if STRETCH.start < at <= STRETCH.end and answer(at) != held:
            held = answer(at)
            changes.append((at, held))
    return first, changes


def changes_of(course: Course, contact: int) -> tuple[Any, list[tuple[int, Any]]]:
    mine = course.contact == contact
    return course.now[contact].item(), list(
        zip(course.at[mine].tolist(), course.then[mine].tolist(), strict=True)
    )


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(cases())
def test_a_replay_is_looking_at_every_instant(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    document, people = case[0], case[1][:1]
    segments = {key: segment["when"] for key, segment in document["segments"].items()}
    stages = {key: one["when"] for key, one in document["lifecycle"]["stages"].items()}
    reader = PlainReader(TYPES, segments, stages)

    found = replay(
        parse(json.dumps(document), "random.yml", CATALOGUE), timelines_of(people), STRETCH
    )

    assert found.stages is not None
    places = {key: place for place, key in enumerate(found.stage_keys)} | {None: NO_STAGE}
    for number, person in enumerate(people):
        instants = changes_possible(document, person)
        for key, when in segments.items():
            plain = plain_changes(lambda now: reader.holds(when, person, now), instants)  # noqa: B023 -- called at once
            assert changes_of(found.segments[key], number) == plain, key
        plain = plain_changes(lambda now: places[reader.stage(person, now)], instants)  # noqa: B023 -- called at once
        assert changes_of(found.stages, number) == plain


@st.composite
def trigger_cases(draw: st.DrawFn) -> tuple[dict[str, Any], list[PlainContact]]:
    """A condition as a trigger may have it, over people around its edges."""
    condition = draw(event_conditions(followed=True))
    for word in ("within", "before", "from", "to"):
        condition.pop(word, None)
    _, people = draw(cases())
    return condition, people[:3]


@settings(max_examples=30, deadline=None, suppress_health_check=QUIET)
@given(trigger_cases())
def test_occasions_are_the_instants_at_which_each_event_comes_to_qualify(
    case: tuple[dict[str, Any], list[PlainContact]],
) -> None:
    condition, people = case
    document = {"triggers": {"t": {"on": {"event": condition}, "enroll": {"workflow": "W"}}}}
    on = parse(json.dumps(document), "random.yml", CATALOGUE).triggers["t"].on
    assert isinstance(on, Happens)

    contacts, instants = occasions(on.condition, timelines_of(people), CATALOGUE, STRETCH)

    found = sorted(zip(contacts.tolist(), instants.tolist(), strict=True))
    assert found == plain_occasions(condition, people)


def plain_occasions(
    condition: dict[str, Any], people: Sequence[PlainContact]
) -> list[tuple[int, int]]:
    reader = PlainReader(TYPES)
    found = []
    for number, person in enumerate(people):
        possible = sorted(changes_possible(condition, person))
        for each in person.timeline():
            for at in possible:
                existing = [one for one in person.timeline() if one.at <= at]
                if each in reader.matching(condition, existing) and reader.sequels_hold(
                    condition, each, existing, at
                ):
                    found += [(number, at)] if STRETCH.start < at <= STRETCH.end else []
                    break
    return sorted(found)


def test_what_came_and_went_within_the_stretch_was_an_occasion() -> None:
    rules = book(
        "triggers: {t: {on: {event: {event: cart_updated, without: {event: purchase}}},"
        " enroll: {workflow: W}}}"
    )
    on = rules.triggers["t"].on
    assert isinstance(on, Happens)
    cart, bought = event("cart_updated", "2026-06-10"), event("purchase", "2026-06-11")
    timelines = Timelines.of(["x"], [cart, bought], {})
    stretch = Stretch(ms("2026-06-09"), ms("2026-06-30"))

    _, instants = occasions(on.condition, timelines, CATALOGUE, stretch)

    assert [written(at) for at in instants.tolist()] == ["2026-06-10T00:00:00.000Z"]
    # A worker that only looks when both are there has nothing to act on any more.
    assert happenings(on.condition, timelines, CATALOGUE, stretch.start, stretch.end) == []


def test_a_change_at_the_start_is_before_the_stretch_and_one_at_its_end_in_it() -> None:
    rules = book("segments: {buyers: {when: {event: purchase, within: 7d}}}")
    timelines = Timelines.of(["x"], [event("purchase", "2026-06-10")], {})

    into = replay(rules, timelines, Stretch(ms("2026-06-10"), ms("2026-06-16"))).segments["buyers"]
    out_of = replay(rules, timelines, Stretch(ms("2026-06-09"), ms("2026-06-17"))).segments[
        "buyers"
    ]

    assert (into.now.tolist(), into.at.tolist()) == ([True], [])
    assert out_of.now.tolist() == [False]
    assert [written(at) for at in out_of.at.tolist()] == [
        "2026-06-10T00:00:00.000Z",
        "2026-06-17T00:00:00.000Z",
    ]


def test_a_book_without_a_lifecycle_is_replayed_without_stages() -> None:
    rules = book("segments: {}")
    found = replay(rules, Timelines.of(["x"], [], {}), Stretch(BEGINNING, NOW))
    assert (found.contacts, found.segments, found.stages) == (("x",), {}, None)


def test_what_never_comes_is_no_change_of_a_course() -> None:
    rules = book(
        "segments: {swedes: {when: {property: country, is: SE}},"
        " due: {when: {property: due, within: 1d}}}"
    )
    timelines = Timelines.of(["x"], [], {"x": {"country": "NO", "due": "never"}})

    found = replay(rules, timelines, Stretch(BEGINNING, NEVER))

    assert [course.at.tolist() for course in found.segments.values()] == [[], []]
