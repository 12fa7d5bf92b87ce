"""A sound portal gives no difference, whatever its contacts do in the course of months."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from integration.flows import proof
from integration.flows.books import Books
from integration.store import proofs
from mappings.catalogue import load_catalogue
from mappings.rules import kinds_used, shipped_files
from tests.flows.desk import ANNA, PORTAL, Desk, opened, workflow
from tests.house import NOON

MOST_AT_ONCE = 4


@dataclass
class Crowd:
    """Contacts that do, become and cease to be this and that by chance."""

    desk: Desk
    chance: random.Random
    alive: list[int] = field(default_factory=list)
    born: int = 0

    def stir(self) -> None:
        """Let a few things happen."""
        for _ in range(self.chance.randint(1, MOST_AT_ONCE)):
            self._something()

    def pass_time(self) -> None:
        """Let seconds to days pass."""
        span = self.chance.choice(["seconds", "minutes", "hours", "days"])
        self.desk.time.at += timedelta(**{span: self.chance.randint(1, 20)})

    def _something(self) -> None:
        chance, desk = self.chance, self.desk
        if len(self.alive) < 8 or chance.random() < 0.1:
            self.born += 1
            self.alive.append(ANNA + self.born)
            desk.contact(self.alive[-1], country=chance.choice(["SE", "NO"]))
            return
        contact_id = chance.choice(self.alive)
        what = chance.random()
        if what < 0.85:
            self._behave(contact_id)
        elif what < 0.93:
            desk.contact(contact_id, country=chance.choice(["SE", "NO"]))
        else:
            self.alive.remove(contact_id)
            into = chance.choice(self.alive)
            end = chance.choice(["archive", "erase", "merge"])
            if end == "archive":
                desk.archive(contact_id)
            elif end == "erase":
                desk.erase(contact_id)
            else:
                desk.merge(contact_id, into)

    def _behave(self, contact_id: int) -> None:
        """Do something now or tell of it late; some of it happens only tomorrow."""
        kind = self.chance.choice(sorted(kinds_used(self.desk.book) or ()))
        hours = self.chance.choice([0, 0, 0, 1, 30, 24 * 20, -30])
        properties = {
            "amount": self.chance.choice(["20", "99.90", "150"]),
            "email": self.chance.choice(["w1", "w2"]),
            "machine": "no",
            "score": self.chance.choice(["8", "9"]),
            "form_id": "demo",
        }
        known = {
            name: value
            for name, value in properties.items()
            if self.desk.book.catalogue.type_of(kind, name)
        }
        self.desk.did(contact_id, kind, timedelta(hours=hours), **known)


@pytest.fixture
def crowd(database_url: str) -> Iterator[Crowd]:
    """A crowd that lives by the rules that ship."""
    with opened(database_url) as desk:
        desk.books = Books(shipped_files(), load_catalogue())
        desk.workflows(workflow("Abandoned cart"), workflow("Welcome series"))
        yield Crowd(desk, random.Random(11))


def test_months_of_a_sound_life_give_no_difference(crowd: Crowd) -> None:
    """Proved right after looks, and also when contacts wait to be looked at."""
    desk = crowd.desk
    for _ in range(120):
        crowd.stir()
        proof.run_portal(desk.tools, desk.portal)
        desk.look()
        crowd.pass_time()
        proof.run_portal(desk.tools, desk.portal)
        desk.look()

    with desk.store.read() as connection:
        assert proofs.differences(connection, PORTAL, NOON, 100) == []
        days = proofs.days(connection, PORTAL, NOON.date())
    assert desk.now > NOON + timedelta(days=60)
    assert sum(each.checked for each in days) > 1_000
    assert sum(each.differed for each in days) == 0
