"""Good answers into nouns: an answer that can't be read counts as no answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import structlog

from integration.errors import Fault, Unavailable
from mappings.hubspot import item_faults
from mappings.values import Unreadable

Noun = TypeVar("Noun")
log = structlog.get_logger(__name__)


def understood(reader: Callable[[Any], Noun], body: Any) -> Noun:
    """Read an answer; Unavailable where it isn't what HubSpot promises."""
    try:
        return reader(body)
    except Unreadable as error:
        raise senseless(str(error)) from error


def readable(reader: Callable[[Any], Noun], items: Iterable[Any], what: str) -> list[Noun]:
    """Read the items of a page; what can't be read is left out, counted and logged."""
    read: list[Noun] = []
    faults: list[str] = []
    for item in items:
        try:
            read.append(reader(item))
        except Unreadable as error:
            faults.append(str(error))
    if faults:
        log.warning("hubspot.unreadable", what=what, count=len(faults), first=faults[0])
    return read


def results_of(body: Any, name: str = "results") -> list[Any]:
    """Take the items of a page; a page without any list of items isn't an empty one."""
    items = body.get(name) if isinstance(body, dict) else None
    if not isinstance(items, list):
        raise senseless(f"it has no {name}")
    return items


def next_of(body: Any) -> str | None:
    """Take the cursor of the page after this one; None after the last."""
    step: Any = body
    for name in ("paging", "next", "after"):
        step = step.get(name) if isinstance(step, dict) else None
    return str(step) if step else None


def pages(fetch: Callable[[str | None], Any]) -> Iterator[Any]:
    """Fetch page after page; Unavailable where HubSpot hands out a cursor a second time."""
    seen: set[str] = set()
    after: str | None = None
    while True:
        body = fetch(after)
        yield body
        after = next_of(body)
        if after is None:
            return
        if after in seen:
            raise senseless("its paging doesn't advance")
        seen.add(after)


def chunks(items: Sequence[Noun], size: int) -> Iterator[Sequence[Noun]]:
    """Cut a sequence into pieces of at most `size`, in order."""
    return (items[start : start + size] for start in range(0, len(items), size))


def only_not_found(body: Any) -> None:
    """Check that a batch read's errors only say "no such thing"; Unavailable for any other.

    Else a record that HubSpot failed to read would count as deleted.
    """
    for fault in understood(item_faults, body):
        if fault.category != "OBJECT_NOT_FOUND":
            words = fault.message or "a part of the batch failed"
            raise Unavailable(Fault(status=207, message=words, category=fault.category))


def senseless(why: str) -> Unavailable:
    """Make the error of an answer that isn't what HubSpot promises."""
    words = f"HubSpot's answer makes no sense: {why}."
    return Unavailable(Fault(message=words), outcome_unknown=True)
