"""Who the customers and leads are."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from .nouns import Person


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_LEAD = 100_000
_WITHOUT_EMAIL = 0.04
_SUBSCRIBED = 0.62
_COMPANIES = 0.05
_LEAD_DAYS = 45
_FIRST_NAMES = _words(
    "Ada Alba Amir Anna Aino Björn Carl Chloé Dana Diego Elif Emma Farid Freja Gita Hana Hugo "
    "Ines Ivan Jonas José Kaito Lars Léa Lin Maja Marek Mei Nils Noor Olga Omar Pia Rosa Sam Sara "
    "Søren Tariq Vera Zoë"
)
_LAST_NAMES = _words(
    "Adams Åberg Becker Bianchi Blom Costa Dahl Duarte Ekström Faber García Haddad Hansen Ito "
    "Jansen Jensen Kaya Kowalski Lindqvist Marin Müller Nagy Nilsson Novak O'Brien Okafor Olsen "
    "Park Petit Rossi Sato Silva Smith Strand Tanaka Virtanen Weber Wong Yilmaz Zhou"
)
_COUNTRIES = ("US", "US", "US", "US", "GB", "DE", "SE", "FR", "ES", "CA", "NL", "JP")
_DOMAINS = ("example.com", "example.net", "example.org")
_TRADES = ("Records", "Café", "Radio", "Studios", "Hotels")


def customers(first_purchases: Mapping[int, datetime], seed: int) -> tuple[Person, ...]:
    """Make up one person for each customer; each was created a little before first buying."""
    return tuple(
        _person(key, first_at - _lead_time(seed, key), "customer", seed)
        for key, first_at in sorted(first_purchases.items())
    )


def leads(count: int, now: datetime, seed: int) -> tuple[Person, ...]:
    """Make up people who came in the last weeks and haven't bought yet."""
    made = []
    for key in range(FIRST_LEAD, FIRST_LEAD + count):
        rng = Random(f"{seed}/lead/{key}")
        created_at = now - timedelta(seconds=rng.randrange(3600, _LEAD_DAYS * 86_400))
        stage = rng.choice(("subscriber", "subscriber", "lead", "marketingqualifiedlead"))
        made.append(_person(key, created_at, stage, seed))
    return tuple(made)


def newcomer(key: int, now: datetime, seed: int) -> Person:
    """Make up somebody who comes in just now, always with an address."""
    person = _person(key, now, "subscriber", seed)
    address = f"newcomer.{key}@{_DOMAINS[0]}"
    return replace(person, email=person.email or address, subscribed=True)


def _lead_time(seed: int, key: int) -> timedelta:
    return timedelta(seconds=Random(f"{seed}/before/{key}").randrange(120, 10 * 86_400))


def _person(key: int, created_at: datetime, stage: str, seed: int) -> Person:
    rng = Random(f"{seed}/person/{key}")
    first, last = rng.choice(_FIRST_NAMES), rng.choice(_LAST_NAMES)
    email = f"{_plain(first)}.{_plain(last)}.{key}@{rng.choice(_DOMAINS)}"
    has_email = rng.random() >= _WITHOUT_EMAIL
    company = f"{last} {rng.choice(_TRADES)}" if rng.random() < _COMPANIES else None
    return Person(
        key=key,
        first_name=first,
        last_name=last,
        email=email if has_email else None,
        country=rng.choice(_COUNTRIES),
        company=company,
        created_at=created_at,
        stage=stage,
        subscribed=has_email and rng.random() < _SUBSCRIBED,
    )


def _plain(name: str) -> str:
    """Spell a name in the letters that an address takes without quoting."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("ø", "o"))
    return "".join(c for c in decomposed if c.isascii() and c.isalnum())
