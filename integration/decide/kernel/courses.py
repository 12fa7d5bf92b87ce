"""How an answer goes on: for each contact a value now, and every later instant at which it changes.

This is the kernel's one idea. A leaf condition gives each contact's whole course, given that
nothing more happens; combinations merge courses; the horizon is the first change of the merged
course. So `any` of a condition that leaves as another enters doesn't change at that instant.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Values: TypeAlias = npt.NDArray[Any]  # int64, bool, or object holding Python's whole numbers
Answer: TypeAlias = Callable[..., Values]

NEVER: Final = 2**63 - 1
LAST: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z: no calendar here goes further
NOBODY: Final = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Course:
    """Values that are constant from one change to the next.

    `now` (n,) is each contact's value now. `contact`, `at` and `then` (k,) are the changes: at
    the instant `at` (int64, epoch ms, later than now) the value of contact index `contact`
    becomes `then`. Changes are ordered by (contact, at), and each really changes the value.
    """

    now: Values
    contact: Ints
    at: Ints
    then: Values

    def changes_at(self) -> Ints:
        """Give each contact's first change (n,), NEVER where there is none up to the year 9999."""
        first = np.full(len(self.now), NEVER, dtype=np.int64)
        starts = _starts(self.contact)
        first[self.contact[starts]] = self.at[starts]
        return np.where(first > LAST, NEVER, first)

    def gone_on(self, now: int) -> tuple["Course", Ints]:
        """Give the rest of the course from a later instant on (epoch ms), and when it began.

        That is each contact's last change up to that instant (n,), NEVER where there was none.
        """
        changed_at = np.full(len(self.now), NEVER, dtype=np.int64)
        passed = self.at <= now
        if not passed.any():
            return self, changed_at
        values, ahead = self.now.copy(), ~passed
        contact = self.contact[passed]
        # Of several changes of a contact the last one stands.
        values[contact], changed_at[contact] = self.then[passed], self.at[passed]
        return Course(values, self.contact[ahead], self.at[ahead], self.then[ahead]), changed_at

    def values_at(self, instants: Ints) -> Values:
        """Give each contact's value at an instant of its own (n,), not before the course begins."""
        values = self.now.copy()
        passed = self.at <= instants[self.contact]
        values[self.contact[passed]] = self.then[passed]  # of several changes the last one stands
        return values


@dataclass(frozen=True)
class Steps:
    """Additions to counters at later instants: contact index, instant, one addend a counter."""

    contact: Ints
    at: Ints
    addends: Sequence[Values]


def steady(now: Values) -> Course:
    """Give the course that never changes."""
    return Course(now, NOBODY, NOBODY, np.empty(0, dtype=now.dtype))


def unfold(counters: Sequence[Values], steps: Steps, answer: Answer) -> Course:
    """Follow counters through their steps and keep the instants at which the answer changes.

    `counters` hold each contact's values now, (n,) each. `answer` takes as many arrays as there
    are counters and gives the answer for each element. Steps at one instant count as one.
    """
    now = answer(*counters)
    if not len(steps.at):
        return steady(now)
    steps = _ordered(steps)
    ends = np.ones(len(steps.at), dtype=np.bool_)
    ends[:-1] = (steps.contact[1:] != steps.contact[:-1]) | (steps.at[1:] != steps.at[:-1])
    last = np.flatnonzero(ends)
    contact = steps.contact[last]
    after = answer(
        *(
            _running(counter, steps.contact, addend)[last]
            for counter, addend in zip(counters, steps.addends, strict=True)
        )
    )
    earlier = np.empty_like(after)
    earlier[1:] = after[:-1]
    firsts = _starts(contact)
    earlier[firsts] = now[contact[firsts]]
    real = np.flatnonzero(after != earlier)
    return Course(now, contact[real], steps.at[last[real]], after[real])


def merge(courses: Sequence[Course], weights: Sequence[int], answer: Answer) -> Course:
    """Answer from the sum of the weights of the courses that are true."""
    total = np.zeros(len(courses[0].now), dtype=np.int64)
    for course, weight in zip(courses, weights, strict=True):
        total += weight * course.now
    addends = [
        np.where(course.then, weight, -weight)
        for course, weight in zip(courses, weights, strict=True)
    ]
    steps = Steps(
        np.concatenate([course.contact for course in courses]),
        np.concatenate([course.at for course in courses]),
        [np.concatenate(addends)],
    )
    return unfold([total], steps, answer)


def inverse(course: Course) -> Course:
    """Give the opposite of a course of truths."""
    return Course(~course.now, course.contact, course.at, ~course.then)


def _starts(contact: Ints) -> Ints:
    """Give the positions at which another contact begins."""
    if not len(contact):
        return NOBODY
    first = np.ones(len(contact), dtype=np.bool_)
    np.not_equal(contact[1:], contact[:-1], out=first[1:])
    return np.flatnonzero(first)


def _running(counter: Values, contact: Ints, addend: Values) -> Values:
    """Give what each contact's counter is after each step: one running sum for all of them.

    A contact's first step also takes away what the contact before it ended with.
    """
    starts = _starts(contact)
    begun = counter[contact[starts]]
    ended = begun + np.add.reduceat(addend, starts)
    steps = addend.copy()
    steps[starts] += begun
    steps[starts[1:]] -= ended[:-1]
    sums: Values = np.cumsum(steps)
    return sums


def _ordered(steps: Steps) -> Steps:
    contact, at = steps.contact, steps.at
    same = contact[1:] == contact[:-1]
    if bool(np.all((contact[1:] > contact[:-1]) | (same & (at[1:] >= at[:-1])))):
        return steps
    order = in_order(contact, at)
    return Steps(contact[order], at[order], [addend[order] for addend in steps.addends])


def in_order(group: Ints, at: Ints) -> Ints:
    """Give the order by (group, instant), of one or more: as one number where 63 bits hold it.

    What is put in order here mostly consists of a few ordered stretches, and a stable sort of
    numbers merges those.
    """
    lowest = int(at.min())
    width = int(at.max()) - lowest + 1
    if (int(group.max()) + 1) * width >= 2**63:
        return np.lexsort((at, group))
    return np.argsort(group * width + (at - lowest), kind="stable")
