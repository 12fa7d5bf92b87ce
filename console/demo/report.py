"""Read everything back from the stand-in over HTTP, lay it out, and check it."""

import re
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from statistics import median

from console.demo import least, sight
from console.demo.play import Play, calls_of_segue
from console.demo.sight import Change, ListSeen
from console.demo.stage import Stage
from console.table import table
from mappings.rules import RuleBook

BY_WEBHOOK = {"contact", "order", "cart", "profile"}
TOLD_BY_WEBHOOK = re.compile(r"(order|cart|deal):")  # the event that made the change


@dataclass(frozen=True)
class Check:
    """Something that must be so."""

    words: str
    holds: bool
    detail: str = ""


@dataclass(frozen=True)
class Findings:
    """All that was read back."""

    play: Play
    members: dict[str, set[int]]
    names: dict[str, str]
    lists: dict[str, ListSeen]
    changes: list[Change]
    enrollments: list[dict[str, str]]
    totals: dict[str, int]
    dead: list[str]
    calls: int
    refused: int
    least: int


def read_back(stage: Stage, play: Play) -> Findings:
    """Read here and there."""
    calls = calls_of_segue(stage)
    seen = sight.lists(stage)
    written = len(set().union(*(each.members for each in seen.values()))) if seen else 0
    return Findings(
        play=play,
        members=sight.members(stage),
        names=sight.list_names(stage),
        lists=seen,
        changes=sight.changes(stage, play.live_at),
        enrollments=sight.enrollments(stage),
        totals=sight.totals(stage),
        dead=sight.dead(stage),
        calls=calls,
        refused=sum(call.status == 429 for call in stage.stand_in.sandbox.calls.calls),
        least=least.first_sync(stage) + least.first_writing(seen, written),
    )


def lay_out(found: Findings, book: RuleBook) -> str:
    """Write the report as tables."""
    parts = [
        table("What came in", ("", "count"), sorted(_counted(found.totals).items())),
        table("Segments", ("segment", "here", "in its HubSpot list", "equal"), _sizes(found, book)),
        table(
            "Enrollments (attempts, by workflow)",
            ("workflow", "contacts", "attempts", "how"),
            _enrolled(found),
        ),
        table("Calls to HubSpot", ("", "made", "least possible"), _calls(found)),
        table("Time to the list", ("", "changes", "median", "99th"), _times(found)),
    ]
    return "\n\n".join(parts)


def checks(found: Findings) -> list[Check]:
    """Say what must be so, and whether it is."""
    unequal = [key for key in found.members if found.members[key] != _listed(found, key)]
    acting = {int(deed.contact_id) for deed in found.play.deeds if deed.kind in BY_WEBHOOK}
    acting |= {contact_id for contact_id, _ in _appeared(found.play)}
    entered = [c for c in found.changes if c.entered and c.cause == "behaviour"]
    left = [c for c in found.changes if not c.entered and c.cause == "time"]
    once = _enrolled_once(found)
    return [
        Check("every list in HubSpot equals the segment here", not unequal, ", ".join(unequal)),
        Check("there are lists", len(found.lists) > 0),
        Check("somebody entered by a webhook", any(c.contact_id in acting for c in entered)),
        Check("somebody left by time alone", bool(left)),
        Check("somebody was enrolled although the delivery came three times", bool(once)),
        Check("nobody was enrolled twice", not _twice(found), ", ".join(_twice(found))),
        Check("every delivery was taken in", found.totals["deliveries not done"] == 0),
        Check(
            "repeated entries were known for such",
            found.totals["entries known already"] > 0,
        ),
        Check("nothing was given up", not found.dead, "; ".join(found.dead[:3])),
        Check("HubSpot never had to say 429", found.refused == 0),
    ]


def _counted(totals: dict[str, int]) -> dict[str, str]:
    return {name: f"{number:,}" for name, number in totals.items()}


