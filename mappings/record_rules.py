"""What a HubSpot object's record becomes, as data/sources.yml declares it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LINE_ITEMS: Final = "@line_items"


@dataclass(frozen=True, slots=True)
class Pick:
    """Where a property of an event comes from: the first of `names` that holds anything.

    `how` is text (as it stands), milliseconds (a duration, given as seconds) or span (the seconds
    between the instants in the two `names`).
    """

    names: tuple[str, ...]
    how: str = "text"


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """One event that a record becomes.

    With `each`, one for every version of that property for which `when` and `unless` hold; with
    `becomes`, only for those at which they begin to hold.
    """

    event: str
    id: str
    at: tuple[str, ...]
    when: Mapping[str, tuple[str, ...]]
    properties: Mapping[str, Pick]
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    each: str = ""
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """What is read of an object type, and what its records become."""

    read: tuple[str, ...]
    items: bool  # whether its line items are events of their own
    restated: bool  # whether an event follows what the record says later
    rules: tuple[ObjectRule, ...]
    history: tuple[str, ...] = ()  # properties of which every version is read
    stage: str = ""  # the property that names the stage of a pipeline
    dates: frozenset[str] = frozenset()  # properties of HubSpot's type date
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    poll_minutes: int | None = None  # how often changes are asked for; None: webhooks tell of all

    @property
    def counts_items(self) -> bool:
        """Say whether it matters which line items a record has."""
        picks = [pick for rule in self.rules for pick in rule.properties.values()]
        return self.items or any(LINE_ITEMS in pick.names for pick in picks)


def object_source(entry: Mapping[str, Any]) -> ObjectSource:
    """Read one object type's entry."""
    return ObjectSource(
        read=tuple(entry["read"]),
        items=entry.get("items", False),
        restated=entry["restated"],
        rules=tuple(_rule(rule) for rule in entry["events"]),
        history=tuple(entry.get("history", ())),
        stage=entry.get("stage", ""),
        dates=frozenset(entry.get("dates", ())),
        words=entry.get("words", {}),
        poll_minutes=entry.get("poll_minutes"),
    )


def _rule(entry: Mapping[str, Any]) -> ObjectRule:
    return ObjectRule(
        event=entry["event"],
        id=entry["id"],
        at=tuple(entry["at"]),
        when=_conditions(entry.get("when", {})),
        properties={name: _pick(where) for name, where in entry["properties"].items()},
        unless=_conditions(entry.get("unless", {})),
        each=entry.get("each", ""),
        becomes=entry.get("becomes", ""),
    )


def _conditions(entry: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in entry.items()}


def _pick(where: Any) -> Pick:
    if isinstance(where, str):
        return Pick((where,))
    if isinstance(where, list):
        return Pick(tuple(where))
    if "milliseconds" in where:
        return Pick((where["milliseconds"],), "milliseconds")
    return Pick((where["from"], where["to"]), "span")
