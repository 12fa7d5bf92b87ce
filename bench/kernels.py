"""The kernel alone, over arrays in memory, against DuckDB over the same events in memory.

DuckDB gets typed columns, folded texts and all cores; the kernel one core, then a process a core,
each with its share of the contacts. The kernel finds when each answer changes as well; DuckDB only
what holds now. Both answer every leaf condition that the shipped segments and stages are made of,
and the numbers they find are compared.
"""

import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from statistics import median
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from bench.books import all_leaves
from bench.crowds import NOW
from bench.figures import Figure, Stopwatch, tell
from bench.sql import DUCKDB, Unspoken, Writer, duckdb_column, sqlite
from bench.stores import PORTAL, driver
from integration.decide.kernel import Timelines
from integration.decide.kernel.evaluate import Evaluation
from integration.decide.kernel.occurrences import Scene
from integration.flows.crowd import everyone
from integration.store.engine import Store
from mappings.catalogue import NUMBER_TYPES
from mappings.instants import to_ms
from mappings.rules import Condition, RuleBook, Segment, event_properties_used

ROUNDS = 3


def figures(store: Store, book: RuleBook, events: int) -> Iterator[Figure]:
    """Measure both over a portal's events, and one query a segment in SQLite."""
    chunks = list(_arrays(store, book))
    leaves = _spoken(book)
    leafy = leaf_book(book, leaves)
    kernel, shared, whole, theirs = [], [], [], []
    with duckdb.connect() as connection:
        _load(connection, chunks, book)
        for _ in range(ROUNDS):
            seconds, ours = _kernel(leafy, chunks)
            kernel.append(seconds)
            shared.append(_on_all_cores(leafy, chunks, ours))
            whole.append(_kernel(book, chunks)[0])
            found, numbers = _duckdb(connection, leaves, book)
            theirs.append(found)
            tell(
                f"    kernel {kernel[-1]:.2f} s, on all cores {shared[-1]:.2f} s, "
                f"DuckDB {theirs[-1]:.2f} s"
            )
    apart = sum(one != other for one, other in zip(ours, numbers, strict=True))
    words = f"{len(leaves)} leaf conditions, {apart} of them answered otherwise"
    yield Figure("duckdb", events, words, median(theirs))
    for name, taken in (("one core", kernel), ("all cores", shared)):
        words = f"kernel alone, the same, {name}"
        ratio = median(taken) / median(theirs)
        yield Figure("memory", events, words, median(taken), "s", ratio, 2)
    yield Figure("memory", events, "kernel alone, the whole catalogue", median(whole))


def one_query_each(store: Store, book: RuleBook, events: int) -> Iterator[Figure]:
    """Measure the way of one SQL query a segment over Segue's own tables in SQLite."""
    writer = Writer(book, sqlite(PORTAL), to_ms(NOW))
    total, left_out = 0.0, 0
    with driver(store) as raw:
        for key in book.segments:
            try:
                query = writer.segment(key)
            except Unspoken:
                left_out += 1
                continue
            with Stopwatch() as watch:
                members = len(raw.execute(query).fetchall())
            total += watch.seconds
            name = f"one query for {key} ({members:,} members)"
            yield Figure("sqlite", events, name, watch.seconds)
    name = f"one query a segment, together ({left_out} left out)"
    yield Figure("sqlite", events, name, total)


def _spoken(book: RuleBook) -> list[Condition]:
    writer = Writer(book, DUCKDB, to_ms(NOW))
    spoken = []
    for leaf in all_leaves(book):
        try:
            writer.leaf(leaf)
        except Unspoken:
            continue
        spoken.append(leaf)
    return spoken


def leaf_book(book: RuleBook, leaves: list[Condition]) -> RuleBook:
    """Make each leaf a segment of its own."""
    segments = {
        f"leaf_{place}": Segment(f"leaf_{place}", "", "custom", "", leaf)
        for place, leaf in enumerate(leaves)
    }
    return replace(book, segments=segments, lifecycle=None, triggers={})


def _arrays(store: Store, book: RuleBook) -> Iterator[Timelines]:
    """Read everybody once, with all columns decoded and the texts they came from let go."""
    with store.read() as connection:
        for timelines in everyone(connection, PORTAL, book):
            for kind, names in event_properties_used(book).items():
                types = {name: book.catalogue.type_of(kind, name) or "text" for name in names}
                timelines.decode(kind, types)
            yield replace(timelines, _properties=())