def _listed(found: Findings, key: str) -> set[int]:
    seen = found.lists.get(found.names.get(key, ""))
    return set(seen.members) if seen else set()


def _sizes(found: Findings, book: RuleBook) -> list[tuple[str, str, str, str]]:
    rows = []
    for key, here in sorted(found.members.items()):
        there = _listed(found, key)
        name = book.segments[key].name if key in book.segments else key
        equal = "yes" if here == there else "NO"
        rows.append((name, f"{len(here):,}", f"{len(there):,}", equal))
    return rows


def _enrolled(found: Findings) -> list[tuple[str, int, int, str]]:
    rows = []
    for workflow in sorted({each["workflow"] for each in found.enrollments}):
        mine = [each for each in found.enrollments if each["workflow"] == workflow]
        people = {each["contactId"] for each in mine}
        how = ", ".join(sorted({each["how"] for each in mine}))
        rows.append((workflow, len(people), len(mine), how))
    return rows


def _twice(found: Findings) -> list[str]:
    seen: set[tuple[str, str]] = set()
    twice = []
    for each in found.enrollments:
        key = (each["workflow"], each["contactId"])
        if key in seen:
            twice.append(f"{key[1]} in {key[0]}")
        seen.add(key)
    return twice


def _enrolled_once(found: Findings) -> list[str]:
    """Find who was enrolled while every delivery came three times, and once only."""
    live = {int(deed.contact_id) for deed in found.play.deeds}
    live |= {int(turning.contact_id) for turning in found.play.turnings}
    attempts = [int(each["contactId"]) for each in found.enrollments]
    return [str(one) for one in live if attempts.count(one) == 1]


def _calls(found: Findings) -> list[tuple[str, str, str]]:
    live = found.calls - found.play.calls_of_sync
    return [
        ("first sync and first writing", f"{found.play.calls_of_sync:,}", f"{found.least:,}"),
        (f"{len(found.play.deeds)} deeds and what time changed", f"{live:,}", "-"),
    ]


def _times(found: Findings) -> list[tuple[str, int, str, str]]:
    by_webhook: list[float] = []
    by_poll: list[float] = []
    by_time: list[float] = []
    for change in found.changes:
        since, did = _stands_since(found, change), _deed_before(found, change)
        if since is None:
            continue
        if change.cause == "time":
            by_time.append((since - change.at).total_seconds())
        elif did is not None:
            group = by_webhook if TOLD_BY_WEBHOOK.search(change.why) else by_poll
            group.append((since - did).total_seconds())
    return [
        _spread("from a behaviour told by webhook", by_webhook),
        _spread("from a form or an e-mail, which HubSpot lets only poll", by_poll),
        _spread("from an instant that passed", by_time),
    ]


def _spread(words: str, seconds: list[float]) -> tuple[str, int, str, str]:
    if not seconds:
        return (words, 0, "-", "-")
    ordered = sorted(seconds)
    highest = ordered[min(len(ordered) - 1, ceil(len(ordered) * 0.99) - 1)]
    return (words, len(ordered), f"{median(ordered):.2f} s", f"{highest:.2f} s")


def _stands_since(found: Findings, change: Change) -> datetime | None:
    """Say since when HubSpot's list has an entry that stands; None for one that left."""
    seen = found.lists.get(found.names.get(change.segment, ""))
    return seen.members.get(change.contact_id) if seen and change.entered else None


def _deed_before(found: Findings, change: Change) -> datetime | None:
    """Find the last thing that a contact did before it moved."""
    deeds = [(int(deed.contact_id), deed.at) for deed in found.play.deeds]
    mine = [
        at
        for contact_id, at in deeds + _appeared(found.play)
        if contact_id == change.contact_id and at <= change.at
    ]
    return max(mine, default=None)


def _appeared(play: Play) -> list[tuple[int, datetime]]:
    """Give the newcomers whom time is to move, and when webhooks told of them."""
    return [(int(turning.contact_id), play.live_at) for turning in play.turnings]
