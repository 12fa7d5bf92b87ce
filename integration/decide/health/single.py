"""Findings about one segment by itself: its size, and how that moves."""

from collections.abc import Iterator
from datetime import timedelta

from integration.decide.health.course import Course
from integration.decide.health.facts import Case, Finding, Kind, share
from integration.decide.health.sample import contacts_needed
from integration.decide.why import bases
from mappings.rules import Enters, Trigger

IS_STATIC = (
    "If it shall follow behaviour, give its rule a window (`within`); if it is a fixed group, a "
    "list made by hand in HubSpot does the same."
)


def by_size(case: Case) -> Iterator[Finding]:
    """Find segments that are empty or too small to act on."""
    looked_at = bases(case.book)
    for key, size in case.facts.sizes.items():
        if size == 0:
            unheard = sorted(looked_at[key].kinds - case.facts.heard)
            yield _empty(case, key, unheard)
        elif size < case.limits.act_on:
            yield Finding(
                Kind.TOO_SMALL,
                (key,),
                f"{case.name(key)} has {_members(size)}, fewer than {case.limits.act_on}.",
                "Ask for less in its rule (a longer window, a lower count), or unite it with a "
                "segment that gets the same message.",
                {"size": size},
            )


def _empty(case: Case, key: str, unheard: list[str]) -> Finding:
    since = case.facts.course(key).empty_since()
    words = f" since {since}, or longer" if since else ""
    if unheard:
        suggestion = (
            f"Nothing of {', '.join(unheard)} was ever heard from this account: look whether it is "
            "sent at all, or switch the segment off."
        )
    else:
        suggestion = "Ask for less in its rule, or switch it off."
    return Finding(Kind.EMPTY, (key,), f"{case.name(key)} has no member{words}.", suggestion)


def by_learning(case: Case) -> Iterator[Finding]:
    """Find segments so small that a test on them would never tell anything."""
    for key, size in case.facts.sizes.items():
        if size < case.limits.act_on:
            continue  # told already
        first = case.facts.today - timedelta(days=case.limits.learn_days)
        reach = max(size, case.facts.course(key).moved_after(first)[0])
        control = _control(case, key)
        needed = contacts_needed(case.limits.experiment, control)
        if reach < needed:
            yield _too_few(case, key, (reach, needed), control)


def _control(case: Case, key: str) -> float:
    held = [float(each.control_percent) / 100 for each in _enrolling(case, key)]
    return max(held, default=0) or case.limits.control


def _enrolling(case: Case, key: str) -> list[Trigger]:
    every = case.book.triggers.values()
    return [each for each in every if isinstance(each.on, Enters) and each.on.key == key]


def _too_few(case: Case, key: str, numbers: tuple[int, int], control: float) -> Finding:
    reach, needed = numbers
    test, days = case.limits.experiment, case.limits.learn_days
    halves = contacts_needed(test, 0.5)
    return Finding(
        Kind.TOO_FEW,
        (key,),
        f"{case.name(key)} reaches {reach:,} contacts in {days} days; a test with {share(control)} "
        f"held out takes {needed:,}.",
        f"To tell a goal that {share(test.rate)} reach from one that {share(test.raised)} reach "
        f"({share(test.significance)} significance, {share(test.power)} power), hold out half "
        f"({halves:,} contacts are enough then), or judge several segments together. Don't read "
        "anything into differences until then.",
        {"reach": reach, "needed": needed, "control": control},
    )


def by_course(case: Case) -> Iterator[Finding]:
    """Find segments that stand still, grow fast or shrink fast."""
    for key, size in case.facts.sizes.items():
        course = case.facts.course(key)
        if size and _stands_still(case, course):
            days = case.limits.static_days
            yield Finding(
                Kind.STATIC,
                (key,),
                f"{case.name(key)} has {_members(size)}; nobody entered or left in {days} days.",
                IS_STATIC,
                {"size": size, "days": days},
            )
        before = course.size_on(case.facts.today - timedelta(days=case.limits.change_days))
        if before is not None:
            yield from _changed(case, key, before, size)


def _stands_still(case: Case, course: Course) -> bool:
    first = case.facts.today - timedelta(days=case.limits.static_days)
    known = course.began is not None and course.began <= first
    return known and course.moved_after(first) == (0, 0)


def _changed(case: Case, key: str, before: int, size: int) -> Iterator[Finding]:
    limits = case.limits
    small, large = sorted((before, size))
    if large - small < limits.change_members or large < limits.change_factor * small:
        return
    grew = size > before
    yield Finding(
        Kind.GROWING if grew else Kind.SHRINKING,
        (key,),
        f"{case.name(key)} {'grew' if grew else 'shrank'} from {before:,} to {size:,} members in "
        f"{limits.change_days} days.",
        "Look what stands behind it: a campaign, an import, an edit of its rule, a source that "
        "fell silent. Mind it before something is sent to all of it.",
        {"before": before, "size": size},
    )


def _members(size: int) -> str:
    return f"{size:,} {'member' if size == 1 else 'members'}"
