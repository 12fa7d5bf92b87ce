"""How items of the outbox end: done, skipped, due again, or dead with a reason."""

from collections.abc import Iterable

from integration.decide.retry import Dead, RetryAt
from integration.errors import SegueError
from integration.flows.lists import ListStuck
from integration.flows.tools import Tools
from integration.store import outbox
from integration.store.outbox import Item, Outcome
from integration.store.portals import Portal


def settle(tools: Tools, portal: Portal, outcomes: Iterable[Outcome]) -> None:
    """Record how items ended."""
    with tools.store.write() as connection:
        outbox.settle(connection, portal.portal_id, outcomes, tools.now())


def after_error(tools: Tools, portal: Portal, items: list[Item], error: SegueError) -> None:
    """Let items that met an error be due again, or dead with its reason."""
    attempts = max((item.attempts for item in items), default=0)
    verdict: RetryAt | Dead
    if isinstance(error, ListStuck):
        verdict = Dead(str(error))
    else:
        verdict = tools.verdict(error, attempts, portal.time_zone)
    if isinstance(verdict, Dead):
        settle(tools, portal, [Outcome(item, "dead", verdict.reason) for item in items])
        return
    with tools.store.write() as connection:
        how = (verdict.counts, verdict.reason)
        outbox.put_off(connection, portal.portal_id, items, verdict.at, how)
