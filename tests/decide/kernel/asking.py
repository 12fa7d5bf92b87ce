"""Asks the kernel about one contact and one condition, in words that read well in a test."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from integration.decide.kernel import NEVER, EventRow, Timelines, evaluate
from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, parse
from mappings.rules.values import read_instant

CATALOGUE = load_catalogue()
NOW = "2026-06-30T00:00:00Z"


def ms(text: str) -> int:
    """Give an instant as epoch milliseconds."""
    at = read_instant(text)
    assert at is not None
    return at


def event(kind: str, at: str, **properties: Any) -> EventRow:
    """Make an event of the contact `x` with an id of its own."""
    return EventRow("x", f"{kind} {at} {properties}", kind, ms(at), properties)


def book(text: str) -> RuleBook:
    """Read the text of a rule file."""
    return parse(text, "rules.yml", CATALOGUE)


def answer(
    condition: str,
    events: Sequence[EventRow] = (),
    contact: Mapping[str, str | None] | None = None,
    now: str = NOW,
) -> tuple[bool, str | None]:
    """Say whether a condition holds of `x`, and when that changes."""
    rules = book(f"segments: {{asked: {{when: {condition}}}}}")
    timelines = Timelines.of(["x"], events, {"x": contact or {}})
    verdict = evaluate(rules, timelines, ms(now)).segments["asked"]
    changes = int(verdict.changes_at[0])
    return bool(verdict.member[0]), None if changes == NEVER else written(changes)


def written(at: int) -> str:
    """Write epoch milliseconds as an ISO instant."""
    return f"{np.datetime_as_string(np.datetime64(at, 'ms'), unit='ms')}Z"
