"""Many who each keep one thing durably: whoever comes while the disk is busy shares a commit.

A commit that is synced takes about as long for fifty rows as for one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from integration.errors import SegueError

T = TypeVar("T")
Settle = Callable[[], None]


class NotKept(SegueError):
    """The transaction that was to keep it failed; whoever wrote it was told why."""


@dataclass(slots=True)
class _Batch(Generic[T]):
    """Things that are kept together; `under_way` is held until that is over."""

    items: list[T] = field(default_factory=list)
    under_way: Lock = field(default_factory=Lock)
    are_kept: bool = False


class Gathering(Generic[T]):
    """Keeps what the threads of a process hand it; `keep` returns once it is on the disk.

    There is no thread for it: whoever comes first waits for its turn, and then writes for all who
    came meanwhile. `put` stores all that it is given in one transaction, or raises; what it gives
    returns once that is on the disk, and the next ones are stored meanwhile.
    """

    def __init__(self, put: Callable[[list[T]], Settle]) -> None:
        self._put = put
        self._turn, self._door = Lock(), Lock()
        self._open: _Batch[T] | None = None

    def keep(self, item: T) -> None:
        """Keep one thing. Raises what went wrong, or NotKept where it did in another's hands."""
        with self._door:
            is_first = self._open is None
            batch = self._open = self._open or _Batch()
            batch.items.append(item)
            if is_first:
                batch.under_way.acquire()
        if is_first:
            self._keep(batch)
        with batch.under_way:
            if not batch.are_kept:
                raise NotKept("the transaction that was to keep it failed")

    def _keep(self, batch: _Batch[T]) -> None:
        try:
            with self._turn:
                with self._door:
                    self._open = None
                settle = self._put(batch.items)
            settle()
            batch.are_kept = True
        finally:
            batch.under_way.release()
