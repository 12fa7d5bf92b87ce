"""The command line of the benchmark: `python -m bench --help`."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from bench import crowds, door, exits, full, kernels, ticks
from bench.figures import Figure, Stopwatch, table, tell, write
from bench.stores import ENGINES, PORTAL, address, database, fill
from bench.ticks import Desk
from integration.flows.books import Books
from integration.store import timeline
from integration.store.engine import Store
from mappings.catalogue import load_catalogue
from mappings.rules import shipped_files

SIZES = (20_000, 200_000)
LEAVING = 10_000


@click.command()
@click.option(
    "--contacts",
    "sizes",
    type=click.IntRange(min=100),
    multiple=True,
    default=SIZES,
    show_default=True,
    help="Contacts of a portal, with 50 events each; once for each size.",
)
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    default=ENGINES,
    show_default=True,
    help="Which stores to measure.",
)
@click.option(
    "--leaving",
    type=click.IntRange(min=0),
    default=LEAVING,
    show_default=True,
    help="Contacts that leave a segment within one minute; 0 leaves that out.",
)
@click.option(
    "--only",
    type=click.Choice(["door"]),
    default=None,
    help="Measure this alone: the door under load, in real time.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where databases are made (and removed again); 10 million events take 3 to 5 GB.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="The JSON file [var/bench/<instant>.json].",
)
def main(
    sizes: tuple[int, ...],
    engines: tuple[str, ...],
    leaving: int,
    only: str | None,
    folder: Path | None,
    out: Path | None,
) -> None:
    """Measure Segue on generated portals: the table on stdout, progress on stderr, JSON beside."""
    books = Books(shipped_files(), load_catalogue())
    found: list[Figure] = []
    place = folder or Path(tempfile.gettempdir())
    try:
        for engine in engines if only is None else ():
            for size in sorted(sizes):
                found += measure(engine, size, books, place)
            found += growth(found, engine)
            if leaving:
                found += _leaving(engine, leaving, place)
        for engine in engines if only == "door" else ():
            with database(engine, place) as url:
                found += door.figures(engine, url)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    click.echo(table(found))
    path = out or Path("var/bench") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S}.json"
    write(found, path)
    tell(f"written to {path}")


def measure(engine: str, contacts: int, books: Books, folder: Path) -> list[Figure]:
    """Make a portal on an engine and measure everything but exits on it."""
    tell(f"{engine}, {contacts:,} contacts: loading")
    with database(engine, folder) as url:
        with Stopwatch() as watch:
            store = fill(url, crowds.blocks(contacts))
        events = _events(store)
        found = [Figure(engine, events, f"loading {contacts:,} contacts in bulk", watch.seconds)]
        for part in _parts(store, books, contacts, events):
            tell(f"  {part.name}: {part.value:.3f} {part.unit}")
            found.append(part)
        store.engine.dispose()
    return found


def _parts(store: Store, books: Books, contacts: int, events: int) -> Iterator[Figure]:
    book = books.shipped
    yield from full.figures(store, book, events)
    if store.engine.dialect.name == "sqlite":
        yield from kernels.one_query_each(store, book, events)
        yield from kernels.figures(store, book, events)
    yield from ticks.figures(address(store), contacts, events)


def growth(found: list[Figure], engine: str) -> list[Figure]:
    """Hold the ticks of the largest portal against those of the smallest."""
    sizes = sorted({each.events for each in found if each.engine == engine})
    compared = []
    for name in dict.fromkeys(each.name for each in found if each.name.startswith("tick")):
        costs = {
            each.events: each.value for each in found if (each.engine, each.name) == (engine, name)
        }
        if len(costs) > 1:
            small, large = costs[min(costs)], costs[max(costs)]
            words = f"{name}, against the smallest portal"
            compared.append(Figure(engine, sizes[-1], words, large, "s", large / small, 1.3))
    return compared


def _leaving(engine: str, contacts: int, folder: Path) -> list[Figure]:
    tell(f"{engine}: {contacts:,} contacts leave within a minute")
    with database(engine, folder) as url:
        store = fill(url, exits.blocks(crowds.blocks(contacts), contacts))
        found = list(exits.figures(Desk(store, exits.books()), _events(store), contacts))
        store.engine.dispose()
    return found


def _events(store: Store) -> int:
    with store.read() as connection:
        return timeline.count(connection, PORTAL)


if __name__ == "__main__":
    main()
