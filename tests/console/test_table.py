"""Tables fit the terminal they are shown on, and are plain lines anywhere else."""

from __future__ import annotations

import sys

import pytest

from console.table import table

HEAD = ("name", "value", "number")
ROWS = [("a", "one, two, three, four, five, six, seven", 7), ("b", "one", 12)]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def columns(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setenv("COLUMNS", str(number))


def test_a_row_is_one_line_for_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    columns(monkeypatch, 30)

    assert table("Things", HEAD, ROWS).splitlines() == [
        "Things",
        "name  value                                    number",
        "----  ---------------------------------------  ------",
        "a     one, two, three, four, five, six, seven       7",
        "b     one                                          12",
    ]


@pytest.mark.usefixtures("terminal")
def test_on_a_narrow_terminal_the_widest_column_is_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    columns(monkeypatch, 40)

    lines = table("Things", HEAD, ROWS).splitlines()

    assert lines == [
        "Things",
        "name  value                       number",
        "----  --------------------------  ------",
        "a     one, two, three, four,           7",
        "      five, six, seven",
        "b     one                             12",
    ]
    assert max(map(len, lines)) == 40


@pytest.mark.usefixtures("terminal")
def test_nothing_is_wrapped_where_all_of_it_fits_nor_to_less_than_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns(monkeypatch, 53)
    assert "a     one, two, three, four, five, six, seven       7" in table("T", HEAD, ROWS)

    columns(monkeypatch, 5)
    assert "a     one, two, three,           7" in table("T", HEAD, ROWS).splitlines()


def test_a_table_without_rows_has_its_head() -> None:
    assert table("Things", ("a", "bc"), []).splitlines() == ["Things", "a  bc", "-  --"]
