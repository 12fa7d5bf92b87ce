"""Which events a HubSpot object's record becomes: the rules of data/sources.yml, applied."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from mappings.instants import to_ms
from mappings.model import Event, ObjectRecord, ObjectType
from mappings.moments import moment, seconds_between
from mappings.pipelines import Stage
from mappings.record_rules import LINE_ITEMS, ObjectRule, ObjectSource, Pick
from mappings.values import Unreadable

Values = Mapping[str, str | None]
CLOSED: Final = "@closed"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a record is read with: the portal's time zone, and the stages of its pipelines by id."""

    zone: str = "UTC"
    stages: Mapping[str, Stage] = field(default_factory=dict)


PLAIN: Final = Ground()


@dataclass(frozen=True, slots=True)
class _Sight:
    """A record as one rule looks at it: what it says, what the marks stand for, since when."""

    source: ObjectSource
    given: Values
    marks: Mapping[str, str]
    ground: Ground
    at: datetime

    def text(self, name: str) -> str:
        """Give what a property or mark holds, "" for nothing."""
        found = self.marks.get(name) if name.startswith("@") else self.given.get(name)
        text = (found or "").strip()
        return self.source.words.get(name, {}).get(text, text)

    def fits(self, rule: ObjectRule) -> bool:
        """Say whether the rule's conditions hold."""
        wanted = all(self._is(name, values) for name, values in rule.when.items())
        return wanted and not any(self._is(name, values) for name, values in rule.unless.items())

    def _is(self, name: str, values: tuple[str, ...]) -> bool:
        return self.text(name).lower() in values

    def instant(self, name: str) -> datetime:
        """Read an instant; Unreadable where there is none."""
        return moment(self.text(name), self.ground.zone, is_date=name in self.source.dates)

    def pick(self, pick: Pick) -> str:
        """Give what a property of the event holds, "" for nothing."""
        with suppress(Unreadable, InvalidOperation):
            if pick.how == "span":
                return str(seconds_between(*(self.instant(name) for name in pick.names)))
            if pick.how == "milliseconds":
                return format(Decimal(self.text(pick.names[0])) / 1000, "f")
            return next((text for name in pick.names if (text := self.text(name))), "")
        return ""


def record_events(
    objects: Mapping[ObjectType, ObjectSource],
    record: ObjectRecord,
    items: Iterable[ObjectRecord] = (),
    changes: Iterable[datetime] = (),
    ground: Ground = PLAIN,
) -> list[Event]:
    """Turn a record into the events of its contacts; none where it has no contact.

    `items` are its line items; `changes` the instants at which HubSpot says it changed.
    """
    source = objects.get(record.type)
    contacts = record.associated.get(ObjectType.CONTACT, ())
    if source is None or not contacts:
        return []
    made: dict[tuple[int, str], Event] = {}
    told = frozenset(changes) or frozenset({record.updated_at})
    for rule in source.rules:
        for sight in _sights(source, rule, record, ground):
            for event in _of_rule(rule, record, sight, told):
                for contact_id in contacts:
                    # Two rules may say the same of a record: the first one stands.
                    made.setdefault((contact_id, event.id), replace(event, contact_id=contact_id))
    events = list(made.values())
    if source.items:
        events += _item_events(objects[ObjectType.LINE_ITEM], record, list(items), events)
    return events


def _sights(
    source: ObjectSource, rule: ObjectRule, record: ObjectRecord, ground: Ground
) -> Iterator[_Sight]:
    """Look at a record as it is, or as it was since each version of the rule's property."""
    watched = rule.each or rule.becomes
    if not watched:
        sight = _sight(source, record, record.properties, record.updated_at, ground)
        if sight.fits(rule):
            yield sight
        return
    held = False
    for value, at in record.history.get(watched, ()):
        sight = _sight(source, record, {**record.properties, watched: value}, at, ground)
        fits = sight.fits(rule)
        if fits and not (held and rule.becomes):
            yield sight
        held = fits


def _sight(
    source: ObjectSource, record: ObjectRecord, given: Values, at: datetime, ground: Ground
) -> _Sight:
    items = record.associated.get(ObjectType.LINE_ITEM)
    marks = {"@id": str(record.object_id), LINE_ITEMS: str(len(items)) if items else ""}
    stage = ground.stages.get(given.get(source.stage) or "")
    if stage is not None:
        closed = "true" if stage.is_closed else "false"
        marks |= {"@stage": stage.label, "@pipeline": stage.pipeline, CLOSED: closed}
    return _Sight(source, given, marks, ground, at)


def _of_rule(
    rule: ObjectRule, record: ObjectRecord, sight: _Sight, told: frozenset[datetime]
) -> Iterator[Event]:
    for at in _instants(rule, record, sight, told):
        marks = {**sight.marks, "@at_ms": str(to_ms(at))}
        values = {name: sight.pick(pick) for name, pick in rule.properties.items()}
        held = {name: value for name, value in values.items() if value}
        yield Event(0, _spell(rule.id, marks, sight.given), rule.event, at, record.type.value, held)


def _instants(
    rule: ObjectRule, record: ObjectRecord, sight: _Sight, told: frozenset[datetime]
) -> list[datetime]:
    if rule.at == ("@changes",):
        # The creation is an event of its own: a change at the same instant is no second one.
        return sorted(change for change in told if change > record.created_at)
    named = {"@created": record.created_at, "@updated": record.updated_at, "@version": sight.at}
    for name in rule.at:
        if name in named:
            return [named[name]]
        with suppress(Unreadable):
            return [sight.instant(name)]
    return []


def _item_events(
    source: ObjectSource, record: ObjectRecord, items: list[ObjectRecord], made: list[Event]
) -> list[Event]:
    events = []
    for parent in (event for event in made if event.kind == "purchase"):
        for item in items:
            marks = {
                "@id": str(item.object_id),
                "@parent": parent.id,
                "@parent_id": str(record.object_id),
            }
            sight = _Sight(source, item.properties, marks, PLAIN, parent.at)
            for rule in source.rules:
                values = {name: sight.pick(pick) for name, pick in rule.properties.items()}
                held = {name: value for name, value in values.items() if value}
                name = _spell(rule.id, marks, item.properties)
                events.append(
                    Event(parent.contact_id, name, rule.event, parent.at, "line_item", held)
                )
    return events


def _spell(pattern: str, marks: Mapping[str, str], given: Values) -> str:
    """Write an event's id: marks, and properties in braces, stand for what they hold."""
    for name in sorted(marks, key=len, reverse=True):
        pattern = pattern.replace(name, marks[name])
    if "{" in pattern:
        pattern = pattern.format_map({name: value or "" for name, value in given.items()})
    return pattern
