"""The lines of one long text, each cut out only where it is asked for: most never are."""

from collections.abc import Iterable

import numpy as np

from integration.decide.kernel.courses import Ints

_BREAK = ord("\n")


class Lines:
    """The lines of several texts, by their place among all of them.

    Splitting makes an object of each line, which takes ten times as long as finding the breaks.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._whole = "\n".join(texts).encode()
        breaks = np.flatnonzero(np.frombuffer(self._whole, dtype=np.uint8) == _BREAK)
        self._starts = np.append(0, breaks + 1)
        self._ends = np.append(breaks, len(self._whole))

    def __len__(self) -> int:
        """Give how many there are."""
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        """Cut one out."""
        return self._whole[self._starts[place] : self._ends[place]].decode()

    def several(self, places: Ints) -> list[str]:
        """Cut out those at some places."""
        whole = self._whole
        bounds = zip(self._starts[places].tolist(), self._ends[places].tolist(), strict=True)
        return [whole[start:end].decode() for start, end in bounds]
