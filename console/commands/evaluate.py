"""`segue evaluate`: the kernel on files, without a database."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
import numpy as np

from console.commands.files import FaultyLines, Input, read_input
from integration.decide.kernel import NEVER, NO_STAGE, Timelines, Verdicts
from integration.decide.kernel import evaluate as decide
from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, RuleFaults, load_files
from mappings.rules.values import read_instant

WRONG_INPUT: Final = 2

Answer: TypeAlias = dict[str, Any]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Instant(click.ParamType[int]):
    """An instant in ISO 8601, as epoch milliseconds."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the instant, or end the command with what is wrong."""
        at = read_instant(str(value))
        if at is None:
            self.fail(f'"{value}" is not an instant such as 2026-06-30T00:00:00Z', param, ctx)
        return at


@click.command("evaluate")
@click.option("--rules", type=_FILE, multiple=True, required=True, help="A rule file; repeatable.")
@click.option("--events", type=_FILE, help="JSON lines: id, contact, event, at, properties.")
@click.option("--contacts", type=_FILE, help="JSON lines: contact, properties.")
@click.option("--at", "now", type=Instant(), required=True, help="The instant, ISO 8601.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not a table.")
def evaluate(
    rules: Sequence[Path], events: Path | None, contacts: Path | None, now: int, as_json: bool
) -> None:
    """Say who is in which segment at an instant, and until when."""
    try:
        book = load_files(rules, load_catalogue())
        read = read_input(events, contacts)
    except (RuleFaults, FaultyLines) as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(WRONG_INPUT) from error
    answer = answer_of(book, read, now)
    click.echo(json.dumps(answer, ensure_ascii=False) if as_json else table_of(book, answer))


def answer_of(book: RuleBook, read: Input, now: int) -> Answer:
    """Evaluate what was read; the shape is the one that the command prints."""
    timelines = Timelines.of(tuple(read.contacts), read.events, read.properties)
    verdicts = decide(book, timelines, now)
    return {
        "at": instant_text(now),
        "contacts": len(read.contacts),
        "segments": {key: _segment(verdicts, key) for key in book.segments},
        "stages": _stages(verdicts),
    }


def instant_text(at: int) -> str:
    """Write epoch milliseconds as `2026-06-30T00:00:00.000Z`."""
    return f"{np.datetime_as_string(np.datetime64(at, 'ms'), unit='ms')}Z"


def _change(at: int) -> str | None:
    return None if at == NEVER else instant_text(at)


def _segment(verdicts: Verdicts, key: str) -> Answer:
    verdict = verdicts.segments[key]
    members, upcoming = {}, {}
    rows = zip(verdicts.contacts, verdict.member.tolist(), verdict.changes_at.tolist(), strict=True)
    for contact, member, at in rows:
        if member:
            members[str(contact)] = _change(at)
        elif at != NEVER:
            upcoming[str(contact)] = _change(at)
    return {"members": members, "upcoming": upcoming}


def _stages(verdicts: Verdicts) -> Answer:
    stages = verdicts.stages
    if stages is None:
        return {}
    rows = zip(verdicts.contacts, stages.stage.tolist(), stages.changes_at.tolist(), strict=True)
    return {
        str(contact): [None if place == NO_STAGE else stages.keys[place], _change(at)]
        for contact, place, at in rows
    }


def table_of(book: RuleBook, answer: Answer) -> str:
    """Lay the answer out for reading: sizes, and the next contact to enter and to leave."""
    lines = [f"{answer['contacts']} contacts at {answer['at']}"]
    rows = [("segment", "members", "next to leave", "will enter", "next to enter")]
    for key, segment in answer["segments"].items():
        leaving = [until for until in segment["members"].values() if until]
        entering = list(segment["upcoming"].values())
        rows.append(
            (
                key,
                str(len(segment["members"])),
                _soonest(leaving),
                str(len(entering)),
                _soonest(entering),
            )
        )
    lines += ["", *_aligned(rows)]
    if book.lifecycle is not None:
        names: dict[str | None, str] = {stage.key: stage.key for stage in book.lifecycle.stages}
        names[None] = book.lifecycle.otherwise
        held = [stage for stage, _ in answer["stages"].values()]
        counts = [
            ("stage", "contacts"),
            *((name, str(held.count(key))) for key, name in names.items()),
        ]
        lines += ["", *_aligned(counts)]
    return "\n".join(lines)


def _soonest(instants: Sequence[str]) -> str:
    return min(instants, default="-")


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
