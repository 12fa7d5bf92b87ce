"""What a few contacts can go through, played plainly in the order in which it happened.

This is the reference for any other order in which it may be told: it knows no instants to compare
and no news that come late, only what HubSpot would do at each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

FIRST, SECOND, NEW, THIRD = 101, 102, 104, 130


@dataclass(frozen=True)
class Deed:
    """One thing that happens; `other` is who lives on, or who gets an address."""

    kind: str
    who: int
    other: int = 0


DEEDS = (
    Deed("create", NEW),
    *(Deed("change", who) for who in (FIRST, SECOND)),
    *(Deed("archive", who) for who in (FIRST, SECOND, NEW)),
    *(Deed("restore", who) for who in (FIRST, SECOND)),
    *(Deed("erase", who) for who in (FIRST, SECOND, THIRD)),
    Deed("merge", FIRST, SECOND),
    Deed("merge", SECOND, FIRST),
    Deed("merge", FIRST, NEW),
    Deed("merge", FIRST, THIRD),
    Deed("merge", NEW, SECOND),
    *(Deed("unmerge", who) for who in (FIRST, SECOND, NEW)),
    *(Deed("order", who) for who in (FIRST, SECOND, NEW, THIRD)),
    *(Deed("mail", who) for who in (FIRST, SECOND, NEW)),
    Deed("move", FIRST, SECOND),
)


def address(who: int) -> str:
    """The address that a contact begins with."""
    return f"p{who}@example.com"


@dataclass
class Person:
    """A contact as HubSpot has it."""

    country: str
    emails: list[str]
    since: int  # when it last changed, in minutes
    listed: list[int] = field(default_factory=list)  # ids that were merged into it


@dataclass
class World:
    """HubSpot, and what contacts did: `own` by the id it was told of, `holder` of an address."""

    live: dict[int, Person] = field(default_factory=dict)
    archived: dict[int, Person] = field(default_factory=dict)
    before: dict[int, Person] = field(default_factory=dict)
    into: dict[int, int] = field(default_factory=dict)
    own: dict[int, set[str]] = field(default_factory=dict)
    holder: dict[str, int] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)  # survivors whom somebody left again
    moved: bool = False
    minute: int = 0

    def may(self, deed: Deed) -> bool:
        """Can this happen now?"""
        who, other, live = deed.who, deed.other, self.live
        exists = who in live or who in self.archived or who in self.into
        if deed.kind == "create":
            return not exists and who not in self.erased
        if deed.kind == "merge" and other == THIRD:
            return {FIRST, SECOND} <= live.keys() and THIRD not in {*live, *self.erased}
        if deed.kind == "merge":
            return who in live and other in live
        if deed.kind == "unmerge":
            return self.into.get(who) in live
        if deed.kind == "erase":
            # Whom the erased one was one with is lost with it: then it matters what is told first.
            return (who in live or who in self.archived) and not (who in self.left or self.moved)
        if deed.kind == "move":
            alone = not self.into and not self.moved and not self.erased
            return alone and who in live and other in live
        if deed.kind in ("order", "mail"):
            return exists
        return who in (self.archived if deed.kind == "restore" else live)

    def do(self, deed: Deed) -> None:
        """Let it happen, a minute after what was before."""
        self.minute += 1
        getattr(self, f"_{deed.kind}")(deed)

    def final(self, who: int) -> int:
        """Follow merges."""
        while who in self.into:
            who = self.into[who]
        return who

    def timelines(self) -> dict[int, list[str]]:
        """What the live ones did, those who are one together."""
        found: dict[int, set[str]] = {who: set() for who in self.live}
        for who, names in self.own.items():
            if self.final(who) in found:
                found[self.final(who)] |= names
        return {who: sorted(names) for who, names in found.items()}

    def _create(self, deed: Deed) -> None:
        self.live[deed.who] = Person("", [address(deed.who)], self.minute)
        self.holder[address(deed.who)] = deed.who

    def _change(self, deed: Deed) -> None:
        person = self.live[deed.who]
        person.country, person.since = ("SE" if self.minute % 2 else "FI"), self.minute

    def _archive(self, deed: Deed) -> None:
        self.archived[deed.who] = self.live.pop(deed.who)

    def _restore(self, deed: Deed) -> None:
        self.live[deed.who] = self.archived.pop(deed.who)
        self.live[deed.who].since = self.minute

    def _merge(self, deed: Deed) -> None:
        primary = SECOND if deed.other == THIRD else deed.other
        gone = [deed.who, primary] if deed.other == THIRD else [deed.who]
        for each in gone:
            self.before[each] = deepcopy(self.live[each])
        theirs, person = self.live.pop(deed.who), self.live.pop(primary)
        person.country = person.country or theirs.country
        person.emails += theirs.emails
        person.listed += [*gone, *theirs.listed]
        person.since = self.minute
        self.live[deed.other] = person
        self.into |= dict.fromkeys(gone, deed.other)

    def _unmerge(self, deed: Deed) -> None:
        survivor = self.live[self.into.pop(deed.who)]
        self.left.add(self.final(next(k for k, v in self.live.items() if v is survivor)))
        person = self.live[deed.who] = self.before.pop(deed.who)
        survivor.emails = [one for one in survivor.emails if one not in person.emails]
        gone = {deed.who, *person.listed}
        survivor.listed = [one for one in survivor.listed if one not in gone]
        survivor.since = person.since = self.minute

    def _erase(self, deed: Deed) -> None:
        lost = {who for who in {*self.own, *self.into} if self.final(who) == deed.who}
        for who in {deed.who, *lost}:
            self.own.pop(who, None)
        self.erased |= {deed.who}
        self.live.pop(deed.who, None)
        self.archived.pop(deed.who, None)

    def _move(self, deed: Deed) -> None:
        self.moved = True
        self.live[deed.who].emails.remove(address(deed.who))
        self.live[deed.other].emails = [address(deed.who)]
        self.live[deed.who].since = self.live[deed.other].since = self.minute
        self.holder[address(deed.who)] = deed.other

    def _order(self, deed: Deed) -> None:
        self._did(deed.who, f"order:{self.minute}")

    def _mail(self, deed: Deed) -> None:
        self._did(self.holder[address(deed.who)], f"mail:{self.minute}")

    def _did(self, who: int, name: str) -> None:
        if self.final(who) not in self.erased:
            self.own.setdefault(who, set()).add(name)


def beginning() -> World:
    """Two contacts, who were there from the first."""
    people = {who: Person("SE" if who == FIRST else "", [address(who)], 0) for who in (101, 102)}
    return World(live=people, holder={address(who): who for who in (FIRST, SECOND)})


def stories(length: int) -> Iterator[tuple[Deed, ...]]:
    """Give all stories of so many deeds that can happen one after the other."""

    def go_on(world: World, told: tuple[Deed, ...]) -> Iterator[tuple[Deed, ...]]:
        if len(told) == length:
            yield told
            return
        for deed in DEEDS:
            if world.may(deed):
                after = deepcopy(world)
                after.do(deed)
                yield from go_on(after, (*told, deed))

    yield from go_on(beginning(), ())


def a_story(length: int, chance: Random) -> tuple[Deed, ...]:
    """Give one of them by chance, each kind of deed as likely as any other that can happen."""
    world, told = beginning(), []
    for _ in range(length):
        possible = [deed for deed in DEEDS if world.may(deed)]
        kind = chance.choice(sorted({deed.kind for deed in possible}))
        deed = chance.choice([one for one in possible if one.kind == kind])
        world.do(deed)
        told.append(deed)
    return tuple(told)


def played(story: tuple[Deed, ...]) -> World:
    """Give the world after a story."""
    world = beginning()
    for deed in story:
        world.do(deed)
    return world
