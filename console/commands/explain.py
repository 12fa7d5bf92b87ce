"""`segue explain`: why a contact is in a segment or not."""

import json
from collections.abc import Iterator
from typing import Any, Final

import click

from console.commands import portal as accounts
from console.commands.evaluate import Instant
from console.explanations import values_of
from console.telling import Teller
from console.times import machine
from integration.decide.explaining import Explainer, places
from integration.flows.explain import Asked, Case, NotThere, explain, read
from integration.flows.tools import Tools
from mappings.instants import from_ms
from mappings.model import ContactState

_MOVES: Final = 5
_GONE: Final = {
    ContactState.ARCHIVED: "was deleted in HubSpot (it can be restored there for 90 days)",
    ContactState.ERASED: "was deleted for privacy: nothing of it is kept",
    ContactState.MERGED: "was merged into a contact that isn't known here",
}


@click.command("explain")
@click.argument("contact")
@click.argument("segment", required=False)
@click.option("--portal", type=int, help="Which HubSpot account; needed where there are several.")
@click.option("--at", type=Instant(), help="Another instant than now, ISO 8601.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not a text.")
def why(
    contact: str, segment: str | None, portal: int | None, at: int | None, as_json: bool
) -> None:
    """Say why CONTACT is in SEGMENT or not.

    CONTACT is an id of HubSpot's or an e-mail address. SEGMENT is the key of a segment, or
    stage:KEY for a lifecycle stage. For each condition of the rule: whether it holds, the events
    that count, since when, until when, and the nearest change that would flip it. Without
    SEGMENT: all segments that the contact is in, and the nearest others.

    \b
    segue explain anna@example.com
    segue explain 508369434347 cart_abandoners --at 2026-06-30T12:00:00Z
    """
    with accounts.opened_tools() as tools:
        asked = Asked(contact, accounts.meant(tools, portal), None if at is None else from_ms(at))
        try:
            click.echo(answer(tools, asked, segment, as_json))
        except NotThere as error:
            click.echo(f"Error: {error}", err=True)
            raise click.exceptions.Exit(accounts.WRONG_INPUT) from error


def answer(tools: Tools, asked: Asked, segment: str | None, as_json: bool = False) -> str:
    """Explain a contact's place in a segment, or in all, as the command prints it."""
    case = read(tools, asked)
    return _json(case, segment) if as_json else "\n".join(_text(case, segment))


def _text(case: Case, segment: str | None) -> Iterator[str]:
    who = case.contact
    address = f" ({who.text('email')})" if who.text("email") else ""
    yield f"Contact {who.contact_id}{address}, portal {case.portal_id}, at {machine(case.now)}"
    if case.merged_from is not None:
        yield f"Contact {case.merged_from} was merged into {who.contact_id}."
    if not case.lives:
        since = machine(who.state_at)
        yield f"It {_GONE[who.state]}, at {since}. So it is evaluated no more and in no segment."
        return
    explainer, teller = case.explainer, Teller(case.book.catalogue, case.now)
    yield from _caveats(case, explainer)
    yield ""
    if segment is not None:
        yield from teller.whole(explain(explainer, segment))
        yield from _history(case, segment)
        return
    lifecycle = case.book.lifecycle
    yield from teller.places(places(explainer), lifecycle.otherwise if lifecycle else None)


def _caveats(case: Case, explainer: Explainer) -> Iterator[str]:
    """Say where what is stored lags behind what is told."""
    if case.ahead:
        yield "The portal's rules are changing; what is stored of this contact is by the old ones."
    if case.overdue and case.due is not None:
        yield f"It is due to be looked at since {machine(case.due.due_at)}, and wasn't yet."
    for each in case.differing(explainer):
        yield f"Stored otherwise: {each.target} is {each.stored}, evaluated {each.evaluated}."
    if case.is_past and case.changed_since():
        names = ", ".join(case.changed_since())
        yield f"Properties stand as today, also those changed since then: {names}."


def _history(case: Case, segment: str) -> Iterator[str]:
    """Say how the contact came and went, as it was written down, newest first."""
    moves = [change for change in case.history if change.segment == segment][:_MOVES]
    if moves:
        yield ""
        yield "As it was written down:"
    for change in moves:
        word = "entered" if change.entered else "left"
        yield f"  {machine(change.at)}  {word} ({change.cause.value}): {change.why}"


def _json(case: Case, segment: str | None) -> str:
    who = case.contact
    told: dict[str, Any] = {
        "portal": case.portal_id,
        "contact": who.contact_id,
        "state": who.state.value,
        "merged_from": case.merged_from,
        "at": machine(case.now),
    }
    if case.lives:
        told |= _answers(case, segment)
    return json.dumps(told, ensure_ascii=False)


def _answers(case: Case, segment: str | None) -> dict[str, Any]:
    explainer = case.explainer
    told: dict[str, Any] = {
        "due_since": machine(case.due.due_at) if case.overdue and case.due else None,
        "rules_changing": case.ahead,
        "stored_otherwise": [
            {"target": each.target, "stored": each.stored, "evaluated": each.evaluated}
            for each in case.differing(explainer)
        ],
    }
    if segment is not None:
        moves = [
            {
                "at": machine(change.at),
                "entered": change.entered,
                "cause": change.cause.value,
                "why": change.why,
            }
            for change in case.history
            if change.segment == segment
        ]
        explanation = values_of(explain(explainer, segment), case.book.catalogue)
        return {**told, "explanation": explanation, "history": moves}
    found, words = places(explainer), case.book.catalogue
    return {
        **told,
        "stage": values_of(found.stage, words) if found.stage else None,
        "inside": [values_of(each, words) for each in found.inside],
        "others": [values_of(each, words) for each in found.others],
    }
