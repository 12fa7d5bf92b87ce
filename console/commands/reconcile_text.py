"""Reports of reconciliations, for a terminal and for machines."""

from datetime import tzinfo
from typing import Any, Final

from console.times import machine, moment, number, plural
from integration.store.reconciliations import Report
from integration.store.sync import Source

WORDS: Final = {
    "unknown": "in HubSpot and not known here",
    "restored": "restored in HubSpot",
    "changed": "with values that differed",
    "deleted": "deleted in HubSpot",
    "merged": "merged in HubSpot",
    "erased": "forgotten in HubSpot for good",
    "doubtful": "unknown to HubSpot, and too many to be believed: left as they are",
}


def lines_of(
    portal_id: int, reports: list[Report], watch: Source | None, zone: tzinfo
) -> list[str]:
    """Lay out reports, the newest first, and when the next comparison is."""
    lines = [line for report in reports for line in _report(report, zone)]
    if not lines:
        lines = [f"Account {portal_id} wasn't compared with HubSpot yet."]
    if watch is not None and watch.due_at is not None:
        lines.append(f"Next: {moment(watch.due_at, zone)}.")
    if watch is not None and watch.reason:
        lines.append(watch.reason)
    return lines


def summary(report: Report) -> str:
    """Say in a line what a reconciliation found."""
    if not report.differences:
        return "nothing differed"
    return ", ".join(
        f"{number(count)} {WORDS.get(word, word)}" for word, count in report.found.items()
    )


def _report(report: Report, zone: tzinfo) -> list[str]:
    there = plural(report.there, "contact", "contacts")
    lines = [
        f"{moment(report.started_at, zone)}: {there} in HubSpot, {number(report.here)} here; "
        f"{'nothing differed' if not report.differences else 'put right:'}"
    ]
    for word, count in report.found.items():
        ids = ", ".join(map(str, report.samples.get(word, [])))
        lines.append(f"  {number(count)} {WORDS.get(word, word)}: {ids}")
    return lines


def answer_of(portal_id: int, reports: list[Report], watch: Source | None) -> dict[str, Any]:
    """Write the same for machines."""
    return {
        "portal": portal_id,
        "next": machine(watch.due_at) if watch and watch.due_at else None,
        "reports": [
            {
                "started_at": machine(report.started_at),
                "finished_at": machine(report.finished_at),
                "there": report.there,
                "here": report.here,
                "found": dict(report.found),
                "samples": dict(report.samples),
            }
            for report in reports
        ],
    }
