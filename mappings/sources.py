"""Which HubSpot record becomes which event: reads data/sources.yml and applies it."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from mappings.catalogue import Kind, load_catalogue
from mappings.instants import to_ms
from mappings.machines import Machines, marked, read_machines, shown_by
from mappings.model import (
    ConsentChange,
    ConsentState,
    EmailEvent,
    Event,
    ObjectRecord,
    ObjectType,
    Submission,
)
from mappings.patterns import Pattern, Set, assigned, fits, read_patterns, with_set
from mappings.stages import placed
from mappings.values import Unreadable, instant

LONGEST_MARK = 200
CONSENT_KINDS = {
    ConsentState.SUBSCRIBED: "subscribed",
    ConsentState.UNSUBSCRIBED: "email_unsubscribed",
}


@dataclass(frozen=True, slots=True)
class ObjectRule:
    """One event that a record becomes."""

    event: str
    id: str
    at: tuple[str, ...]
    when: Mapping[str, tuple[str, ...]]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """What is read of an object type, and what its records become."""

    read: tuple[str, ...]
    items: bool  # whether its line items are events of their own
    restated: bool  # whether an event follows what the record says later
    rules: tuple[ObjectRule, ...]


@dataclass(frozen=True, slots=True)
class FormRule:
    """What a submission is beside form_submitted, where the form fits the patterns."""

    event: str
    patterns: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OccurrenceRule:
    """What event occurrences of these types are; of HubSpot's properties the first counts."""

    names: tuple[str, ...]
    event: str
    properties: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PageRule:
    """What a visit to a page is beside page_viewed, where its address fits the patterns."""

    category: str
    patterns: str
    event: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """All of data/sources.yml, with what a portal has set in `patterns`.

    `contact_properties`: name -> (event kind, its property); `kinds` is the event catalogue.
    """

    objects: Mapping[ObjectType, ObjectSource]
    emails: Mapping[str, str]
    forms: tuple[FormRule, ...]
    contact_properties: Mapping[str, tuple[str, str]]
    occurrences: tuple[OccurrenceRule, ...]
    pages: tuple[PageRule, ...]
    machines: Machines
    patterns: Mapping[str, Pattern]
    kinds: Mapping[str, Kind]

    @property
    def restating(self) -> frozenset[str]:
        """Name the sources whose events follow what their records say later.

        An occurrence never changes, but what its page is for does, with the patterns.
        """
        objects = {kind.value for kind, source in self.objects.items() if source.restated}
        return frozenset({*objects, "occurrence"})

    def with_own(self, own: Set) -> "Sources":
        """Give the sources of a portal that has set these patterns."""
        return replace(self, patterns=with_set(self.patterns, own)) if own else self


