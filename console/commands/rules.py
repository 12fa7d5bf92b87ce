"""`segue rules`: an account's own settings, rule files and switches, with every version of them."""

import getpass
import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from console.commands import portal as accounts
from console.commands.rules_text import json_of, json_of_version, log_of, page_of, told_of
from integration.errors import SegueError
from integration.flows import rules as flow
from integration.flows.books import NOTHING_OWN
from integration.flows.rules import OFF, ON, Edit
from integration.store import rules as store
from mappings.rules import RuleFaults

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PORTAL = click.option(
    "--portal", type=int, help="The HubSpot account; needed only where several installed Segue."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")


@click.group("rules")
def rules() -> None:
    """Change what an account's segments mean, without touching the rules that ship.

    \b
    segue rules show                       settings, own files, what is switched off
    segue rules set cart_wait 6h           change a setting ...
    segue rules reset cart_wait            ... and take that back
    segue rules add my.yml                 add, or replace, a rule file of the account's own
    segue rules remove my.yml              ... and take it away
    segue rules off segments.trial_users   switch a segment or trigger off
    segue rules on segments.trial_users    ... and on again
    segue rules log                        who changed what, when, and what was before
    segue rules undo 3                     be again as in version 3

    Every change is held against all rules first and makes a new version. A worker then looks at
    everybody by the new rules, in the background; until a contact's turn has come its
    memberships stay as they are. Contacts that only such a change moved are enrolled nowhere,
    except by triggers that say `edits: enroll`. To see first what a change would do:
    segue preview, segue simulate.
    """


def _changing(command: _Command) -> _Command:
    """Add what every change asks: which account, and who makes it."""
    by = click.option("--by", default=getpass.getuser, help="Who makes the change; default: you.")
    made: _Command = _PORTAL(by(command))
    return made


@contextmanager
def _refusals() -> Any:
    """Say in plain words why a change isn't made."""
    try:
        yield
    except (RuleFaults, SegueError) as error:
        raise accounts.refused(error) from error


def _make(portal: int | None, edit: Edit, by: str) -> None:
    with accounts.opened_tools() as tools, _refusals():
        made = flow.change(tools, accounts.meant(tools, portal), edit, by)
    click.echo("\n".join(told_of(made)))


@rules.command("show")
@_PORTAL
@_JSON
def show(portal: int | None, as_json: bool) -> None:
    """Show settings with their values, own rule files, switches, and how far a change has come."""
    with accounts.opened_tools() as tools, tools.store.read() as connection:
        chosen = accounts.meant(tools, portal)
        last = store.latest(connection, chosen)
        known = tools.books.of(connection, chosen)
        files = tools.books.files_of(connection, last.shipped) if last else tools.books.files
        own = last.own if last else NOTHING_OWN
        book = tools.books.compiled(files, own)
    if as_json:
        click.echo(json.dumps({"portal": chosen, **json_of(book, own, known.recount)}))
    else:
        click.echo(page_of(book, own, known.recount))


@rules.command("set")
@click.argument("name")
@click.argument("value")
@_changing
def set_(name: str, value: str, portal: int | None, by: str) -> None:
    """Give the setting NAME a VALUE: 6h, 12, "Buying guide" or [/a*, /b*], as its default is."""
    _make(portal, Edit("setting", name, value), by)


@rules.command("reset")
@click.argument("name")
@_changing
def reset(name: str, portal: int | None, by: str) -> None:
    """Give the setting NAME its default again."""
    _make(portal, Edit("setting", name, None), by)


@rules.command("add")
@click.argument("file", type=_FILE)
@_changing
def add(file: Path, portal: int | None, by: str) -> None:
    """Add the rule FILE to the account's own, in place of one of the same name.

    A segment, trigger or lifecycle in it takes the place of the one that ships under its key.
    """
    with _refusals():
        text = accounts.texts_of([file])[file.name]
    _make(portal, Edit("file", file.name, text), by)


@rules.command("remove")
@click.argument("name")
@_changing
def remove(name: str, portal: int | None, by: str) -> None:
    """Take the account's own rule file NAME away."""
    _make(portal, Edit("file", name, None), by)


@rules.command("off")
@click.argument("rule")
@_changing
def off(rule: str, portal: int | None, by: str) -> None:
    """Switch RULE off: segments.KEY or triggers.KEY. A segment takes the triggers on it with it."""
    _make(portal, Edit("switch", rule, OFF), by)


@rules.command("on")
@click.argument("rule")
@_changing
def on(rule: str, portal: int | None, by: str) -> None:
    """Switch RULE on again: segments.KEY or triggers.KEY."""
    _make(portal, Edit("switch", rule, ON), by)


@rules.command("undo")
@click.argument("version", type=int)
@_changing
def undo(version: int, portal: int | None, by: str) -> None:
    """Be again as in VERSION. What ships with Segue stays today's."""
    with accounts.opened_tools() as tools, _refusals():
        made = flow.undo(tools, accounts.meant(tools, portal), version, by)
    click.echo("\n".join(told_of(made)))


@rules.command("log")
@_PORTAL
@_JSON
def log(portal: int | None, as_json: bool) -> None:
    """Say who changed what, when, and what was before; the newest first."""
    with accounts.opened_tools() as tools, tools.store.read() as connection:
        chosen = accounts.meant(tools, portal)
        every = store.versions(connection, chosen)
    if as_json:
        click.echo(json.dumps([json_of_version(each) for each in every], ensure_ascii=False))
    else:
        click.echo(log_of(every))
