"""HubSpot's deliveries on their way: in order and once, or in any order and up to three times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from sandbox.clock import to_ms
from sandbox.webhooks.signatures import headers as sign
from tests.house import CLIENT_SECRET, House

Say = Callable[..., int]


@dataclass
class Post:
    """What brings deliveries; a copy comes again at once, or when next something is done."""

    house: House
    rng: Random
    disturbed: bool
    brought: int = 0
    copies: int = 0
    all_at_last: bool = False
    _later: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let HubSpot shuffle its messages, and send few of them at once."""
        if self.disturbed:
            settings = self.house.sandbox.webhooks.settings
            settings.shuffle, settings.seed = True, self.rng.randrange(1000)
            settings.batch_max = 2

    def bring(self, say: Say, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Bring one delivery, and copies of it and of earlier ones; give its status.

        Now and then the worker acts on what it has by then.
        """
        status = say("take", body=body.decode(), headers=dict(headers))
        self.brought += 1
        if self.disturbed:
            self._later += [(url, body)] * self.rng.choice((0, 1, 2))
            self.rng.shuffle(self._later)
            while self._later and self.rng.random() < 0.6:
                self._again(say)
            if self.rng.random() < 0.4:
                say("act")
        return status

    def late(self, say: Say) -> int:
        """Bring some of the copies that are left, or all; give how many."""
        before = self.copies
        while self._later and (self.all_at_last or self.rng.random() < 0.8):
            self._again(say)
        return self.copies - before

    def _again(self, say: Say) -> None:
        url, body = self._later.pop()
        signed = sign(CLIENT_SECRET, url, body, to_ms(self.house.clock.now()))
        headers = {"Content-Type": "application/json", **signed}
        assert say("take", body=body.decode(), headers=headers) == 204
        self.copies += 1
