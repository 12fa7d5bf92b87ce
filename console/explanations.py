"""An explanation as plain values, for JSON."""

from datetime import datetime
from typing import Any, TypeAlias

from console.times import machine
from integration.decide.explaining import (
    Act,
    Doing,
    Evidence,
    Explanation,
    Held,
    Node,
    Reading,
    doing_in_words,
    reading_in_words,
)
from mappings.catalogue import Catalogue
from mappings.rules.explain import bounds_in_words, pattern_in_words

Values: TypeAlias = dict[str, Any]


def values_of(explanation: Explanation, catalogue: Catalogue) -> Values:
    """Give an explanation as what JSON can hold; the catalogue has the words for events."""
    head = {"sort": explanation.sort, "key": explanation.key, "name": explanation.name}
    return {**head, **_node(explanation.node, catalogue)}


def _node(node: Node, catalogue: Catalogue) -> Values:
    return {
        "condition": node.sort,
        "words": node.words,
        "holds": node.holds,
        "since": instant(node.since),
        "or_longer": node.at_least,
        "until": instant(node.until),
        "measure": None if node.reading is None else _reading(node.reading),
        "property": None if node.held is None else _held(node.held),
        "evidence": [_evidence(each) for each in node.evidence],
        "waiting": [_evidence(each) for each in node.waiting],
        "flips": [_doing(doing, catalogue) for doing in node.doings],
        "parts": [_node(part, catalogue) for part in node.parts],
    }


def _reading(reading: Reading) -> Values:
    return {
        "name": reading.measure,
        "of": reading.of or None,
        "value": None if reading.value is None else float(reading.value),
        "bounds": bounds_in_words(reading.bounds),
        "words": reading_in_words(reading),
    }


def _held(held: Held) -> Values:
    changed = instant(held.changed_at)
    return {"name": held.name, "value": held.value or None, "changed_at": changed}


def _doing(doing: Doing, catalogue: Catalogue) -> Values:
    return {
        "words": doing_in_words(doing, catalogue, machine),
        "acts": [_act(act, catalogue) for act in doing.acts],
        "properties": [
            {"name": each.condition.name, "to_hold": each.holds, "example": each.example}
            for each in doing.edits
        ],
        "wait_ms": doing.wait,
        "from": instant(doing.start),
        "before": instant(doing.before),
    }


def _act(act: Act, catalogue: Catalogue) -> Values:
    return {
        "number": act.number,
        "events": list(act.pattern.kinds),
        "words": pattern_in_words(act.pattern, catalogue),
        "another": act.distinct or None,
        "same": list(act.same),
        "on_days_of_their_own": act.daily,
        "step": act.step,
    }


def _evidence(event: Evidence) -> Values:
    return {
        "id": event.id,
        "event": event.kind,
        "at": machine(event.at),
        "source": event.source,
        "properties": dict(event.properties),
        "until": instant(event.until),
        "counts_from": instant(event.counts_from),
    }


def instant(at: datetime | None) -> str | None:
    """Write an instant; None where there is none."""
    return None if at is None else machine(at)
