"""Generated portals: contacts with timelines, the same ones for the same numbers.

A larger portal begins with the contacts of a smaller one. Activity is Pareto-distributed: most
contacts do a little, a few do very much. What a contact does comes in visits over two years.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.behaviour import KINDS, texts
from mappings.instants import to_ms
from mappings.values import iso

NOW: Final = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
BLOCK: Final = 5_000  # contacts that are made together
_SPAN_MS: Final = 730 * 86_400_000
_FIRST_ID: Final = 508_369_000_000
_COUNTRIES: Final = ("SE", "DE", "FR", "NO", "US", "NL", "DK", "FI")
_VISIT_MS: Final = 600_000

Ints = npt.NDArray[np.int64]
EventRow = tuple[int, str, str, int, int, str, str]
ContactRow = tuple[int, int, str]


@dataclass(frozen=True)
class Block:
    """Some contacts and their events, as the tables' columns beside the portal's have them.

    contacts: id, ms of creation, JSON properties; events: contact, id, kind, at, known_at,
    source, JSON properties.
    """

    contacts: list[ContactRow]
    events: list[EventRow]


def contact_ids(contacts: int) -> range:
    """Give the ids of a portal of so many contacts."""
    return range(_FIRST_ID, _FIRST_ID + 37 * contacts, 37)


def blocks(contacts: int, seed: int = 7) -> Iterator[Block]:
    """Make a portal of so many contacts with 50 times as many events, more or less."""
    for start in range(0, contacts, BLOCK):
        rng = np.random.default_rng((seed, start))
        made = _block(rng, contact_ids(contacts)[start : start + BLOCK])
        yield made


def _block(rng: np.random.Generator, ids: range) -> Block:
    counts = np.minimum(13.4 * (1 + rng.pareto(1.25, BLOCK)), 4_000).astype(np.int64)[: len(ids)]
    counts[rng.random(BLOCK)[: len(ids)] < 0.05] = 0
    joined = (rng.random(BLOCK) * 0.95 * _SPAN_MS).astype(np.int64)[: len(ids)]
    joined += to_ms(NOW) - _SPAN_MS
    owner = np.repeat(np.arange(len(ids)), counts)
    at = _instants(rng, owner, joined, counts)
    kinds = rng.choice(len(KINDS), len(owner), p=_shares())
    events: list[EventRow] = []
    for place, kind in enumerate(KINDS):
        mine = np.flatnonzero(kinds == place)
        serials = rng.integers(10**9, 10**10, size=len(mine)).tolist()
        told = zip(owner[mine].tolist(), at[mine].tolist(), serials, strict=True)
        events += [
            (ids[who], f"{kind.source}:{serial}", kind.name, when, when + 900, kind.source, text)
            for (who, when, serial), text in zip(told, texts(kind, rng, len(mine)), strict=True)
        ]
    events.sort(key=lambda event: event[:2])
    return Block(list(map(_contact, ids, joined.tolist())), events)


def _shares() -> npt.NDArray[np.float64]:
    shares = np.array([kind.share for kind in KINDS], dtype=np.float64)
    return np.asarray(shares / shares.sum(), dtype=np.float64)


def _instants(rng: np.random.Generator, owner: Ints, joined: Ints, counts: Ints) -> Ints:
    """Put events into visits, of about six each, from when a contact joined until it lost touch."""
    end = to_ms(NOW)
    last = joined + ((end - joined) * np.sqrt(rng.random(len(joined)))).astype(np.int64)
    visits = np.maximum(counts // 6, 1)
    starts = np.cumsum(visits) - visits
    of_visit = np.repeat(np.arange(len(joined)), visits)
    begun = joined[of_visit] + ((last - joined)[of_visit] * rng.random(len(of_visit))).astype(
        np.int64
    )
    mine = starts[owner] + (rng.random(len(owner)) * visits[owner]).astype(np.int64)
    later = rng.exponential(_VISIT_MS, len(owner)).astype(np.int64)
    return np.asarray(np.minimum(begun[mine] + later, end - 60_000), dtype=np.int64)


def _contact(contact_id: int, created: int) -> ContactRow:
    values = {
        "country": _COUNTRIES[contact_id % len(_COUNTRIES)],
        "createdate": iso(datetime.fromtimestamp(created / 1000, UTC)),
        "email": f"c{contact_id}@example.com",
        "firstname": f"Contact {contact_id % 1000}",
        "lifecyclestage": "lead",
    }
    text = json.dumps({name: [value, created] for name, value in values.items()})
    return contact_id, created, text
