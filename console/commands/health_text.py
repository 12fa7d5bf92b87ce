"""A portal's health as a page of text, and as JSON."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from console.times import machine, number, plural
from integration.decide.health import Finding, Health, Kind, SegmentLine
from mappings.health import DaySize, Difference, ProofDay

TITLES: Final = {
    Kind.WRONG: "Stored wrong, and put right",
    Kind.EMPTY: "Empty",
    Kind.TOO_SMALL: "Too small to act on",
    Kind.TOO_FEW: "Too small to learn from",
    Kind.GROWING: "Growing fast",
    Kind.SHRINKING: "Shrinking fast",
    Kind.STATIC: "Static",
    Kind.SAME_MEMBERS: "Nearly the same members",
    Kind.INSIDE: "Inside of another segment",
    Kind.ALIKE: "Rules that are much alike",
    Kind.FLAPPING: "Contacts that come and go",
    Kind.CROWDED: "Contacts in very many segments",
}
HEAD: Final = ("segment", "members", "7 days", "30 days", "entered", "left")
SPARKS: Final = "▁▂▃▄▅▆▇█"
DAYS_DRAWN: Final = 14
WIDTH: Final = 100

Answer = dict[str, Any]


def page_of(portal_id: int, health: Health) -> str:
    """Lay a portal's health out for reading."""
    measured = any(line.days for line in health.lines)
    parts = [
        f"Account {portal_id} on {health.today}: {plural(health.contacts, 'contact', 'contacts')}",
        "\n".join(_table(health)),
    ]
    if not measured:
        parts.append("Nothing was measured over time yet: a running worker does so every hour.")
    parts += _findings(health.findings)
    parts.append("\n".join(_proof(health)))
    return "\n\n".join(parts)


def _table(health: Health) -> list[str]:
    rows = [HEAD, *(_cells(line) for line in health.lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    drawn = [
        f"last {DAYS_DRAWN} days",
        *(sparkline(line.days, health.today) for line in health.lines),
    ]
    return [
        "  ".join([_aligned(row, widths), drawing]).rstrip()
        for row, drawing in zip(rows, drawn, strict=True)
    ]


def _cells(line: SegmentLine) -> tuple[str, ...]:
    changes = (_signed(line.change_7), _signed(line.change_30))
    return (line.name, number(line.size), *changes, number(line.entered), number(line.left))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others])


def _signed(change: int | None) -> str:
    return "?" if change is None else f"{change:+,}" if change else "0"


def sparkline(days: Iterable[DaySize], today: date) -> str:
    """Draw the sizes of the last days, one sign a day, between their least and their greatest.

    A day that wasn't measured is a blank; sizes that never change are drawn low.
    """
    sizes = {each.day: each.size for each in days}
    drawn = [sizes.get(today - timedelta(days=back)) for back in reversed(range(DAYS_DRAWN))]
    known = [size for size in drawn if size is not None]
    low, high = min(known, default=0), max(known, default=0)
    return "".join(" " if size is None else SPARKS[_step(size, low, high)] for size in drawn)


def _step(size: int, low: int, high: int) -> int:
    return 0 if high == low else round((size - low) * (len(SPARKS) - 1) / (high - low))


def _findings(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return ["Nothing stands out."]
    parts = []
    for kind, of_kind in groupby(findings, key=lambda each: each.kind):
        # A suggestion that is the same for several is said once, after them.
        alike: dict[str, list[str]] = {}
        for each in of_kind:
            alike.setdefault(each.suggestion, []).append(_wrapped(each.says, "  "))
        lines = [TITLES[kind]]
        for suggestion, said in alike.items():
            lines += [*said, _wrapped(suggestion, "    -> ", "       ")]
        parts.append("\n".join(lines))
    return parts


def _wrapped(words: str, first: str, others: str = "") -> str:
    return textwrap.fill(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=others or f"{first}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _proof(health: Health) -> list[str]:
    today = [each for each in health.proofs if each.day == health.today]
    lines = [
        "Continuous proof: contacts evaluated from scratch and compared with what is stored",
        f"  today      {_counts(today)}",
        f"  90 days    {_counts(health.proofs)}",
    ]
    return lines + [_wrapped(_difference(each), "  ") for each in health.differences]


def _counts(days: Iterable[ProofDay]) -> str:
    every = list(days)
    checked, differed = sum(each.checked for each in every), sum(each.differed for each in every)
    return f"{number(checked)} checked, {number(differed)} stood otherwise"


def _difference(each: Difference) -> str:
    return (
        f"{machine(each.found_at)}  contact {each.contact_id}, {each.target}: "
        f"stored {each.stored}; evaluated {each.evaluated}"
    )


def answer_of(health: Health) -> Answer:
    """Give a portal's health as what JSON can hold: days as `2026-06-30`, instants in ISO 8601."""
    return {
        "day": health.today.isoformat(),
        "contacts": health.contacts,
        "segments": [_segment(line) for line in health.lines],
        "findings": [asdict(each) for each in health.findings],
        "proof": {
            "days": [{**asdict(each), "day": each.day.isoformat()} for each in health.proofs],
            "differences": [
                {**asdict(each), "found_at": machine(each.found_at)} for each in health.differences
            ],
        },
    }


def _segment(line: SegmentLine) -> Answer:
    return {
        "key": line.key,
        "name": line.name,
        "members": line.size,
        "change_7_days": line.change_7,
        "change_30_days": line.change_30,
        "entered_7_days": line.entered,
        "left_7_days": line.left,
        "days": [
            {
                "day": each.day.isoformat(),
                "members": each.size,
                "entered": each.entered,
                "left": each.left,
            }
            for each in line.days
        ],
    }
