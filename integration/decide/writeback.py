"""What shall stand in HubSpot after memberships changed: pure."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from integration.decide.triggers import ACTING
from mappings.model import MembershipChange
from mappings.values import encode
from mappings.writing import Intent, IntentKind

Texts = dict[str, str]

_written = json.JSONEncoder(sort_keys=True).encode  # made once: `dumps` makes one for each text


def list_intents(changes: Iterable[MembershipChange]) -> list[Intent]:
    """Wish each changed membership into or out of its list."""
    return [
        Intent(
            change.contact_id,
            IntentKind.LIST,
            change.segment,
            "",
            "in" if change.entered else "out",
        )
        for change in changes
    ]


def property_intents(
    changes: Iterable[MembershipChange],
    segments: Mapping[int, Iterable[str]],
    stages: Mapping[int, str],
    wished: Mapping[int, str],
) -> list[Intent]:
    """Wish Segue's properties onto each contact in `segments`.

    `segments` are the keys each contact is in after the changes, `stages` its stage ("" for
    none), `wished` what was last wished for it (JSON). A wish that is the same as the last is
    left out, and so is a first one that says nothing.
    """
    texts = [wished.get(contact_id, "{}") for contact_id in sorted(segments)]
    known: list[Texts] = json.loads(f"[{','.join(texts)}]")  # together: twice as fast as each
    moved = _last(changes)
    intents = []
    for (contact_id, keys), before in zip(sorted(segments.items()), known, strict=True):
        after = before | {
            "segue_segments": _listed(frozenset(keys)),
            "segue_stage": stages.get(contact_id, ""),
        }
        after |= moved.get(contact_id, {})
        if after != before and (before or any(after.values())):
            wanted = _written(after)
            intents.append(Intent(contact_id, IntentKind.PROPERTIES, "", "", wanted))
    return intents


@lru_cache(maxsize=4096)
def _listed(keys: frozenset[str]) -> str:
    """Name the segments; many contacts are in the same ones."""
    return encode(sorted(keys), "enumeration")


def _last(changes: Iterable[MembershipChange]) -> dict[int, Texts]:
    """Name for each contact the segment entered last and the one left last.

    Workflows begin on these properties, so what only the first sync, an edit of the rules or a
    repair moved doesn't count.
    """
    texts: defaultdict[int, Texts] = defaultdict(dict)
    for move in sorted(changes, key=attrgetter("at", "segment")):
        if move.cause in ACTING:
            name = "segue_last_entered" if move.entered else "segue_last_left"
            texts[move.contact_id] |= {name: move.segment, f"{name}_at": _moment(move.at)}
    return texts


def _moment(at: datetime) -> str:
    return encode(at, "datetime")


def united(mine: str | None, other: str | None) -> str:
    """Wish for a merged contact: its own values, and nothing for what only the other one had."""
    nothing = dict.fromkeys(json.loads(other or "{}"), "")
    return _written(nothing | json.loads(mine or "{}"))


def different(wanted: str, written: str | None) -> Texts:
    """Give the property values that HubSpot doesn't have yet, of two JSON objects.

    `written` None: what HubSpot has isn't known, so everything is written.
    """
    wishes: Texts = json.loads(wanted)
    if written is None:
        return wishes
    before: Texts = json.loads(written)
    return {name: value for name, value in wishes.items() if before.get(name, "") != value}
