"""The worker: runs the jobs at their times until it is told to stop."""

import gc
import logging
import threading
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from integration.jobs import JOBS, run
from integration.wiring import Segue

log = structlog.get_logger(__name__)
# It warns of each turn that is left out because the one before still runs: that is as it shall be.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


class Worker:
    """Runs every job in its own turn; one run of a job at a time, several jobs at once."""

    def __init__(self, segue: Segue) -> None:
        self._segue = segue
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(len(JOBS))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin: every job once at once, then at its times."""
        self._segue.stop.clear()
        now = datetime.now(UTC)
        for job in JOBS:
            self._scheduler.add_job(
                run,
                "interval",
                [self._segue, job, self._wake],
                seconds=job.seconds,
                id=job.name,
                next_run_time=now,
            )
        self._scheduler.start()
        log.info("worker started", jobs=len(JOBS))

    def _wake(self, name: str) -> None:
        """Let a job run now; one that runs at the moment finds what is there by itself."""
        with suppress(JobLookupError):  # the worker just stopped
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        """Begin nothing new, let what runs end at the unit it is at, and wait for that."""
        self._segue.stop.set()
        self._scheduler.shutdown(wait=True)
        log.info("worker stopped")

    def run_until(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        self.start()
        stop.wait()
        self.stop()


def spare_what_stands() -> None:
    """Let Python's collector pass over what a process holds once it has started.

    To be called once, by a command. A look at a thousand contacts makes enough objects for several
    full collections; each would walk over all that the libraries hold, a fifth of the look's time.
    """
    gc.collect()
    gc.freeze()
