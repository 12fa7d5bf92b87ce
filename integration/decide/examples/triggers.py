"""Runs the examples of triggers: what was done is replayed, and whom that enrolls is compared.

The contact of an example begins before its first event: what is true of it then, it doesn't enter.
Nobody is held out, as the control group goes by who a contact is and not by what it does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from integration.decide.examples.failures import Failure, events_of, now_of, properties_of
from integration.decide.kernel import BEGINNING, NEVER, Stretch, Timelines, replay
from integration.decide.rehearsal import Enrollment, rehearse
from mappings.rules import RuleBook, Trigger, TriggerExample, portion
from mappings.rules.values import write_duration

_ALL_TIME = Stretch(BEGINNING, NEVER)


@dataclass(frozen=True)
class _Case:
    trigger: Trigger
    number: int
    example: TriggerExample


def count(book: RuleBook) -> int:
    """Count the examples of triggers."""
    return len(_cases(book))


def _cases(book: RuleBook) -> list[_Case]:
    return [
        _Case(trigger, number, example)
        for trigger in book.triggers.values()
        for number, example in enumerate(trigger.examples, start=1)
    ]


def failing(book: RuleBook) -> list[Failure]:
    """Run the examples of triggers and give those that fail, in the book's order."""
    cases = _cases(book)
    if not cases:
        return []
    enrolled = _enrolled(book, cases)
    return [
        Failure(
            case.trigger.source,
            case.example.line,
            f"triggers.{case.trigger.key}",
            case.number,
            message,
        )
        for place, case in enumerate(cases)
        if (message := _difference(case.example, enrolled[place]))
    ]


def _enrolled(book: RuleBook, cases: list[_Case]) -> list[list[Enrollment]]:
    """Give each case's enrollments by its own trigger, the earliest first.

    All is replayed at once and for all time: `now` says what of it is past and what is to come.
    """
    keys = list(dict.fromkeys(case.trigger.key for case in cases))
    needed = portion(book, (), keys)
    events = [row for place, case in enumerate(cases) for row in events_of(place, case.example)]
    properties = {place: properties_of(case.example) for place, case in enumerate(cases)}
    timelines = Timelines.of(tuple(properties), events, properties)
    played = replay(needed, timelines, _ALL_TIME)
    found: list[list[Enrollment]] = [[] for _ in cases]
    for trigger in needed.triggers.values():
        for each in rehearse(trigger, needed, timelines, played, _ALL_TIME):
            if cases[int(each.contact)].trigger.key == trigger.key:
                found[int(each.contact)].append(each)
    return found


def _difference(example: TriggerExample, enrolled: list[Enrollment]) -> str:
    """Say what is other than expected, or nothing."""
    now = now_of(example)
    past = [each for each in enrolled if each.at <= now]
    ages = sorted(now - each.at for each in past)
    if ages != list(example.enrolls):
        return f"enrolled {_ago(ages)}, expected {_ago(example.enrolls)}"
    differences = (_of_next(example, enrolled, now), _of_goal(example, past, now))
    return next(filter(None, differences), "")


def _of_next(example: TriggerExample, enrolled: list[Enrollment], now: int) -> str:
    coming = next((each.at - now for each in enrolled if each.at > now), None)
    actual = "never" if coming is None else f"in {write_duration(coming)}"
    if example.never_enrolls:
        wanted = "never"
    elif example.enrolls_in is not None:
        wanted = f"in {write_duration(example.enrolls_in)}"
    else:
        return ""
    return "" if actual == wanted else f"enrolls next {actual}, expected {wanted}"


def _of_goal(example: TriggerExample, past: list[Enrollment], now: int) -> str:
    if example.goal_reached is None:
        return ""
    goal_at = past[-1].goal_at
    reached = goal_at is not None and goal_at <= now
    if reached == example.goal_reached:
        return ""
    return f"the goal is {_word(reached)}, expected {_word(example.goal_reached)}"


def _word(reached: bool) -> str:
    return "reached" if reached else "open"


def _ago(ages: Iterable[int]) -> str:
    return ", ".join(_words(ages)) or "never"


def _words(ages: Iterable[int]) -> Iterator[str]:
    for age in ages:
        yield f"{write_duration(age)} ago" if age else "now"
