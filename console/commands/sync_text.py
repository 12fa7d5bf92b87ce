"""How far a first sync is, for a terminal and for machines."""

from datetime import timedelta
from typing import Any, Final

from console.times import machine, number, plural
from integration.decide.progress import Progress
from integration.store.sync import Source
from mappings.model import PortalState

WIDTH: Final = 30


def bar_of(found: Progress) -> str:
    """Draw a bar in one line: how much, how many, how long."""
    filled = int(found.share * WIDTH)
    bar = "█" * filled + "░" * (WIDTH - filled)
    of = f"{number(found.read)} of {number(found.total)} records"
    return f"{bar} {found.share:4.0%}  {of}, {left_of(found)}".ljust(100)


def left_of(found: Progress) -> str:
    """Say how long it will still take."""
    if found.is_through:
        return "read to its end"
    if found.left is None:
        return "time left not known yet"
    return f"{'at least' if found.unsure else 'about'} {span(found.left)} left"


def span(length: timedelta) -> str:
    """Write a length of time as people say it."""
    seconds = round(length.total_seconds())
    if seconds < 60:
        return plural(seconds, "second", "seconds")
    if seconds < 3600:
        return plural(round(seconds / 60), "minute", "minutes")
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{plural(hours, 'hour', 'hours')} {plural(minutes, 'minute', 'minutes')}"


def lines_of(
    portal_id: int, state: PortalState, sources: list[Source], found: Progress
) -> list[str]:
    """Lay out the sources of a portal, a line each."""
    lines = [f"Account {portal_id} ({state.value}): {left_of(found)}."]
    if not sources:
        return [*lines, "  The first sync begins as soon as the account is prepared."]
    width = max(len(each.source) for each in sources)
    for each in sources:
        of = f" of {number(each.total)}" if each.total is not None and not each.finished_at else ""
        reason = f"  {each.reason}" if each.reason else ""
        read = f"{number(each.records)}{of}"
        lines.append(f"  {each.source:<{width}}  {each.state:<8} {read:>18} records{reason}")
    return lines


def answer_of(
    portal_id: int, state: PortalState, sources: list[Source], found: Progress
) -> dict[str, Any]:
    """Write the same for machines; `left_seconds` is null where it isn't known."""
    return {
        "portal": portal_id,
        "state": state.value,
        "read": found.read,
        "total": found.total,
        "left_seconds": None if found.left is None else round(found.left.total_seconds()),
        "at_least": found.unsure,
        "through": found.is_through,
        "sources": [
            {
                "source": each.source,
                "state": each.state,
                "records": each.records,
                "total": each.total,
                "reason": each.reason,
                "finished_at": machine(each.finished_at) if each.finished_at else None,
            }
            for each in sources
        ],
    }
