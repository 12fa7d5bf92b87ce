"""`segue keys`: the collector's write keys; and a key for TOKEN_KEYS."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click
from cryptography.fernet import Fernet

from console.commands import portal as accounts
from console.table import table
from console.times import machine, number, plural
from integration.flows.tools import Tools
from integration.store import calls, keys, visitors
from integration.store.keys import Count, WriteKey
from mappings.origins import read_origin

COUNTED = timedelta(days=30)
RATE = 500

_Command = TypeVar("_Command", bound=Callable[..., Any])
_PORTAL = click.option(
    "--portal", type=int, help="The HubSpot account; needed only where several installed Segue."
)


class Origin(click.ParamType[str]):
    """A site's origin."""

    name = "origin"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it, or say what one looks like."""
        try:
            return read_origin(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group("keys", invoke_without_command=True)
@click.pass_context
def group(ctx: click.Context) -> None:
    """Make, list and revoke the collector's write keys.

    \b
    segue keys add Shop --origin https://shop.example     for pages of this site
    segue keys add Backend                                for servers and apps
    segue keys list                                       what there is, and what came with each
    segue keys revoke 4f1c09a2b7                          from now on it opens nothing

    With a write key the site's and app's own Segment SDK sends what contacts do: docs/collector.md
    shows how. Without a subcommand this prints something else, a fresh key for TOKEN_KEYS: the
    first key of that list encrypts HubSpot's tokens, all of them decrypt. To change keys, put a
    fresh one in front and keep the old one behind it until every token was renewed (an hour).
    """
    if ctx.invoked_subcommand is None:
        click.echo(Fernet.generate_key().decode())


@group.command("add")
@click.argument("name")
@click.option(
    "--origin",
    "origins",
    type=Origin(),
    multiple=True,
    help="A site whose pages may use the key: https://shop.example, https://*.shop.example, or *. "
    "Without any, no page of any site may: the key is for servers and apps.",
)
@click.option(
    "--consent",
    default="",
    metavar="CATEGORY",
    help="Keep only calls whose context.consent.categoryPreferences agree to this category. "
    "Without it, calls are kept unless they say no to everything.",
)
@click.option(
    "--rate",
    type=click.IntRange(min=1),
    default=RATE,
    show_default=True,
    help="Calls a second that each web process takes; ten seconds' worth may come at once.",
)
@_PORTAL
def add(name: str, origins: tuple[str, ...], consent: str, rate: int, portal: int | None) -> None:
    """Make a write key called NAME, and show it this one time."""
    key = secrets.token_urlsafe(24)
    with accounts.opened_tools() as tools, tools.store.write() as connection:
        chosen = accounts.meant(tools, portal)
        made = WriteKey(chosen, keys.id_of(key), name, origins, consent.strip(), rate, tools.now())
        keys.add(connection, key, made)
        address = accounts.public_url()
    click.echo(_told(made, key, address))


def _told(made: WriteKey, key: str, address: str) -> str:
    pages = ", ".join(made.origins) or "no page (for servers and apps alone)"
    consent = f"\nKeeps only calls that agree to “{made.consent}”." if made.consent else ""
    return (
        f"The write key “{made.name}” ({made.key_id}), shown this once:\n\n    {key}\n\n"
        f"SDKs send to {address} with it. Pages that may use it: {pages}.{consent}"
    )


@group.command("list")
@_PORTAL
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not text.")
def list_(portal: int | None, as_json: bool) -> None:
    """List the keys, what came with each in 30 days, and what waits or couldn't be read."""
    with accounts.opened_tools() as tools:
        shown = _read(tools, accounts.meant(tools, portal))
    click.echo(json.dumps(shown, ensure_ascii=False) if as_json else _page(shown))


def _read(tools: Tools, portal_id: int) -> dict[str, Any]:
    first = (tools.now() - COUNTED).date()
    with tools.store.read() as connection:
        counts = keys.counts(connection, portal_id, first)
        return {
            "portal": portal_id,
            "keys": [
                _json_of(each, counts.get(each.key_id, Count()))
                for each in keys.every(connection, portal_id)
            ],
            "requests_waiting": calls.waiting(connection, portal_id),
            "events_without_a_name": visitors.waiting(connection, portal_id),
            "unreadable": [
                {"key": each.key_id, "reason": each.reason, "calls": each.count}
                for each in calls.dead_groups(connection, portal_id)
            ],
        }


def _json_of(key: WriteKey, count: Count) -> dict[str, Any]:
    return {
        "id": key.key_id,
        "name": key.name,
        "origins": list(key.origins),
        "consent": key.consent,
        "rate": key.rate,
        "made_at": machine(key.made_at),
        "revoked_at": machine(key.revoked_at) if key.revoked_at else None,
        "taken": count.calls,
        "refused": count.refused,
        "unreadable": count.unread,
    }


def _page(shown: dict[str, Any]) -> str:
    if not shown["keys"]:
        return "There is no write key yet: `segue keys add NAME` makes one."
    head = ("id", "name", "pages of", "consent", "taken in", "refused", "unreadable", "state")
    rows = [
        (
            key["id"],
            key["name"],
            " ".join(key["origins"]) or "none",
            key["consent"] or "any",
            number(key["taken"]),
            number(key["refused"]),
            number(key["unreadable"]),
            f"revoked {key['revoked_at']}" if key["revoked_at"] else "in use",
        )
        for key in shown["keys"]
    ]
    lines = [table("Write keys, and the calls of 30 days", head, rows), ""]
    lines += [
        f"To be taken in: {plural(shown['requests_waiting'], 'request', 'requests')}. Waiting for "
        f"their visitor's name: {plural(shown['events_without_a_name'], 'event', 'events')}."
    ]
    lines += [
        f"Can't be read: {plural(each['calls'], 'call', 'calls')} of key {each['key']}: "
        f"{each['reason']}"
        for each in shown["unreadable"]
    ]
    return "\n".join(lines)


@group.command("revoke")
@click.argument("key_id", metavar="ID")
@_PORTAL
def revoke(key_id: str, portal: int | None) -> None:
    """Revoke the write key ID, as `segue keys list` names it. What came with it stays."""
    with accounts.opened_tools() as tools:
        chosen = accounts.meant(tools, portal)
        with tools.store.write() as connection:
            done = keys.revoke(connection, chosen, key_id, tools.now())
    if not done:
        raise click.UsageError(f"there is no key {key_id} in use: see `segue keys list`")
    click.echo(f"Revoked: the write key {key_id} opens nothing any more.")