def _kernel(book: RuleBook, chunks: list[Timelines]) -> tuple[float, list[int]]:
    numbers = np.zeros(len(book.segments), dtype=np.int64)
    with Stopwatch() as watch:
        for timelines in chunks:
            scene = Scene(timelines, book.catalogue, to_ms(NOW))
            verdicts = Evaluation(book, scene).verdicts(scene.now)
            numbers += [int(each.member.sum()) for each in verdicts.segments.values()]
    return watch.seconds, numbers.tolist()


def _on_all_cores(book: RuleBook, chunks: list[Timelines], expected: list[int]) -> float:
    """Time the same with a process a core, each with the arrays of its share from its start.

    What is timed begins when all stand ready, and ends when the last has answered.
    """
    cores = len(os.sched_getaffinity(0))
    context = multiprocessing.get_context("fork")  # the arrays are handed over without a copy
    ready = context.Barrier(cores + 1)
    answers: multiprocessing.Queue[list[int]] = context.Queue()
    processes = [
        context.Process(target=_share, args=(book, chunks[place::cores], ready, answers))
        for place in range(cores)
    ]
    for process in processes:
        process.start()
    ready.wait()
    with Stopwatch() as watch:
        found = [answers.get() for _ in processes]
    for process in processes:
        process.join()
    if [sum(each) for each in zip(*found, strict=True)] != expected:
        raise RuntimeError("a share of the contacts was answered otherwise")
    return watch.seconds


def _share(
    book: RuleBook,
    chunks: list[Timelines],
    ready: Barrier,
    answers: "multiprocessing.Queue[list[int]]",
) -> None:
    ready.wait()
    answers.put(_kernel(book, chunks)[1])


def _load(connection: duckdb.DuckDBPyConnection, chunks: list[Timelines], book: RuleBook) -> None:
    """Give DuckDB the events of all chunks: contact, kind, instant, a column a property."""
    types = _types(book)
    columns = "".join(f", {duckdb_column(name)} {word}" for name, word in types.items())
    kinds = ", ".join(f"'{kind}'" for kind in sorted(event_properties_used(book)))
    connection.execute(f"CREATE TYPE kinds AS ENUM ({kinds})")
    connection.execute(f'CREATE TABLE events (contact_id BIGINT, kind kinds, "at" BIGINT{columns})')
    connection.execute("CREATE TABLE contacts (contact_id BIGINT)")
    picked = "".join(f", TRY_CAST({name} AS {word})" for name, word in types.items())
    for timelines in chunks:
        people = np.array(timelines.contacts, dtype=np.int64)
        connection.execute("INSERT INTO contacts SELECT * FROM people")
        for kind, events in timelines.kinds.items():
            told: dict[str, npt.NDArray[Any]] = {
                "contact": people[events.contact],
                "instant": events.at,
            }
            told |= {name: _texts(timelines, kind, name) for name in types}
            connection.execute(
                f"INSERT INTO events SELECT contact, '{kind}', instant{picked} FROM told"
            )


def _types(book: RuleBook) -> dict[str, str]:
    """Give each property's type in DuckDB: a decimal where every kind that has it says number."""
    types: dict[str, set[str]] = {}
    for kind, names in event_properties_used(book).items():
        for name in names:
            types.setdefault(name, set()).add(book.catalogue.type_of(kind, name) or "text")
    return {
        name: "DECIMAL(18, 4)" if found <= set(NUMBER_TYPES) else "VARCHAR"
        for name, found in sorted(types.items())
    }


def _texts(timelines: Timelines, kind: str, name: str) -> npt.NDArray[np.object_]:
    column = timelines._columns.get((kind, name))  # what evaluating has decoded
    if column is None:
        return np.full(len(timelines.kind(kind).at), None, dtype=object)
    words = np.array([*(str(word).lower() for word in column.words), None], dtype=object)
    return np.asarray(words[column.codes], dtype=object)


def _duckdb(
    connection: duckdb.DuckDBPyConnection, leaves: list[Condition], book: RuleBook
) -> tuple[float, list[int]]:
    writer = Writer(book, DUCKDB, to_ms(NOW))
    queries = [writer.leaf(leaf) for leaf in leaves]
    numbers = []
    with Stopwatch() as watch:
        for query in queries:
            found = connection.execute(query).fetchnumpy()
            numbers.append(len(found["contact_id"]))
    return watch.seconds, numbers
