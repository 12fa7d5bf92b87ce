"""Everybody at once: a full evaluation against bare streaming, previews, peak memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.crowds import NOW
from bench.figures import Figure, Stopwatch, tell
from bench.stores import PORTAL, address, driver
from integration.decide.kernel import Verdicts, evaluate
from integration.flows.crowd import everyone
from integration.store.engine import Store, open_store
from mappings.catalogue import load_catalogue
from mappings.instants import to_ms
from mappings.rules import RuleBook, kinds_used, portion, shipped

FETCH = 10_000
ROUNDS = 3


def figures(store: Store, book: RuleBook, events: int) -> Iterator[Figure]:
    """Measure full evaluation in turns with bare streaming, each segment's preview, memory."""
    name = store.engine.dialect.name
    bare, full = [], []
    for _ in range(ROUNDS):
        bare.append(stream(store, book))
        full.append(evaluate_all(store, book)[0])
        tell(f"    full evaluation {full[-1]:.2f} s, bare streaming {bare[-1]:.2f} s")
    yield Figure(name, events, "bare streaming of the rows", median(bare))
    ratio = median(full) / median(bare)
    yield Figure(name, events, "full evaluation", median(full), ratio=ratio, target=1.5)
    peak = memory(address(store))
    yield Figure(name, events, "full evaluation, peak memory", peak, "MB", target=1000)
    for key in book.segments:
        seconds, members = evaluate_all(store, portion(book, (key,)))
        yield Figure(name, events, f"preview of {key} ({members:,} members)", seconds)


def stream(store: Store, book: RuleBook) -> float:
    """Read the rows that a full evaluation is made of, by the driver alone; give the seconds."""
    kinds = sorted(kinds_used(book) or ())
    with driver(store) as raw:
        sqlite = store.engine.dialect.name == "sqlite"
        marks = ",".join(("?" if sqlite else "%s") for _ in kinds)
        query = (
            "SELECT contact_id, kind, at, properties FROM events "
            f"WHERE portal_id = {PORTAL} AND kind IN ({marks}) ORDER BY portal_id, contact_id"
        )
        cursor = raw.cursor() if sqlite else raw.cursor("everything")
        with Stopwatch() as watch:
            cursor.execute(query, kinds)
            while cursor.fetchmany(FETCH):
                pass
    return watch.seconds


def evaluate_all(store: Store, book: RuleBook) -> tuple[float, int]:
    """Evaluate a book over everybody; give the seconds and how many memberships there are."""
    members = 0
    with store.read() as connection, Stopwatch() as watch:
        for timelines in everyone(connection, PORTAL, book):
            members += memberships(evaluate(book, timelines, to_ms(NOW)))
    return watch.seconds, members


def memberships(verdicts: Verdicts) -> int:
    """Count the memberships."""
    return sum(int(each.member.sum()) for each in verdicts.segments.values())


def memory(url: str) -> float:
    """Evaluate everybody in a process of its own; give its peak memory in MB."""
    command = [sys.executable, "-m", "bench.full", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _main(url: str) -> None:
    evaluate_all(open_store(url), shipped(load_catalogue()))
    sys.stdout.write(f"{_peak():.1f}\n")


def _peak() -> float:
    """Give the most memory this process ever held, in MB.

    Linux's own account of it; what getrusage tells holds what the parent held at the fork.
    """
    told = Path("/proc/self/status").read_text()
    kib = int(told.split("VmHWM:")[1].split()[0])
    return kib * 1024 / 1e6


if __name__ == "__main__":
    _main(sys.argv[1])
