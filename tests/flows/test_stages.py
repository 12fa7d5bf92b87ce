"""Stages of pipelines: kept for a while, asked for anew when one is unknown."""

from __future__ import annotations

from datetime import timedelta

from integration.flows.stages import FRESH, PAUSE, StageBook
from mappings.model import ObjectType
from mappings.pipelines import Stage
from tests.house import NOON

KEY = (62_515_001, ObjectType.TICKET)
NEW, DONE = Stage("New", "Support", False), Stage("Done", "Support", True)
SECOND = timedelta(seconds=1)


def test_stages_are_asked_for_when_old_or_unknown_and_not_for_each_record() -> None:
    """A stage that HubSpot doesn't explain is asked for once a minute at most."""
    book, there, asked = StageBook(), {"1": NEW}, []

    def of(wanted: str, after: timedelta) -> set[str]:
        def fetch() -> dict[str, Stage]:
            asked.append(after)
            return dict(there)

        return set(book.of(KEY, {wanted}, NOON + after, fetch))

    assert of("1", 0 * SECOND) == of("1", FRESH - SECOND) == {"1"}
    assert of("1", FRESH) == {"1"}
    there["2"] = DONE
    assert of("2", FRESH + PAUSE - SECOND) == {"1"}
    assert of("2", FRESH + PAUSE) == {"1", "2"}
    assert of("2", FRESH + PAUSE + SECOND) == {"1", "2"}
    assert asked == [0 * SECOND, FRESH, FRESH + PAUSE]


def test_each_portal_and_type_has_its_own() -> None:
    book, other = StageBook(), (KEY[0] + 1, KEY[1])

    assert book.of(KEY, {"1"}, NOON, lambda: {"1": NEW}) == {"1": NEW}
    assert book.of(other, {"1"}, NOON, lambda: {"1": DONE}) == {"1": DONE}
    assert book.of(KEY, {"1"}, NOON, dict) == {"1": NEW}
