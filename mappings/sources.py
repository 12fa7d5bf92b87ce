"""Which HubSpot record becomes which event: reads data/sources.yml and applies it."""

import hashlib
from collections.abc import Iterable, Mapping
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
    History,
    ObjectRecord,
    ObjectType,
    Submission,
)
from mappings.patterns import Pattern, Set, assigned, fits, read_patterns, with_set
from mappings.record_rules import ObjectSource, object_source
from mappings.records import PLAIN, Ground, record_events
from mappings.stages import placed
from mappings.webinars import Participation

LONGEST_MARK = 200
WEBINAR = "webinar"
CONSENT_KINDS = {
    ConsentState.SUBSCRIBED: "subscribed",
    ConsentState.UNSUBSCRIBED: "email_unsubscribed",
}


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
    participations: Mapping[str, str]
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
        return frozenset({*objects, "occurrence", WEBINAR})

    def with_own(self, own: Set) -> "Sources":
        """Give the sources of a portal that has set these patterns."""
        return replace(self, patterns=with_set(self.patterns, own)) if own else self


@lru_cache(maxsize=1)
def load_sources() -> Sources:
    """Read what ships in mappings/data/sources.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/sources.yml").read_text("utf-8"))
    return Sources(
        objects={ObjectType(name): object_source(entry) for name, entry in data["objects"].items()},
        emails=data["emails"],
        forms=tuple(
            FormRule(rule["event"], rule["patterns"], rule["properties"]) for rule in data["forms"]
        ),
        contact_properties={
            name: (entry["event"], entry["property"])
            for name, entry in data["contact_properties"].items()
        },
        participations=data["participations"],
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


def _occurrence_rule(entry: dict[str, Any]) -> OccurrenceRule:
    properties = {name: tuple(names) for name, names in entry["properties"].items()}
    return OccurrenceRule(tuple(entry["names"]), entry["event"], properties)


def object_events(
    sources: Sources,
    record: ObjectRecord,
    items: Iterable[ObjectRecord] = (),
    changes: Iterable[datetime] = (),
    ground: Ground = PLAIN,
) -> list[Event]:
    """Turn a record into the events of its contacts (see mappings.records)."""
    record = placed(sources.patterns, record)
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


def participation_event(sources: Sources, one: Participation) -> Event | None:
    """Turn what became of a contact at a webinar into an event; None where that is none."""
    kind = sources.participations.get(one.state)
    if kind is None:
        return None
    values = {"webinar": one.event_name, "seconds": "" if one.seconds is None else str(one.seconds)}
    held = {name: value for name, value in values.items() if value}
    name = f"{WEBINAR}:{one.event_id}:{one.state.lower()}"
    return Event(one.contact_id, name, kind, one.at, WEBINAR, held)


def property_events(
    sources: Sources,
    contact_id: int,
    change: tuple[str, str | None],
    at: datetime,
    before: str | None = None,
) -> list[Event]:
    """Turn a contact's property change (name, value) into events: ours, and the portal's own.

    `before` is what the property was, where that is known.
    """
    ours = property_event(sources, contact_id, change, at, before)
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
    sources: Sources,
    contact_id: int,
    change: tuple[str, str | None],
    at: datetime,
    before: str | None = None,
) -> Event | None:
    """Turn a contact's property change (name, value) into an event of ours, where it is one.

    `before` becomes `from` of an event with a `to`.
    """
    name, value = change
    if name not in sources.contact_properties or not value:
        return None
    kind, where = sources.contact_properties[name]
    event_id = f"property:{name}:{to_ms(at)}:{_mark(value)}"
    was = {"from": before} if before and where == "to" else {}
    return Event(contact_id, event_id, kind, at, "property", {where: value, **was})


def history_events(sources: Sources, history: History) -> list[Event]:
    """Turn every version of a contact's properties into events, with what stood before it."""
    made: list[Event] = []
    for name, versions in history.versions.items():
        before: str | None = None
        for value, at in versions:
            made += property_events(sources, history.contact_id, (name, value), at, before)
            before = value or before  # a stage is cleared before it goes back
    return made


def _mark(value: str) -> str:
    """Shorten a value for a name: PostgreSQL's indexes take no name of any length."""
    return value if len(value) <= LONGEST_MARK else _digest(value)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
