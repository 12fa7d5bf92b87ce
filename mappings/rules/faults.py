"""What is wrong with a rule file, said so that its author can mend it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it stands and what is wrong. Lines count from 1; 0 is the whole file.

    What a portal changed by itself stands in no file: its source is empty.
    """

    source: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        """Say it in one line: `rules.yml:12: segments.x.when: unknown ...`."""
        where = f"{self.source}:{self.line}" if self.line else self.source
        return ": ".join(part for part in (where, self.path, self.message) if part)


class RuleFaults(Exception):
    """A rule file can't be used. `faults` holds all that is wrong with it, in reading order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def nearest(word: str, known: Iterable[str]) -> str:
    """Give `; did you mean "..."?` with the known word nearest to this one, or nothing."""
    close = difflib.get_close_matches(word.casefold(), sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
