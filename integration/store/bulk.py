"""Statements that run for many rows at once, for hardly more than the engine's own work.

SQLite runs a statement over and over, by the driver; PostgreSQL is handed each column whole, as
one text, and makes a table of them. Rows are tuples of what the driver takes: instants are
milliseconds.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

from integration.store.engine import chunks, insert_by

Row: TypeAlias = tuple[object, ...]
Given: TypeAlias = Mapping[str, sa.ColumnElement[Any]]
Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"
Change: TypeAlias = sa.Update | sa.Delete
Statement: TypeAlias = "Insert | Change"
# Says of a statement what it does where a row stands already.
Resolve: TypeAlias = Callable[[Insert], Insert]
# Makes a statement that changes the row whose key is given.
Build: TypeAlias = Callable[[Given], Change]

_MOST = 5_000  # rows at a time


def put(
    connection: Connection, table: sa.Table, names: tuple[str, ...], rows: list[Row], to: Resolve
) -> None:
    """Insert rows of these columns of a table, each key at most once."""
    _run(connection, (table, names, "put", to), rows)


def change(
    connection: Connection, table: sa.Table, names: tuple[str, ...], rows: list[Row], to: Build
) -> None:
    """Run a statement with each row's values of these columns of a table."""
    _run(connection, (table, names, "change", to), rows)


_Asked: TypeAlias = tuple[sa.Table, tuple[str, ...], str, Callable[[Any], Any]]


def _run(connection: Connection, asked: _Asked, rows: list[Row]) -> None:
    if connection.dialect.name == "postgresql":
        for part in chunks(rows, _MOST):
            columns = zip(asked[1], zip(*part, strict=True), strict=True)
            given = {f"b_{name}": _array(values) for name, values in columns}
            connection.execute(_for_columns(asked), given)
        return
    text, order = _for_each(connection.dialect, asked)
    for part in chunks(rows, _MOST):
        # Not by `execute`, which takes longer to look at each value than SQLite to store it.
        connection.exec_driver_sql(text, list(map(order, part)))


@lru_cache(maxsize=64)
def _for_each(dialect: Dialect, asked: _Asked) -> tuple[str, Callable[[Row], Row]]:
    """Give the text of a statement for one row, and what puts a row's values in its order."""
    table, names, sort, to = asked
    binds = {name: sa.bindparam(f"b_{name}", type_=_plain(table, name)) for name in names}
    statement: Statement = (
        to(insert_by("sqlite", table).values(binds)) if sort == "put" else to(binds)
    )
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    wanted: list[str] = getattr(compiled, "positiontup", None) or []
    places = [names.index(name.removeprefix("b_")) for name in wanted]
    return str(compiled), itemgetter(*places)


@lru_cache(maxsize=64)
def _for_columns(asked: _Asked) -> Statement:
    table, names, sort, to = asked
    types = {name: _plain(table, name) for name in names}
    arrays = [
        sa.cast(sa.bindparam(f"b_{name}", type_=sa.Text), postgresql.ARRAY(type_))
        for name, type_ in types.items()
    ]
    columns = [sa.column(name, type_) for name, type_ in types.items()]
    given = sa.func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    if sort == "change":
        changed: Change = to({name: given.c[name] for name in names})
        return changed
    every = sa.select(*(given.c[name] for name in names))
    inserted: Insert = to(insert_by("postgresql", table).from_select(names, every))
    return inserted


def _array(values: Sequence[object]) -> str:
    """Write an array as PostgreSQL reads it: the driver takes ten times as long for a list."""
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: object) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return "NULL" if value is None else str(value)


def _plain(table: sa.Table, name: str) -> sa.types.TypeEngine[Any]:
    """Give a column's type as the driver knows it."""
    of = table.c[name].type
    return of.impl_instance if isinstance(of, sa.TypeDecorator) else of
