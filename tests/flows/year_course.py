"""How a portal's year goes: when people do something, and where the worker is killed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from sandbox.portal import Account
from tests.flows.year_process import Death
from tests.house import NOON

HOUR = timedelta(hours=1)
PAGES = Account(tier="enterprise")  # others have no page visits, and need no quiet end for them
# Where it may die, each with the largest number.
DEATHS = (
    Death("commit", "step", "", 250),
    Death("request before", "step", "", 40),
    Death("request after", "step", "", 40),
    Death("commit", "act", "", 40),
    Death("request before", "act", "", 10),
    Death("request after", "any", "/enrollments/", 3),
    Death("request after", "any", "/memberships/add-and-remove", 5),
    Death("commit", "take", "", 9),
)


@dataclass(frozen=True)
class Course:
    """How a year goes: its length, its seed, and how often the process is killed in it."""

    days: int
    seed: int
    kills: tuple[Death, ...] = ()
    account: Account = PAGES

    def with_kills(self, kills: tuple[Death, ...]) -> Course:
        """Give the same course, disturbed where there are kills."""
        return replace(self, kills=kills)

    def hours(self) -> list[datetime]:
        """Draw when people do something: two days in three, at some full hour."""
        rng, first = Random(f"{self.seed}/hours"), NOON + 2 * HOUR
        every = [first + each * HOUR for each in range(24 * self.days - 4)]
        return sorted(rng.sample(every, round(self.days * 0.7)))

    def deaths(self) -> list[tuple[datetime, Death]]:
        """Draw from when on the process is to be killed: the first time from the install on."""
        rng, part = Random(f"{self.seed}/when"), timedelta(days=self.days) / max(len(self.kills), 1)
        return [
            (NOON + part * (number + rng.random() * 0.8) * min(number, 1), death)
            for number, death in enumerate(self.kills)
        ]


def by_chance(seed: int, number: int) -> tuple[Death, ...]:
    """Draw where it dies so many times, once at each sort of places before any comes again."""
    rng = Random(f"{seed}/where")
    sorts = [*DEATHS[:1], *(DEATHS[1:] + DEATHS * (number // len(DEATHS)))][:number]
    rest = rng.sample(sorts[1:], number - 1)
    return tuple(
        replace(death, number=rng.randrange(1, death.number)) for death in (sorts[0], *rest)
    )
