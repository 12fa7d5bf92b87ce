"""Which HubSpot record becomes which event: reads data/sources.yml and applies it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files

import yaml

from mappings.instants import to_ms
from mappings.model import (
    EmailEvent,
    Event,
    History,
    ObjectRecord,
    ObjectType,
    Submission,
)
from mappings.record_rules import ObjectSource, object_source
from mappings.records import PLAIN, Ground, record_events
from mappings.webinars import Participation

LONGEST_MARK = 200
WEBINAR = "webinar"


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
    participations: Mapping[str, str] = field(default_factory=dict)

    @property
    def restating(self) -> frozenset[str]:
        """Name the sources whose events follow what their records say later."""
        kinds = {kind.value for kind, source in self.objects.items() if source.restated}
        return frozenset(kinds | {WEBINAR})


@lru_cache(maxsize=1)
def load_sources() -> Sources:
    """Read what ships in mappings/data/sources.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/sources.yml").read_text("utf-8"))
    return Sources(
        objects={ObjectType(name): object_source(entry) for name, entry in data["objects"].items()},
        emails=data["emails"],
        forms=tuple(
            FormRule(rule["event"], tuple(rule["names"]), rule["properties"])
            for rule in data["forms"]
        ),
        contact_properties={
            name: (entry["event"], entry["property"])
            for name, entry in data["contact_properties"].items()
        },
        participations=data["participations"],
    )


def object_events(
    sources: Sources,
    record: ObjectRecord,
    items: Iterable[ObjectRecord] = (),
    changes: Iterable[datetime] = (),
    ground: Ground = PLAIN,
) -> list[Event]:
    """Turn a record into the events of its contacts (see mappings.records)."""
    return record_events(sources.objects, record, items, changes, ground)


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


def participation_event(sources: Sources, one: Participation) -> Event | None:
    """Turn what became of a contact at a webinar into an event; None where that is none."""
    kind = sources.participations.get(one.state)
    if kind is None:
        return None
    values = {"webinar": one.event_name, "seconds": "" if one.seconds is None else str(one.seconds)}
    held = {name: value for name, value in values.items() if value}
    name = f"{WEBINAR}:{one.event_id}:{one.state.lower()}"
    return Event(one.contact_id, name, kind, one.at, WEBINAR, held)


def property_event(
    sources: Sources,
    contact_id: int,
    change: tuple[str, str | None],
    at: datetime,
    before: str | None = None,
) -> Event | None:
    """Turn a contact's property change (name, value) into an event, where it is one.

    `before` is what the property was, where that is known: `from` of an event with a `to`.
    """
    name, value = change
    if name not in sources.contact_properties or not value:
        return None
    kind, where = sources.contact_properties[name]
    # PostgreSQL's indexes take no name of any length.
    mark = value if len(value) <= LONGEST_MARK else _digest(value)
    event_id = f"property:{name}:{to_ms(at)}:{mark}"
    was = {"from": before} if before and where == "to" else {}
    return Event(contact_id, event_id, kind, at, "property", {where: value, **was})


def history_events(sources: Sources, history: History) -> list[Event]:
    """Turn every version of a contact's properties into an event, with what stood before it."""
    made = []
    for name, versions in history.versions.items():
        before: str | None = None
        for value, at in versions:
            event = property_event(sources, history.contact_id, (name, value), at, before)
            made += [event] if event else []
            before = value or before  # a stage is cleared before it goes back
    return made


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
