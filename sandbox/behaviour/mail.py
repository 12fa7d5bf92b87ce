"""Marketing e-mail: what was sent to whom, and what they and their machines did with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from .nouns import Mail, Mailing, OptOut, Person

_MAILINGS = (
    ("Spring picks", "Twelve records for spring", 171),
    ("Midsummer sale", "Midsummer: a third off", 143),
    ("Jazz month", "A month of jazz", 112),
    ("Back to the shelf", "Records you may have missed", 84),
    ("Autumn catalogue", "The autumn catalogue is here", 52),
    ("Collector's week", "A week for collectors", 27),
    ("New in November", "New this month", 12),
    ("Weekend offer", "Free shipping this weekend", 3),
)
_BOUNCES = 0.01
_MACHINE_OPENS = 0.12
_CLICKS_OF_OPENS = 0.2
_OPT_OUTS = 0.03
_OFFER_URL = "https://www.cdshop.example/offers/{number}"


def mailings(now: datetime) -> tuple[Mailing, ...]:
    """List the mailings of the last half year."""
    return tuple(
        Mailing(number, name, subject, now - timedelta(days=days))
        for number, (name, subject, days) in enumerate(_MAILINGS, start=1)
    )


def mail(
    people: Iterable[Person], sent: Iterable[Mailing], now: datetime, seed: int
) -> tuple[Mail, ...]:
    """Make what happened to every subscriber's copy of every mailing."""
    every = tuple(sent)
    happened = [
        step
        for person in people
        if person.subscribed
        for mailing in every
        if mailing.at > person.created_at
        for step in _one_copy(person, mailing, seed)
        if step.at < now
    ]
    return tuple(sorted(happened, key=lambda m: (m.at, m.person, m.type)))


def opt_outs(people: Iterable[Person], now: datetime, seed: int) -> tuple[OptOut, ...]:
    """Let a few subscribers opt out of everything in the two days before now."""
    return tuple(
        OptOut(person.key, now - timedelta(seconds=rng.randrange(60, 2 * 86_400)))
        for person in people
        if person.subscribed and person.created_at < now - timedelta(days=2)
        for rng in [Random(f"{seed}/opt-out/{person.key}")]
        if rng.random() < _OPT_OUTS
    )


def _one_copy(person: Person, mailing: Mailing, seed: int) -> Iterator[Mail]:
    rng = Random(f"{seed}/mail/{person.key}/{mailing.number}")
    likes_mail = Random(f"{seed}/likes/{person.key}").random() * 0.7
    sent_at = mailing.at + timedelta(milliseconds=rng.randrange(600_000))
    arrived_at = sent_at + timedelta(milliseconds=rng.randrange(500, 9000))
    key, number = person.key, mailing.number
    yield Mail(key, number, "SENT", sent_at)
    if rng.random() < _BOUNCES:
        yield Mail(key, number, "BOUNCE", arrived_at)
        return
    yield Mail(key, number, "DELIVERED", arrived_at)
    if rng.random() < _MACHINE_OPENS:
        machine_at = arrived_at + timedelta(seconds=rng.randrange(1, 20))
        yield Mail(key, number, "OPEN", machine_at, machine=True)
    if rng.random() < likes_mail:
        opened_at = arrived_at + timedelta(seconds=rng.randrange(60, 3 * 86_400))
        yield Mail(key, number, "OPEN", opened_at)
        if rng.random() < _CLICKS_OF_OPENS:
            clicked_at = opened_at + timedelta(seconds=rng.randrange(3, 240))
            yield Mail(key, number, "CLICK", clicked_at, _OFFER_URL.format(number=number))
