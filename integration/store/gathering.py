"""Many who each keep one thing durably: whoever comes while the disk is busy shares a commit.

A commit that is synced takes about as long for fifty rows as for one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.engine import Connection

from integration.errors import SegueError
from integration.store.engine import Store

T = TypeVar("T")


class NotKept(SegueError):
    """The transaction that was to keep it failed; whoever wrote it was told why."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    item: T
    is_over: bool = False
    is_kept: bool = False


class Gathering(Generic[T]):
    """Keeps what the threads of a process hand it; `keep` returns once it is on the disk.

    There is no thread for it: of those who wait, the one whose turn it is writes for all.
    """

    def __init__(self, store: Store, put: Callable[[Connection, list[T]], None]) -> None:
        self._store = store
        self._put = put
        self._turn, self._door = Lock(), Lock()
        self._waiting: list[_Waiting[T]] = []

    def keep(self, item: T) -> None:
        """Keep one thing. Raises what went wrong, or NotKept where it did in another's hands."""
        mine = _Waiting(item)
        with self._door:
            self._waiting.append(mine)
        with self._turn:
            if not mine.is_over:
                self._write()
        if not mine.is_kept:
            raise NotKept("the transaction that was to keep it failed")

    def _write(self) -> None:
        with self._door:
            together, self._waiting = self._waiting, []
        kept = False
        try:
            with self._store.write() as connection:
                self._put(connection, [each.item for each in together])
            kept = True
        finally:
            for each in together:
                each.is_over, each.is_kept = True, kept
