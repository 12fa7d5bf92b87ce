"""What is stuck and why: what needs a person first, then what goes on by itself. Pure."""

from console.pages.facts import Facts
from console.pages.rows import SHARED
from console.pages.view import StuckRow
from console.pages.words import segment_name, trigger_name
from integration.store.overview import Group
from mappings.writing import IntentKind


def stuck_rows(facts: Facts) -> tuple[StuckRow, ...]:
    """Lay out what didn't go through, alike things in one row."""
    rows = [*_deliveries(facts), *_calls(facts), *_items(facts), *_lists(facts)]
    return tuple(sorted(rows, key=lambda row: (row.next_at is not None, -row.count, row.since)))


def on_the_way(facts: Facts) -> int:
    """Count what is to be written to HubSpot and meets no difficulty."""
    return sum(group.count for group in facts.open_items if _flows(group))


def _flows(group: Group) -> bool:
    return group.state == "due" and not group.reason


def _deliveries(facts: Facts) -> list[StuckRow]:
    return [
        StuckRow(
            what="Deliveries from HubSpot",
            count=group.count,
            reason=f"It {SHARED}." if group.shared else group.reason,
            since=group.since,
            next_at=None if group.state == "dead" else group.next_at,
        )
        for group in facts.stuck_deliveries
    ]


def _calls(facts: Facts) -> list[StuckRow]:
    return [
        StuckRow(
            what=f"Calls to the collector, key {group.key_id}",
            count=group.count,
            reason=group.reason,
            since=group.since,
            next_at=None,
        )
        for group in facts.dead_calls
    ]


def _items(facts: Facts) -> list[StuckRow]:
    return [
        StuckRow(
            what=_what(group, facts),
            count=group.count,
            reason=group.reason,
            since=group.since,
            next_at=None if group.state == "dead" else group.next_at,
        )
        for group in facts.open_items
        if not _flows(group)
    ]


def _what(group: Group, facts: Facts) -> str:
    if group.kind is IntentKind.LIST:
        return f"List “{segment_name(group.target, facts.book)}”"
    if group.kind is IntentKind.ENROLLMENT:
        return f"Enrollments “{trigger_name(group.target, facts.book)}”"
    return "Contact properties"


def _lists(facts: Facts) -> list[StuckRow]:
    """Lay out paused lists; one whose changes were given up for it is shown by those."""
    return [
        StuckRow(
            what=f"List “{segment_name(key, facts.book)}”",
            count=1,
            reason=kept.reason,
            since=kept.checked_at or kept.asked_at or facts.now,
            next_at=None,
        )
        for key, kept in sorted(facts.lists.items())
        if kept.state == "stuck" and not facts.open_changes(key, "dead")
    ]
