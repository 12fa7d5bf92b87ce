"""The ways in which rules meet timelines, each asked the same and answering alike."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner

from console.commands.evaluate import evaluate as evaluate_command
from integration.decide.kernel import NEVER, NO_STAGE, EventRow, Timelines, evaluate
from tests.decide.kernel.plain_reading import PlainContact, instant
from tests.proof.cases import Case
from tests.proof.expected import Change, Expected
from tests.proof.palette import written_utc


def by_kernel(case: Case) -> Expected:
    """Ask the kernel over timelines in memory."""
    people = case.people
    rows = [
        EventRow(number, event.id, event.kind, event.at, json.dumps(dict(event.properties)))
        for number, person in enumerate(people)
        for event in person.events
    ]
    properties = {number: person.properties for number, person in enumerate(people)}
    timelines = Timelines.of(range(len(people)), rows, properties)
    verdicts = evaluate(case.book, timelines, case.palette.now)
    segments = {
        key: list(zip(found.member.tolist(), map(_change, found.changes_at.tolist()), strict=True))
        for key, found in verdicts.segments.items()
    }
    if verdicts.stages is None:
        return Expected(segments, [])
    keys: Mapping[int, str | None] = dict(enumerate(verdicts.stages.keys)) | {NO_STAGE: None}
    stages = zip(verdicts.stages.stage.tolist(), verdicts.stages.changes_at.tolist(), strict=True)
    return Expected(segments, [(keys[place], _change(at)) for place, at in stages])


def _change(at: int) -> Change:
    return None if at == NEVER else at


@dataclass(frozen=True)
class Files:
    """The files of a case, as `segue evaluate` reads them, and the arguments that name them."""

    folder: Path

    def write(self, case: Case) -> list[str]:
        """Write them; which of their spellings is used goes by the case's seed."""
        rules = self._rules(case)
        self._lines("contacts.jsonl", map(_contact_line, _numbered(case.people)))
        events = [
            _event_line(name, event.id, event.kind, event.at, event.properties, case.seed)
            for name, person in _numbered(case.people)
            for event in person.events
        ]
        self._lines("events.jsonl", events)
        arguments = [word for path in rules for word in ("--rules", str(path))]
        arguments += ["--events", f"{self.folder}/events.jsonl"]
        arguments += ["--contacts", f"{self.folder}/contacts.jsonl"]
        return [*arguments, "--at", written_utc(case.palette.now), "--json"]

    def _rules(self, case: Case) -> list[Path]:
        parts = [case.document]
        if case.seed % 3 == 0:  # as two files that refer to one another
            keys = sorted(case.document["segments"])
            halves = keys[::2], keys[1::2]
            parts = [
                {"segments": {key: case.document["segments"][key] for key in half}}
                for half in halves
            ]
            parts[1] |= {key: case.document[key] for key in case.document if key == "lifecycle"}
        paths = []
        for place, part in enumerate(parts):
            text = json.dumps(part, ensure_ascii=False)
            if case.seed % 7 == 0:
                text = yaml.safe_dump(part, allow_unicode=True, sort_keys=False)
            paths.append(self.folder / f"rules{place}.yml")
            paths[-1].write_text(text, encoding="utf-8")
        return paths

    def _lines(self, name: str, records: Any) -> None:
        text = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)
        (self.folder / name).write_text(text, encoding="utf-8")


def _numbered(people: Sequence[PlainContact]) -> list[tuple[str, PlainContact]]:
    return [(str(number), person) for number, person in enumerate(people)]


def _contact_line(numbered: tuple[str, PlainContact]) -> dict[str, Any]:
    return {"contact": numbered[0], "properties": dict(numbered[1].properties)}


def _event_line(*parts: Any) -> dict[str, Any]:
    contact, name, kind, at, properties, seed = parts
    return {
        "id": name,
        "contact": contact if seed % 2 else int(contact),
        "event": kind,
        "at": at if seed % 5 == 0 else written_utc(at),
        "properties": dict(properties),
    }


Runs = Callable[[list[str]], str]


def in_process(arguments: list[str]) -> str:
    """Run `segue evaluate` in this process."""
    result = CliRunner().invoke(evaluate_command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def as_command(arguments: list[str]) -> str:
    """Run `segue evaluate` as people do."""
    command = [str(Path(sys.executable).with_name("segue")), "evaluate", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_files(case: Case, folder: Path, run: Runs) -> Expected:
    """Ask `segue evaluate` over files."""
    answer = json.loads(run(Files(folder).write(case)))
    names = [name for name, _ in _numbered(case.people)]
    assert answer["contacts"] == len(names)
    segments = {
        key: [_told(found, name) for name in names] for key, found in answer["segments"].items()
    }
    stages = [answer["stages"][name] for name in names] if answer["stages"] else []
    return Expected(segments, [(key, _read(at)) for key, at in stages])


def _told(found: dict[str, dict[str, str | None]], name: str) -> tuple[bool, Change]:
    assert not set(found["members"]) & set(found["upcoming"])
    member = name in found["members"]
    return member, _read(found["members"].get(name) or found["upcoming"].get(name))


def _read(text: str | None) -> Change:
    return None if text is None else instant(text)
