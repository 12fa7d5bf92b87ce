"""`segue sources`: what an account's pages, forms, deals, properties and custom events mean."""

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from console.commands import portal as accounts
from console.commands.sources_text import (
    NAMES,
    json_of,
    json_of_trial,
    json_of_version,
    log_of,
    page_of,
    told_of,
    trial_of,
)
from integration.errors import SegueError
from integration.flows import patterns as flow
from integration.flows import trial
from integration.flows.tools import Tools
from integration.store import patterns as store
from integration.store import reads, sync
from mappings.catalogue import load_catalogue
from mappings.patterns import PatternFaults, check
from mappings.sources import Sources

_Command = TypeVar("_Command", bound=Callable[..., Any])

_PORTAL = click.option(
    "--portal", type=int, help="The HubSpot account; needed only where several installed Segue."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")


@click.group("sources")
def sources() -> None:
    """Say what an account's records mean: which pages are products, which forms are downloads.

    \b
    segue sources show                                 patterns, and how far each source was read
    segue sources set product_pages "/shop/*"          let patterns be these ...
    segue sources reset product_pages                  ... and take that back
    segue sources try occurrences                      what the newest records become
    segue sources try forms --with "survey_forms=*nps*"   ... with patterns not set yet
    segue sources reread forms                         read the past again, by the patterns now
    segue sources log                                  who changed what, when, what was before

    A pattern is held against a page's address (one that begins with / against its path), a form's
    name or id, or PIPELINE/STAGE of a deal; * stands for any text, capitals don't count, and
    "not PATTERN" takes out what it fits. property_events and custom_events say "WHAT is KIND":
    "plan_status=trial is trial_started". Quote patterns, or the shell expands the stars.

    A change applies to what comes from then on. The past follows with `reread`.
    """


def _changing(command: _Command) -> _Command:
    """Add what every change asks: which account, and who makes it."""
    by = click.option("--by", default=getpass.getuser, help="Who makes the change; default: you.")
    made: _Command = _PORTAL(by(command))
    return made


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in plain words why something isn't done."""
    try:
        yield
    except (PatternFaults, SegueError) as error:
        raise accounts.refused(error) from error


@sources.command("show")
@_PORTAL
@_JSON
def show(portal: int | None, as_json: bool) -> None:
    """Show the patterns with their defaults, and how far each source was read."""
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        known = tools.sources_of(chosen)
        with tools.store.read() as connection:
            last = store.latest(connection, chosen)
            every = sync.every(connection, chosen)
            contacts = {one.source: reads.progress(connection, chosen, one.source) for one in every}
    own = last.own if last else {}
    if as_json:
        click.echo(json.dumps({"portal": chosen, **json_of(known, own, every, contacts)}))
    else:
        click.echo(page_of(known, own, every, contacts))


@sources.command("set")
@click.argument("name")
@click.argument("patterns", nargs=-1)
@click.option("--none", "nothing", is_flag=True, help="Let no pattern stand there at all.")
@_changing
def set_(name: str, patterns: tuple[str, ...], nothing: bool, portal: int | None, by: str) -> None:
    """Let the patterns NAME be PATTERNS, in place of all that stood there."""
    if bool(patterns) == nothing:
        raise click.UsageError("say the patterns, or --none for no pattern at all")
    _make(portal, name, patterns, by)


@sources.command("reset")
@click.argument("name")
@_changing
def reset(name: str, portal: int | None, by: str) -> None:
    """Let the patterns NAME be what they are by default."""
    _make(portal, name, None, by)


def _make(portal: int | None, name: str, value: tuple[str, ...] | None, by: str) -> None:
    with accounts.opened_tools() as tools, _refusals():
        chosen = accounts.meant(tools, portal)
        made = flow.change(tools, chosen, name, value, by)
        of = tools.sources.patterns[name].of
    click.echo("\n".join(told_of(made, of)))


@sources.command("try")
@click.argument("source", required=False, type=click.Choice(sorted(trial.SOURCES)))
@click.option(
    "--with",
    "unsaved",
    multiple=True,
    metavar="NAME=PATTERN",
    help="Patterns to try in place of those that are set; may be said several times.",
)
@_PORTAL
@_JSON
def try_(source: str | None, unsaved: tuple[str, ...], portal: int | None, as_json: bool) -> None:
    """Show what the newest hundred records of SOURCE, or of each, become. It changes nothing.

    It asks HubSpot for them: up to 20 calls for page visits, one for each of up to 50 forms.
    """
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        with _refusals():
            known = _with_unsaved(tools, chosen, unsaved)
        found = {
            name: _tried(tools, chosen, name, known)
            for name in ([source] if source else trial.SOURCES)
        }
    if as_json:
        click.echo(json.dumps({name: json_of_trial(one) for name, one in found.items()}))
    else:
        click.echo("\n\n".join(trial_of(NAMES[name], one) for name, one in found.items()))


def _with_unsaved(tools: Tools, portal_id: int, unsaved: tuple[str, ...]) -> Sources:
    own: dict[str, tuple[str, ...]] = {}
    for one in unsaved:
        name, _, pattern = one.partition("=")
        own[name] = (*own.get(name, ()), pattern)
    check(tools.sources.patterns, own, load_catalogue())
    return tools.sources_of(portal_id).with_own(own)


def _tried(
    tools: Tools, portal_id: int, source: str, known: Sources
) -> list[trial.Tried] | SegueError:
    """Try one source; one that HubSpot refuses keeps no other from being tried."""
    try:
        return trial.try_out(tools, portal_id, source, known)
    except SegueError as error:
        return error


@sources.command("reread")
@click.argument("source")
@_PORTAL
def reread(source: str, portal: int | None) -> None:
    """Read SOURCE again from its beginning, so that the past is as the patterns are now.

    Events have stable ids: what is there already stays once. Until it is through nobody enters or
    leaves a segment; then everybody is counted anew, which enrolls nobody.
    """
    with accounts.opened_tools() as tools, _refusals():
        flow.reread(tools, accounts.meant(tools, portal), source)
    click.echo(f"{source} is read again from its beginning: see `segue sources show`.")


@sources.command("log")
@_PORTAL
@_JSON
def log(portal: int | None, as_json: bool) -> None:
    """Say who changed what, when, and what was before; the newest first."""
    with accounts.opened_tools() as tools, tools.store.read() as connection:
        every = store.versions(connection, accounts.meant(tools, portal))
    if as_json:
        click.echo(json.dumps([json_of_version(each) for each in every], ensure_ascii=False))
    else:
        click.echo(log_of(every))
