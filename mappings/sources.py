"""Which HubSpot record becomes which event: reads data/sources.yml and applies it."""

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from mappings.instants import to_ms
from mappings.model import (
    EmailEvent,
    Event,
    ObjectRecord,
    ObjectType,
    Submission,
)
from mappings.values import Unreadable, happened

LONGEST_MARK = 200


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
    """What a submission is beside form_submitted, where the form's name fits."""

    event: str
    names: tuple[str, ...]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sources:
    """All of data/sources.yml. `contact_properties`: name -> (event kind, its property)."""

    objects: Mapping[ObjectType, ObjectSource]
    emails: Mapping[str, str]
    forms: tuple[FormRule, ...]
    contact_properties: Mapping[str, tuple[str, str]]

    @property
    def restating(self) -> frozenset[str]:
        """Name the sources whose events follow what their records say later."""
        return frozenset(kind.value for kind, source in self.objects.items() if source.restated)


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
            FormRule(rule["event"], tuple(rule["names"]), rule["properties"])
            for rule in data["forms"]
        ),
        contact_properties={
            name: (entry["event"], entry["property"])
            for name, entry in data["contact_properties"].items()
        },
    )


def _object_rule(entry: dict[str, Any]) -> ObjectRule:
    return ObjectRule(
        event=entry["event"],
        id=entry["id"],
        at=tuple(entry["at"]),
        when={name: tuple(values) for name, values in entry.get("when", {}).items()},
        properties=entry["properties"],
    )


def object_events(
    sources: Sources,
    record: ObjectRecord,
    items: Iterable[ObjectRecord] = (),
    changes: Iterable[datetime] = (),
) -> list[Event]:
    """Turn a record into the events of its contacts; none where it has no contact.

    `items` are its line items; `changes` the instants at which HubSpot says it changed.
    """
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
            return [happened(record.properties.get(name))]
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


def email_event(sources: Sources, record: EmailEvent) -> Event | None:
    """Turn a marketing e-mail event into one of ours, its `contact_id` still 0; None if no kind.

    HubSpot tells apart e-mail events by (created, id): an id alone may come again.
    """
    kind = sources.emails.get(record.type)
    if kind is None:
        return None
    values = {"email": record.campaign_name or record.campaign_id, "campaign": record.campaign_id}
    if kind in ("email_opened", "email_clicked"):
        values["machine"] = "yes" if record.filtered else "no"
    if kind == "email_clicked" and record.url:
        values["url"] = record.url
    name = f"email:{to_ms(record.created_at)}:{record.id}"
    return Event(0, name, kind, record.created_at, "email", values)


def submission_events(sources: Sources, submission: Submission) -> list[Event]:
    """Turn a form submission into events, their `contact_id` still 0.

    Where HubSpot gives no conversion id, form, instant and address name the submission.
    """
    form = submission.form
    key = submission.conversion_id or _digest(
        form.form_id, str(to_ms(submission.submitted_at)), submission.email or ""
    )
    marks = {
        "@form_id": form.form_id,
        "@form_name": form.name,
        "@url": submission.page_url,
    }
    base = {"form_id": "@form_id", "form_name": "@form_name", "url": "@url"}
    made = [("form_submitted", f"form:{key}", _values(base, marks, {}))]
    for rule in sources.forms:
        if any(fnmatchcase(form.name.casefold(), name.casefold()) for name in rule.names):
            values = _values(rule.properties, marks, {})
            made.append((rule.event, f"form:{key}:{rule.event}", values))
    return [
        Event(0, name, kind, submission.submitted_at, "form", values) for kind, name, values in made
    ]


def property_event(
    sources: Sources, contact_id: int, change: tuple[str, str | None], at: datetime
) -> Event | None:
    """Turn a contact's property change (name, value) into an event, where it is one."""
    name, value = change
    if name not in sources.contact_properties or not value:
        return None
    kind, where = sources.contact_properties[name]
    # PostgreSQL's indexes take no name of any length.
    mark = value if len(value) <= LONGEST_MARK else _digest(value)
    event_id = f"property:{name}:{to_ms(at)}:{mark}"
    return Event(contact_id, event_id, kind, at, "property", {where: value})


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
