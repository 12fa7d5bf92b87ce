"""Many who come at once share a transaction, and each is told the truth about its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import Connection

from integration.store.engine import Store
from integration.store.gathering import Gathering, NotKept

MANY = 8


class Book:
    """Writes lists of words down; the first list only once the others have come."""

    def __init__(self, breaks: frozenset[str] = frozenset()) -> None:
        self.breaks = breaks
        self.written: list[list[str]] = []
        self.opened = threading.Event()
        self.busy = threading.Event()

    def put(self, _connection: Connection, words: list[str]) -> None:
        self.busy.set()
        assert self.opened.wait(30)
        if self.breaks.intersection(words):
            raise ValueError("this word can't be written")
        self.written.append(words)


def told(gathering: Gathering[str], word: str) -> str:
    try:
        gathering.keep(word)
    except (ValueError, NotKept) as error:
        return type(error).__name__
    return "kept"


def come(gathering: Gathering[str], book: Book) -> dict[str, str]:
    """Let one come first, the others while the first is being written; give what each is told."""
    with ThreadPoolExecutor(MANY + 1) as pool:
        first = pool.submit(told, gathering, "first")
        assert book.busy.wait(30)
        others = {word: pool.submit(told, gathering, word) for word in map(str, range(MANY))}
        while len(gathering._waiting) < MANY:
            threading.Event().wait(0.001)
        book.opened.set()
        return {"first": first.result(), **{word: each.result() for word, each in others.items()}}


def test_who_comes_while_one_is_written_shares_the_next_transaction(store: Store) -> None:
    book = Book()

    answers = come(Gathering(store, book.put), book)

    assert set(answers.values()) == {"kept"}
    assert [sorted(words) for words in book.written] == [["first"], sorted(map(str, range(MANY)))]


def test_nobody_is_told_that_something_is_kept_which_is_not(store: Store) -> None:
    """(33) An answer that isn't 2xx makes HubSpot send it again."""
    book = Book(breaks=frozenset({"3"}))
    gathering = Gathering(store, book.put)

    answers = come(gathering, book)

    assert answers.pop("first") == "kept"
    assert sorted(answers.values()) == ["NotKept"] * (MANY - 1) + ["ValueError"]
    assert book.written == [["first"]]
    assert told(gathering, "afterwards") == "kept", "one failure is one failure"


class Killed(BaseException):
    """What no code expects."""


def test_what_nobody_expects_is_no_yes_either(store: Store) -> None:
    def put(_connection: Connection, _words: list[str]) -> None:
        raise Killed

    with pytest.raises(Killed):
        Gathering(store, put).keep("word")
