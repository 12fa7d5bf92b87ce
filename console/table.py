"""Plain tables for a terminal."""

from collections.abc import Iterable, Sequence


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out rows under a title; numbers stand to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [
        max(len(head[column]), *(len(row[column]) for row in cells), 0)
        if cells
        else len(head[column])
        for column in range(len(head))
    ]
    lines = [title, _line(head, widths), "  ".join("-" * width for width in widths)]
    lines += [_line(row, widths) for row in cells]
    return "\n".join(line.rstrip() for line in lines)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(
        cell.rjust(width) if _is_number(cell) else cell.ljust(width)
        for cell, width in zip(row, widths, strict=True)
    )


def _is_number(cell: str) -> bool:
    digits = cell.lstrip("+-").replace(",", "").replace(".", "")
    return digits.removesuffix(" s").removesuffix(" %").isdecimal()
