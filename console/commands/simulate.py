"""`segue simulate`: days of recorded history over again, by rules of today."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from console.commands import portal as accounts
from console.commands.files import FaultyLines, read_input
from console.commands.simulate_text import Simulated, answer_of, page_of, sample_of
from integration.decide.kernel import ContactId, Timelines
from integration.decide.simulation import Days, Simulation
from integration.decide.simulation import simulate as decide
from integration.flows.preview import Person, person_of
from integration.flows.simulate import simulate as run
from integration.flows.simulate import who
from integration.flows.unsaved import Unsaved, unsaved
from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, RuleFaults, load_files, portion

MOST_DAYS = 3_660
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Day(click.ParamType[int]):
    """A day such as 2026-06-30, as days since 1970."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the day, or end the command with what is wrong."""
        try:
            day = datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            self.fail(f'"{value}" is not a day such as 2026-06-30', param, ctx)
        return (day - datetime(1970, 1, 1, tzinfo=UTC)).days


@click.command("simulate")
@click.option("--rules", type=_FILE, multiple=True, help="A rule file, not saved; repeatable.")
@click.option("--from", "first", type=Day(), required=True, help="The first day (UTC).")
@click.option("--to", "last", type=Day(), required=True, help="The last day (UTC).")
@click.option("--portal", type=int, help="The HubSpot account; needed only if there are several.")
@click.option("--events", type=_FILE, help="JSON lines instead of an account's history.")
@click.option("--contacts", type=_FILE, help="JSON lines instead of an account's contacts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text: every enrollment.")
def simulate(
    rules: Sequence[Path],
    first: int,
    last: int,
    portal: int | None,
    events: Path | None,
    contacts: Path | None,
    as_json: bool,
) -> None:
    """Say what segments, stages and triggers would have done over days of recorded history.

    For each segment and stage its members at each day's end, and who entered and left that day;
    for each trigger whom it would have enrolled when, and who of them reached its goal by the
    last day. Nothing is changed, and nothing is written to HubSpot.

    The history is an account's, or with --events and --contacts that of files as `segue evaluate`
    reads them, which needs neither settings nor a database. --rules are read as if they were
    saved; without them the account's own rules are simulated.

    Good to know: contact properties have no history, so today's values count on every day. Only
    contacts that live today are looked at, from the first day on. Consent isn't known for the
    past: nobody is held back for the lack of it, nor for a workflow that isn't there. At the
    start nobody has been enrolled before.
    """
    days = _days(first, last)
    try:
        if events is not None or contacts is not None:
            if portal is not None:
                raise click.UsageError("say either --portal or files of events and contacts")
            book, seen = _of_files(rules, events, contacts, days)
        else:
            book, seen = _of_portal(rules, portal, days)
    except (RuleFaults, FaultyLines) as error:
        raise accounts.refused(error) from error
    answer = json.dumps(answer_of(seen), ensure_ascii=False) if as_json else page_of(book, seen)
    click.echo(answer)


def _days(first: int, last: int) -> Days:
    if last < first:
        raise click.UsageError("--to lies before --from")
    if last - first >= MOST_DAYS:
        raise click.UsageError(f"that are more than {MOST_DAYS} days")
    return Days(first, last - first + 1)


def _of_files(
    rules: Sequence[Path], events: Path | None, contacts: Path | None, days: Days
) -> tuple[RuleBook, Simulated]:
    if not rules:
        raise click.UsageError("with files of events and contacts, name the --rules too")
    book = load_files(rules, load_catalogue())
    read = read_input(events, contacts)
    timelines = Timelines.of(tuple(read.contacts), read.events, read.properties)
    found = decide(book, timelines, days)
    people: dict[ContactId, Person] = {
        each: person_of(each, read.properties.get(str(each), {})) for each in sample_of(found)
    }
    return book, Simulated(days, found, people)


def _of_portal(rules: Sequence[Path], portal: int | None, days: Days) -> tuple[RuleBook, Simulated]:
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        meant = unsaved(tools, chosen, accounts.texts_of(rules))
        found = run(tools, chosen, _needed(meant), days, accounts.tell_progress)
        shown = _of_keys(found, meant)
        people = who(tools, chosen, [int(each) for each in sample_of(shown)])
    return meant.book, Simulated(days, shown, people)


def _needed(meant: Unsaved) -> RuleBook:
    return portion(meant.book, meant.segments, meant.triggers, meant.has_lifecycle)


def _of_keys(found: Simulation, meant: Unsaved) -> Simulation:
    """Leave out what is there only because the rules meant refer to it."""
    return Simulation(
        found.contacts,
        {key: found.segments[key] for key in meant.segments if key in found.segments},
        found.stages if meant.has_lifecycle else {},
        found.triggers,
    )