@lru_cache(maxsize=1)
def load_sources() -> Sources:
    """Read what ships in mappings/data/sources.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/sources.yml").read_text("utf-8"))
    return Sources(
        objects={
            ObjectType(name): ObjectSource(
                read=tuple(entry["read"]),
                items=entry["items"],
                restated=entry["restated"],
                rules=tuple(_object_rule(rule) for rule in entry["events"]),
            )
            for name, entry in data["objects"].items()
        },
        emails=data["emails"],
        forms=tuple(
            FormRule(rule["event"], rule["patterns"], rule["properties"]) for rule in data["forms"]
        ),
        contact_properties={
            name: (entry["event"], entry["property"])
            for name, entry in data["contact_properties"].items()
        },
        occurrences=tuple(_occurrence_rule(rule) for rule in data["occurrences"]),
        pages=tuple(
            PageRule(
                rule["category"],
                rule["patterns"],
                rule.get("event", ""),
                rule.get("properties", {}),
            )
            for rule in data["pages"]
        ),
        machines=read_machines(data["machines"]),
        patterns=read_patterns(data["patterns"]),
        kinds=load_catalogue().kinds,
    )


def _object_rule(entry: dict[str, Any]) -> ObjectRule:
    return ObjectRule(
        event=entry["event"],
        id=entry["id"],
        at=tuple(entry["at"]),
        when={name: tuple(values) for name, values in entry.get("when", {}).items()},
        properties=entry["properties"],
    )


def _occurrence_rule(entry: dict[str, Any]) -> OccurrenceRule:
    properties = {name: tuple(names) for name, names in entry["properties"].items()}
    return OccurrenceRule(tuple(entry["names"]), entry["event"], properties)


def object_events(
    sources: Sources,
    record: ObjectRecord,
    items: Iterable[ObjectRecord] = (),
    changes: Iterable[datetime] = (),
) -> list[Event]:
    """Turn a record into the events of its contacts; none where it has no contact.

    `items` are its line items; `changes` the instants at which HubSpot says it changed.
    """
    record = placed(sources.patterns, record)
    source = sources.objects.get(record.type)
    contacts = record.associated.get(ObjectType.CONTACT, ())
    if source is None or not contacts:
        return []
    instants = frozenset(changes) or frozenset({record.updated_at})
    made: list[Event] = []
    for rule in source.rules:
        if _applies(rule, record):
            made += _of_rule(rule, record, contacts, instants)
    if source.items:
        made += _item_events(sources, record, list(items), made)
    return made


def _applies(rule: ObjectRule, record: ObjectRecord) -> bool:
    return all(
        (record.properties.get(name) or "").strip().lower() in values
        for name, values in rule.when.items()
    )


def _of_rule(
    rule: ObjectRule,
    record: ObjectRecord,
    contacts: tuple[int, ...],
    changes: frozenset[datetime],
) -> list[Event]:
    words = {"@id": str(record.object_id), "@line_items": _line_items(record)}
    made = []
    for at in _instants(rule, record, changes):
        marks = words | {"@at_ms": str(to_ms(at))}
        name = _spell(rule.id, marks)
        values = _values(rule.properties, marks, record.properties)
        made += [
            Event(contact_id, name, rule.event, at, record.type.value, values)
            for contact_id in contacts
        ]
    return made


def _instants(
    rule: ObjectRule, record: ObjectRecord, changes: frozenset[datetime]
) -> list[datetime]:
    if rule.at == ("@changes",):
        # The creation is an event of its own: a change at the same instant is no second one.
        return sorted(change for change in changes if change > record.created_at)
    for name in rule.at:
        if name == "@created":
            return [record.created_at]
        if name == "@updated":
            return [record.updated_at]
        with suppress(Unreadable):
            return [instant(record.properties.get(name))]
    return []


def _item_events(
    sources: Sources, record: ObjectRecord, items: list[ObjectRecord], made: list[Event]
) -> list[Event]:
    parents = [event for event in made if event.kind == "purchase"]
    rules = sources.objects[ObjectType.LINE_ITEM].rules
    events = []
    for parent in parents:
        for item in items:
            marks = {
                "@id": str(item.object_id),
                "@parent": parent.id,
                "@parent_id": str(record.object_id),
            }
            for rule in rules:
                values = _values(rule.properties, marks, item.properties)
                name = _spell(rule.id, marks)
                events.append(
                    Event(parent.contact_id, name, rule.event, parent.at, "line_item", values)
                )
    return events


def _line_items(record: ObjectRecord) -> str:
    items = record.associated.get(ObjectType.LINE_ITEM)
    return str(len(items)) if items else ""


def _spell(pattern: str, marks: Mapping[str, str]) -> str:
    for mark in sorted(marks, key=len, reverse=True):
        pattern = pattern.replace(mark, marks[mark])
    return pattern


def _values(
    wanted: Mapping[str, str], marks: Mapping[str, str], given: Mapping[str, str | None]
) -> dict[str, str]:
    values = {}
    for name, where in wanted.items():
        value = marks.get(where, "") if where.startswith("@") else given.get(where)
        if value is not None and value.strip():
            values[name] = value.strip()
    return values


def email_events(sources: Sources, record: EmailEvent) -> list[Event]:
    """Turn a marketing e-mail event into ours, their `contact_id` still 0; none if no kind.

    HubSpot tells apart e-mail events by (created, id): an id alone may come again. A change of
    subscriptions is one event for each of them, named as the subscription's own status names it.
    """
    kind = sources.emails.get(record.type)
    if kind is None:
        return []
    if record.subscriptions:
        made = [consent_event(each, record.campaign_id) for each in record.subscriptions]
        return [event for event in made if event is not None]
    values = {"email": record.campaign_name or record.campaign_id, "campaign": record.campaign_id}
    values = {} if kind == "subscribed" else values
    if kind in ("email_opened", "email_clicked"):
        values = marked(values, shown_by(sources.machines, record))
    if kind == "email_clicked" and record.url:
        values["url"] = record.url
    name = f"email:{to_ms(record.created_at)}:{record.id}"
    return [Event(0, name, kind, record.created_at, "email", values)]


def consent_event(change: ConsentChange, campaign_id: str = "") -> Event | None:
    """Turn what an address said of a kind of e-mail into an event, its `contact_id` still 0.

    None where it said nothing. The same change gives the same event, told by whichever source.
    """
    kind = CONSENT_KINDS.get(change.state)
    if kind is None:
        return None
    values = {"subscription": change.name or change.subscription_id}
    if campaign_id and kind == "email_unsubscribed":
        values["campaign"] = campaign_id
    name = f"consent:{change.subscription_id}:{to_ms(change.at)}:{kind}"
    return Event(0, name, kind, change.at, "consent", values)


def submission_stem(submission: Submission) -> str:
    """Name a submission; the ids of its events begin with it.

    Where HubSpot gives no conversion id, form, instant and address name the submission.
    """
    key = submission.conversion_id or _digest(
        submission.form.form_id, str(to_ms(submission.submitted_at)), submission.email or ""
    )
    return f"form:{key}"


def submission_events(sources: Sources, submission: Submission) -> list[Event]:
    """Turn a form submission into events, their `contact_id` still 0."""
    form = submission.form
    stem = submission_stem(submission)
    marks = {
        "@form_id": form.form_id,
        "@form_name": form.name,
        "@url": submission.page_url,
    }
    base = {"form_id": "@form_id", "form_name": "@form_name", "url": "@url"}
    made = [("form_submitted", stem, _values(base, marks, {}))]
    for rule in sources.forms:
        if fits(sources.patterns[rule.patterns].value, form.name, form.form_id):
            values = _values(rule.properties, marks, {})
            made.append((rule.event, f"{stem}:{rule.event}", values))
    return [
        Event(0, name, kind, submission.submitted_at, "form", values) for kind, name, values in made
    ]


def property_events(
    sources: Sources, contact_id: int, change: tuple[str, str | None], at: datetime
) -> list[Event]:
    """Turn a contact's property change (name, value) into events: ours, and the portal's own."""
    ours = property_event(sources, contact_id, change, at)
    made = [ours] if ours else []
    name, value = change
    if not value:
        return made
    patterns = sources.patterns["property_events"].value
    kinds = assigned(patterns, name, f"{name}={value}")
    return made + [_of_change(sources, contact_id, (name, value, kind), at) for kind in kinds]


def _of_change(
    sources: Sources, contact_id: int, change: tuple[str, str, str], at: datetime
) -> Event:
    """Make the event of a kind of a change; the kind's first property holds the new value."""
    name, value, kind = change
    known = sources.kinds.get(kind)
    where = next(iter(known.properties), "") if known else "value"
    values = {where: value} if where else {}
    event_id = f"property:{name}:{to_ms(at)}:{_mark(value)}:{kind}"
    return Event(contact_id, event_id, kind, at, "property", values)


def property_event(
    sources: Sources, contact_id: int, change: tuple[str, str | None], at: datetime
) -> Event | None:
    """Turn a contact's property change (name, value) into an event of ours, where it is one."""
    name, value = change
    if name not in sources.contact_properties or not value:
        return None
    kind, where = sources.contact_properties[name]
    event_id = f"property:{name}:{to_ms(at)}:{_mark(value)}"
    return Event(contact_id, event_id, kind, at, "property", {where: value})


def _mark(value: str) -> str:
    """Shorten a value for a name: PostgreSQL's indexes take no name of any length."""
    return value if len(value) <= LONGEST_MARK else _digest(value)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
