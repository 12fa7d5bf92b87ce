"""What was measured: figures, held against the targets, as a table and as JSON."""

import json
import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

CORES: Final = os.cpu_count() or 1


@dataclass(frozen=True)
class Figure:
    """One measurement: `value` in `unit`; `ratio` to what it is held against, if it is.

    `target` is the most that the ratio may be, or the value where there is no ratio.
    """

    engine: str
    events: int
    name: str
    value: float
    unit: str = "s"
    ratio: float | None = None
    target: float | None = None

    @property
    def met(self) -> bool | None:
        """Is the target met? None where there is none."""
        if self.target is None:
            return None
        return (self.value if self.ratio is None else self.ratio) <= self.target


class Stopwatch:
    """Measures wall time: `with Stopwatch() as watch: ...`, then `watch.seconds`."""

    seconds = 0.0

    def __enter__(self) -> "Stopwatch":
        """Begin."""
        self._began = perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.seconds = perf_counter() - self._began


def tell(words: str) -> None:
    """Say on stderr how far the benchmark is."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def table(figures: Iterable[Figure]) -> str:
    """Give the figures as a table for people."""
    rows = [("engine", "events", "what", "figure", "ratio", "target", "")]
    for each in figures:
        met = {None: "", True: "met", False: "NOT MET"}[each.met]
        ratio = "" if each.ratio is None else f"{each.ratio:.2f} x"
        bound = "" if each.target is None else f"<= {each.target:g}"
        figure = f"{each.value:,.3f} {each.unit}"
        rows.append((each.engine, f"{each.events:,}", each.name, figure, ratio, bound, met))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in {1, 3, 4} else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def write(figures: list[Figure], path: Path) -> None:
    """Write the figures as JSON, with what they were measured on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "cores": CORES,
        "python": platform.python_version(),
        "figures": [asdict(each) | {"met": each.met} for each in figures],
    }
    path.write_text(json.dumps(told, indent=1) + "\n")
