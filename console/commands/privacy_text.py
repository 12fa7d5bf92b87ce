"""Erasures in words."""

from console.times import machine, number, plural
from integration.flows.erase_now import Going
from mappings.privacy import Erasure


def going_in_words(portal_id: int, contact_id: int, going: Going) -> str:
    """Say what there is of a contact."""
    merged = [each for each in going.whom.ids if each != contact_id]
    also = f", with {', '.join(map(str, merged))}, merged into it" if merged else ""
    lines = [f"Contact {contact_id}{also}, portal {portal_id}:"]
    lines += [f"  {name}: {plural(rows, 'row', 'rows')}" for name, rows in going.rows.items()]
    return "\n".join(lines)


def outcome_in_words(erasure: Erasure) -> str:
    """Say how far an erasure came."""
    rows = plural(sum(erasure.counts.values()), "row", "rows")
    if erasure.state == "done":
        return (
            f"Erased: {rows}, and their bytes. The signed report: segue privacy report {erasure.id}"
        )
    return (
        f"Removed so far: {rows}. A worker does the rest and signs the report:"
        f" segue privacy report {erasure.id}"
    )


def line_of(erasure: Erasure) -> str:
    """Write an erasure as a line of a list."""
    head = f"{erasure.id}  portal {erasure.portal_id}  {erasure.what}  by {erasure.asked_by}"
    return f"{head}  {_progress(erasure)}"


def _progress(erasure: Erasure) -> str:
    rows = sum(erasure.counts.values())
    if erasure.state == "waiting":
        return f"will be deleted at {machine(erasure.due_at)}, unless it is installed again"
    if erasure.state == "due":
        of = f" of {number(erasure.total)}" if erasure.total else ""
        return f"under way: {number(rows)}{of} rows removed"
    if erasure.state == "swept" or erasure.done_at is None:
        return f"{plural(rows, 'row', 'rows')} removed; their bytes go next"
    return f"{plural(rows, 'row', 'rows')} removed, done at {machine(erasure.done_at)}"
