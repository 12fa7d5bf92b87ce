"""What `segue sources` prints: an account's patterns, its sources, what records become."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from console.pages.words import SOURCE_NAMES, SYNC_STATES
from console.table import table
from console.times import machine
from integration.errors import SegueError
from integration.flows.trial import Tried
from integration.store.patterns import Version
from integration.store.sync import Source
from mappings.patterns import Set, Sort
from mappings.sources import Sources

NAMES: Final = SOURCE_NAMES
NOTHING: Final = "nothing"
DEFAULT: Final = "its default"
# Which source is to be read again for patterns of a sort to reach the past.
READ_BY: Final = {
    Sort.PAGES: "occurrences",
    Sort.EVENTS: "occurrences",
    Sort.FORMS: "forms",
    Sort.DEALS: "deals",
}

# Contacts that were read, and all of them, by source.
Progress = Mapping[str, tuple[int, int]]


def page_of(sources: Sources, own: Set, every: list[Source], progress: Progress) -> str:
    """Lay out patterns and sources."""
    patterns = (
        (name, spelled(one.value), spelled(one.default) if name in own else "", one.description)
        for name, one in sources.patterns.items()
    )
    head = ("patterns", "value", "default", "what they are")
    rows = (
        (
            one.source,
            SYNC_STATES.get(one.state, one.state),
            str(one.records),
            _contacts(progress.get(one.source, (0, 0))),
            one.reason,
        )
        for one in every
    )
    return "\n".join(
        [
            table("Patterns", head, patterns),
            "",
            table("Sources", ("source", "state", "records", "contacts", "why"), rows),
        ]
    )


def _contacts(progress: tuple[int, int]) -> str:
    read, every = progress
    return f"{read} of {every}" if every else ""


def spelled(patterns: tuple[str, ...] | None) -> str:
    """Write patterns in one line."""
    if patterns is None:
        return DEFAULT
    return ", ".join(patterns) or NOTHING


def told_of(version: Version, of: Sort) -> Iterator[str]:
    """Say what follows from an edit."""
    yield f"Version {version.version}: {change_in_words(version)}."
    source = READ_BY.get(of)
    if source is None:
        yield "It applies to what comes from now on."
    else:
        yield f"It applies to what comes from now on; the past: segue sources reread {source}"


def change_in_words(version: Version) -> str:
    """Say what an edit did."""
    return f"{version.target}: {spelled(version.before)} -> {spelled(version.after)}"


def log_of(versions: list[Version]) -> str:
    """Lay out every version, newest first."""
    rows = (
        (str(each.version), machine(each.made_at), each.made_by, change_in_words(each))
        for each in versions
    )
    return table("Versions", ("version", "made at", "by", "what"), rows)


def trial_of(title: str, tried: list[Tried] | SegueError) -> str:
    """Lay out what records would become, and how many of each kind there would be."""
    if isinstance(tried, SegueError):
        return f"{title}\nHubSpot doesn't give them: {tried}"
    if not tried:
        return f"{title}\nThere are none."
    counts = Counter(event.kind for one in tried for event in one.events)
    nothing = sum(1 for one in tried if not one.events)
    rows = ((machine(one.at), one.record, becomes(one)) for one in tried)
    kinds = [f"{number} {kind}" for kind, number in counts.most_common()]
    kinds += [f"{nothing} {NOTHING}"] if nothing else []
    return "\n".join(
        [
            table(title, ("at", "record", "becomes"), rows),
            f"Of {len(tried)} records: {', '.join(kinds)}",
        ]
    )


def becomes(one: Tried) -> str:
    """Write the events of a record with their properties."""
    events = [
        f"{event.kind}({', '.join(f'{name}={value}' for name, value in event.properties.items())})"
        for event in one.events
    ]
    return " + ".join(events) or NOTHING


def json_of(
    sources: Sources, own: Set, every: list[Source], progress: Progress
) -> dict[str, object]:
    """Give the same as `page_of` for programs."""
    return {
        "patterns": {
            name: {
                "value": one.value,
                "default": one.default,
                "own": name in own,
                "of": one.of.value,
                "description": one.description,
            }
            for name, one in sources.patterns.items()
        },
        "sources": {
            one.source: {
                "state": one.state,
                "records": one.records,
                "contacts_read": progress.get(one.source, (0, 0))[0],
                "contacts": progress.get(one.source, (0, 0))[1],
                "reason": one.reason,
            }
            for one in every
        },
    }


def json_of_trial(tried: list[Tried] | SegueError) -> object:
    """Give the same as `trial_of` for programs."""
    if isinstance(tried, SegueError):
        return {"refused": str(tried)}
    return [
        {
            "at": machine(one.at),
            "record": one.record,
            "events": [
                {"event": event.kind, "id": event.id, "properties": dict(event.properties)}
                for event in one.events
            ],
        }
        for one in tried
    ]


def json_of_version(version: Version) -> object:
    """Give a version for programs."""
    return {
        "version": version.version,
        "made_at": machine(version.made_at),
        "made_by": version.made_by,
        "patterns": version.target,
        "before": version.before,
        "after": version.after,
    }
