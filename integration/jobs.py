"""What the worker does again and again. Each job runs a step until nothing is left for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from integration.flows import (
    collect,
    deliver,
    erase,
    evaluate,
    health,
    install,
    intake,
    journal,
    leaving,
    proof,
    recount,
    retention,
    survey,
    sync,
    tokens,
)
from integration.flows.tools import Tools
from integration.store import calls, inbox, proofs, reconciliations, visitors
from integration.store.portals import Portal
from integration.wiring import Segue

log = structlog.get_logger(__name__)

KEEP_DONE = timedelta(days=7)
KEEP_DIFFERENCES = timedelta(days=90)
KEEP_UNREAD = timedelta(days=30)  # calls that can't be read
KEEP_NAMELESS = timedelta(days=90)  # what visitors did whom nobody has named


@dataclass(frozen=True, slots=True)
class Job:
    """A job: its name, how many seconds lie between two runs, and what it does.

    `work` gives how much it did; 0 means that nothing is left. Whatever it did may be work for the
    job that `then` names, which needn't wait for its next turn.
    """

    name: str
    seconds: float
    work: Callable[[Segue], int]
    then: str = ""


def run(segue: Segue, job: Job, wake: Callable[[str], None] = lambda _name: None) -> int:
    """Run a job until nothing is left or the worker stops, and wake the one behind it each time
    that it did something; what breaks is logged and tried again at its next turn."""
    total = 0
    try:
        while not segue.stop.is_set() and (done := job.work(segue)):
            total += done
            if job.then:
                wake(job.then)
    except Exception:
        log.exception("job broke", job=job.name, done=total)
    return total


def _prune(segue: Segue) -> int:
    with segue.store.write() as connection:
        inbox.prune(connection, segue.tools.now() - KEEP_DONE)
        proofs.prune(connection, segue.tools.now() - KEEP_DIFFERENCES)
        reconciliations.prune(connection, segue.tools.now() - KEEP_DIFFERENCES)
        calls.prune(connection, segue.tools.now() - KEEP_UNREAD)
        visitors.prune(connection, segue.tools.now() - KEEP_NAMELESS)
    return 0


def _erase(segue: Segue) -> int:
    """Delete whose time has come; the bytes of both sorts of erasures go last, in one go."""
    leaving.run(segue.tools, timedelta(days=segue.settings.keep_days))
    erase.run(segue.tools, segue.settings.secret_key)
    return 0


def _journal(segue: Segue) -> int:
    if not segue.settings.journal:
        return 0
    return journal.run(segue.tools, segue.keeper, segue.journal, segue.settings.app_id)


def _checkpoint(segue: Segue) -> int:
    segue.store.checkpoint()
    return 0


def _once(step: Callable[[Segue], int]) -> Callable[[Segue], int]:
    """Do a step once a turn: what it leaves waits for its next turn by its own due time."""

    def work(segue: Segue) -> int:
        step(segue)
        return 0

    return work


def _portals(
    waiting: Callable[[Tools], list[Portal]], step: Callable[[Tools, Portal], int]
) -> Callable[[Segue], int]:
    """Do a step in each portal that waits for it; what breaks in one keeps no other waiting."""

    def work(segue: Segue) -> int:
        return sum(_guarded(segue, step, portal) for portal in waiting(segue.tools))

    return work


def _guarded(segue: Segue, step: Callable[[Tools, Portal], int], portal: Portal) -> int:
    """Do a step in a portal; what it held when it broke is free again once its lease runs out."""
    try:
        return step(segue.tools, portal)
    except Exception:
        log.exception("step broke", step=step.__module__, portal_id=portal.portal_id)
        return 0


JOBS = (
    Job("intake", 0.2, lambda segue: intake.run(segue.tools), then="evaluate"),
    Job("collect", 0.2, lambda segue: collect.run(segue.tools), then="evaluate"),
    Job("evaluate", 0.2, _portals(evaluate.waiting, evaluate.run_portal), then="deliver"),
    Job("recount", 0.5, _portals(recount.waiting, recount.run_portal)),
    Job("deliver", 0.3, _portals(deliver.waiting, deliver.run_portal)),
    Job("sync", 0.5, lambda segue: sync.run_streams(segue.tools)),
    Job("journal", 2, _journal),
    Job("checkpoint", 1, _checkpoint),
    Job("prepare", 5, _once(lambda segue: install.prepare_waiting(segue.tools))),
    Job("survey", 5, _once(lambda segue: survey.run(segue.tools))),
    Job("tokens", 30, _once(lambda segue: tokens.renew_expiring(segue.keeper))),
    Job("erase", 300, _erase),
    Job("proof", 60, _once(_portals(proof.to_prove, proof.run_portal))),
    Job("measure", 3600, _once(_portals(health.to_measure, health.measure))),
    Job("prune", 3600, _prune),
    Job("retention", 86_400, _once(lambda segue: retention.run(segue.tools))),
)
