"""Rows that are only ever added, by the doors: in one call of the driver.

Whoever writes to SQLite keeps all others out. At each call of the driver another thread may go on
for as long as it likes, so a transaction of several calls keeps them out for far longer than it
takes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic, TypeVar
from weakref import finalize

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from integration.store.engine import Held, Store

T = TypeVar("T")
Row = dict[str, Any]


class Appending(Generic[T]):
    """Adds rows to a table over a connection of its own that stays open.

    `row` makes a row of a thing: all with the same names.
    """

    def __init__(self, store: Store, table: sa.Table, row: Callable[[T], Row]) -> None:
        self._store, self._table, self._row = store, table, row
        self._held: list[Held] = []  # at most one
        finalize(self, _let_go, self._held)

    def add(self, things: list[T]) -> Callable[[], None]:
        """Add a row for each thing, all or none; one thread at a time.

        Gives what returns once they are on the disk, for whichever thread. Where the server was
        gone, as after its restart, it is tried once more over a new connection: rows may come
        twice, as whatever comes to a door may.
        """
        rows = [self._row(each) for each in things]
        dialect, names = self._store.engine.dialect, tuple(rows[0])
        makers = _makers(dialect, self._table, names)
        values = [
            row[name] if make is None else make(row[name]) for row in rows for name, make in makers
        ]
        statement = _insert(dialect, self._table, names, len(rows))
        held = self._open()
        try:
            held.run(statement, values)
        except dialect.loaded_dbapi.Error:
            if not held.is_lost:
                raise
            _let_go(self._held)
            held = self._open()
            held.run(statement, values)
        return held.settle

    def _open(self) -> Held:
        if not self._held:
            self._held.append(self._store.hold())
        return self._held[0]


def _let_go(held: list[Held]) -> None:
    while held:
        held.pop().close()


@lru_cache(maxsize=64)
def _makers(
    dialect: Dialect, table: sa.Table, names: tuple[str, ...]
) -> list[tuple[str, Callable[[Any], Any] | None]]:
    """Give what makes of each value what the driver takes; None where it takes it as it is."""
    types = {name: table.c[name].type.dialect_impl(dialect) for name in names}
    return [(name, one.bind_processor(dialect)) for name, one in types.items()]


@lru_cache(maxsize=256)
def _insert(dialect: Dialect, table: sa.Table, names: tuple[str, ...], number: int) -> str:
    quoted = dialect.identifier_preparer
    row = ", ".join(["?" if dialect.name == "sqlite" else "%s"] * len(names))
    columns = ", ".join(map(quoted.quote, names))
    rows = ", ".join([f"({row})"] * number)
    return f"INSERT INTO {quoted.format_table(table)} ({columns}) VALUES {rows}"  # noqa: S608 -- names of our own
