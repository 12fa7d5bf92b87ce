"""Many who come at once share a transaction, and each is told the truth about its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from integration.store.gathering import Gathering, NotKept, Settle

MANY = 8


class Book:
    """Writes lists of words down; the first list only once the others have come."""

    def __init__(self, breaks: frozenset[str] = frozenset()) -> None:
        self.breaks = breaks
        self.written: list[list[str]] = []
        self.on_disk: list[list[str]] = []
        self.opened = threading.Event()
        self.busy = threading.Event()

    def put(self, words: list[str]) -> Settle:
        self.busy.set()
        assert self.opened.wait(30)
        if self.breaks.intersection(words):
            raise ValueError("this word can't be written")
        self.written.append(words)
        return partial(self.on_disk.append, words)


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
        while gathering._open is None or len(gathering._open.items) < MANY:
            threading.Event().wait(0.001)
        book.opened.set()
        return {"first": first.result(), **{word: each.result() for word, each in others.items()}}


def test_who_comes_while_one_is_written_shares_the_next_transaction() -> None:
    book = Book()

    answers = come(Gathering(book.put), book)

    assert set(answers.values()) == {"kept"}
    assert [sorted(words) for words in book.written] == [["first"], sorted(map(str, range(MANY)))]
    assert book.on_disk == book.written


def test_nobody_is_told_that_something_is_kept_which_is_not() -> None:
    """(33) An answer that isn't 2xx makes HubSpot send it again."""
    book = Book(breaks=frozenset({"3"}))
    gathering = Gathering(book.put)

    answers = come(gathering, book)

    assert answers.pop("first") == "kept"
    assert sorted(answers.values()) == ["NotKept"] * (MANY - 1) + ["ValueError"]
    assert book.written == [["first"]]
    assert told(gathering, "afterwards") == "kept", "one failure is one failure"


class Killed(BaseException):
    """What no code expects."""


def test_what_nobody_expects_is_no_yes_either() -> None:
    def put(_words: list[str]) -> Settle:
        raise Killed

    with pytest.raises(Killed):
        Gathering(put).keep("word")


def test_the_next_ones_are_stored_while_what_was_before_goes_to_the_disk() -> None:
    """And nobody is answered before it is there."""
    book, disk = Book(), threading.Event()
    book.opened.set()

    def put(words: list[str]) -> Settle:
        settle = book.put(words)

        def wait() -> None:
            assert words != ["first"] or disk.wait(30)
            settle()

        return wait

    gathering = Gathering(put)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(told, gathering, "first")
        while not book.written:
            threading.Event().wait(0.001)

        assert told(gathering, "second") == "kept"

        assert not first.done()
        disk.set()
        assert first.result(30) == "kept"
    assert book.on_disk == [["second"], ["first"]]


def test_what_doesnt_come_to_the_disk_isnt_kept() -> None:
    """Whoever waited for it is told so, and nobody waits for ever."""
    book = Book()

    def put(words: list[str]) -> Settle:
        settle = book.put(words)

        def fail() -> None:
            raise ValueError("the disk is full")

        return settle if words == ["first"] else fail

    gathering = Gathering(put)

    answers = come(gathering, book)

    assert answers.pop("first") == "kept"
    assert sorted(answers.values()) == ["NotKept"] * (MANY - 1) + ["ValueError"]
    assert told(gathering, "afterwards") == "ValueError"
