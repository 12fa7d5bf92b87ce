"""The play: first sync, then people behave and time passes, then everything is read back."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import click

from console.demo import sight
from console.demo.browser import install
from console.demo.stage import PAUSE, Stage
from mappings.model import PortalState
from mappings.rules import AllOf, AnyOf, Condition, EventCondition, Not, RuleBook
from sandbox.live import Crowd, Deed, Turning, script
from sandbox.marketing import acts
from sandbox.marketing.model import Consent
from sandbox.populate import MARKETING_INFORMATION
from sandbox.portal import Portal

SYNC_SECONDS = 150
REST_SECONDS = 90
DEEDS = 48
DEEDS_A_SECOND = 4
TURN_AFTER = timedelta(seconds=15)
TURNING_KINDS = {"purchase", "cart_updated"}
WELCOME_LIST, WELCOME_WORKFLOW = "Segue: New subscribers", "Welcome series"


class PlayFailed(Exception):
    """Segue didn't come to where the play goes on."""


@dataclass
class Play:
    """What happened, for the report."""

    installed_at: datetime
    synced_at: datetime
    written_at: datetime
    calls_of_sync: int
    live_at: datetime
    deeds: list[Deed] = field(default_factory=list)
    turnings: list[Turning] = field(default_factory=list)


def perform(stage: Stage, book: RuleBook) -> Play:
    """Let the whole play happen; give what is needed to judge it."""
    click.echo("Installing Segue through HubSpot's pages ...")
    installed_at = _now(stage)
    install(stage.service_url)
    _wait(stage, SYNC_SECONDS, "reading the portal", _is_live)
    synced_at = _now(stage)
    _wait(stage, REST_SECONDS, "writing lists and properties", _is_written)
    play = Play(installed_at, synced_at, _now(stage), calls_of_segue(stage), _now(stage))
    _let_the_list_enroll(stage)
    click.echo("People behave, and every webhook comes three times ...")
    _live(stage, play, book)
    ended = _now(stage)
    _wait(
        stage,
        REST_SECONDS,
        "what they did to stand in HubSpot",
        lambda seen: sight.polled_since(seen, ended) and _has_rested(seen),
    )
    return play


def windows_of(book: RuleBook) -> list[timedelta]:
    """Find the windows of the rules on purchases and carts: what time alone makes turn."""
    found: set[int] = set()
    for segment in book.segments.values():
        for leaf in _leaves(segment.when):
            if TURNING_KINDS & set(leaf.pattern.kinds):
                found.update({leaf.window.within or 0, leaf.window.before or 0})
                found.update({leaf.without.inside or 0} if leaf.without else set())
    return [timedelta(milliseconds=window) for window in sorted(found - {0})]


def _leaves(condition: Condition) -> list[EventCondition]:
    if isinstance(condition, EventCondition):
        return [condition]
    if isinstance(condition, Not):
        return _leaves(condition.condition)
    if isinstance(condition, AllOf | AnyOf):
        return [leaf for each in condition.conditions for leaf in _leaves(each)]
    return []


def _live(stage: Stage, play: Play, book: RuleBook) -> None:
    sandbox = stage.stand_in.sandbox
    with sandbox.lock:
        sandbox.webhooks.settings.duplicates = 2
        sandbox.webhooks.settings.shuffle = True
    crowd = Crowd(sandbox, sandbox.portals[stage.hub_id])
    play.live_at = _now(stage)
    with sandbox.lock:
        play.turnings = list(crowd.turning(windows_of(book), TURN_AFTER))
        for turning in play.turnings:
            _consent(crowd.portal, turning.contact_id, play.live_at)
    for number, kind in enumerate(script(DEEDS)):
        play.deeds.append(crowd.perform(kind))
        if number % DEEDS_A_SECOND == DEEDS_A_SECOND - 1:
            PAUSE.wait(1)
    last_turn = max((turning.turns_at for turning in play.turnings), default=play.live_at)
    while _now(stage) < last_turn + timedelta(seconds=2):
        PAUSE.wait(0.5)


def _consent(portal: Portal, contact_id: str, at: datetime) -> None:
    """Let a newcomer say yes to marketing: without it Segue enrolls nobody."""
    email = portal.contacts.records[contact_id].properties.get("email")
    if email:
        said = Consent("SUBSCRIBED", at, "FORM", "CONSENT_WITH_NOTICE")
        acts.set_consent(portal, email, MARKETING_INFORMATION, said)


def _let_the_list_enroll(stage: Stage) -> None:
    """Do what a marketer does next: let the welcome workflow enroll by Segue's list."""
    known = sight.lists(stage).get(WELCOME_LIST)
    flows = stage.stand_in.sandbox.portals[stage.hub_id].marketing.workflows
    flow_id = next((i for i, flow in flows.items() if flow.name == WELCOME_WORKFLOW), None)
    if known is None or flow_id is None:
        return
    stage.change_workflow(flow_id, {"listIds": [known.list_id]})
    _wait(stage, REST_SECONDS, "Segue to notice the workflow", lambda s: _knows(s, known.list_id))


def _knows(stage: Stage, list_id: str) -> bool:
    return any(list_id in each.enrolls_by_lists for each in sight.workflows(stage))


def _is_live(stage: Stage) -> bool:
    return sight.progress(stage).state is PortalState.LIVE


def _is_written(stage: Stage) -> bool:
    return sight.progress(stage).waiting == 0


def _has_rested(stage: Stage) -> bool:
    """Is nothing left to send, to take in, to look at or to write?"""
    sandbox = stage.stand_in.sandbox
    with sandbox.lock:
        pending = len(sandbox.webhooks.waiting) + len(sandbox.webhooks.retries)
    if pending or sight.progress(stage).waiting or sight.unread(stage):
        return False
    return sight.overdue(stage, _now(stage)) == 0


def _wait(stage: Stage, seconds: int, what: str, done: Callable[[Stage], bool]) -> None:
    began, shown = _now(stage), ""
    while not done(stage):
        if stage.service.poll() is not None:
            raise PlayFailed(f"The service died; its log is {stage.log}")
        if _now(stage) - began > timedelta(seconds=seconds):
            raise PlayFailed(f"Waited {seconds} s for {what}; the service's log is {stage.log}")
        shown = _show(stage, what, shown)
        PAUSE.wait(0.5)
    line = _show(stage, what, "")
    click.echo("" if sys.stdout.isatty() else line)


def _show(stage: Stage, what: str, shown: str) -> str:
    """Say how far things are, in one line that a terminal overwrites."""
    seen = sight.progress(stage)
    read = ", ".join(f"{number:,} {name}" for name, number in seen.records.items() if number)
    line = f"  {what}: {read or 'beginning'}"
    line += f"; {seen.waiting:,} to write" if seen.waiting else ""
    if line != shown and sys.stdout.isatty():
        click.echo(f"\r\x1b[K{line}", nl=False)
    return line


def calls_of_segue(stage: Stage) -> int:
    """Count the calls that Segue made: all but the auditor's."""
    return len(stage.stand_in.sandbox.calls.of(stage.hub_id)) - len(stage.audits)


def _now(stage: Stage) -> datetime:
    return stage.stand_in.sandbox.clock.now().astimezone(UTC)
