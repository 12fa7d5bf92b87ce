"""Plain tables for a terminal."""

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Final

_NARROW: Final = 20  # no column is wrapped further than to this


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out rows under a title; numbers stand to the right.

    On a terminal that is too narrow the widest columns are wrapped; what goes into a file or to
    another program keeps one line for each row.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    if sys.stdout.isatty():
        most = _widest(widths, shutil.get_terminal_size().columns)
        widths = [min(width, most) for width in widths]
    lines = [title, *_lines(head, widths), "  ".join("-" * width for width in widths)]
    lines += [line for row in cells for line in _lines(row, widths)]
    return "\n".join(line.rstrip() for line in lines)


def _widest(widths: Sequence[int], room: int) -> int:
    """Say how wide a column may be so that all fit into the room, as far as that is possible."""
    room -= 2 * (len(widths) - 1)
    fits = (most for most in range(max(widths), _NARROW, -1) if _total(widths, most) <= room)
    return next(fits, _NARROW)


def _total(widths: Sequence[int], most: int) -> int:
    return sum(min(width, most) for width in widths)


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    parts = [
        [cell] if len(cell) <= width else wrap(cell, width, break_on_hyphens=False)
        for cell, width in zip(row, widths, strict=True)
    ]
    for line in zip_longest(*parts, fillvalue=""):
        yield "  ".join(
            cell.rjust(width) if _is_number(cell) else cell.ljust(width)
            for cell, width in zip(line, widths, strict=True)
        )


def _is_number(cell: str) -> bool:
    digits = cell.lstrip("+-").replace(",", "").replace(".", "")
    return digits.removesuffix(" s").removesuffix(" %").isdecimal()
