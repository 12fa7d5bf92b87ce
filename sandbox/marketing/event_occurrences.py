"""Event occurrences: pages visited, forms seen and custom events, one record at a time."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request

from sandbox.clock import to_wire
from sandbox.errors import invalid
from sandbox.gate import portal, require, require_tier

from . import facts
from .asking import instant, whole
from .model import Occurrence

blueprint = Blueprint("event_occurrences", __name__)
_CONTACT_NAMES = ("contact", "contacts", "0-1")
_SORTS = ("occurredAt", "-occurredAt")
_STANDARD_TYPES = (
    "e_form_interaction_v2",
    "e_form_submission_v2",
    "e_form_view_v2",
    "e_visited_page",
)


@blueprint.get("/events/v3/events", strict_slashes=False)
@blueprint.get("/events/event-occurrences/2026-03", strict_slashes=False)
@require(*facts.OCCURRENCE_SCOPES)
@require_tier("enterprise")
def list_occurrences() -> dict[str, object]:
    """Page through one record's occurrences; there is no stream of a whole account's."""
    found = _in_order([o for o in _of_record() if _is_wanted(o)])
    limit = min(whole("limit", facts.OCCURRENCES_PAGE_DEFAULT), facts.OCCURRENCES_PAGE_MAX)
    start = _start_after(found)
    page = found[start : start + limit]
    shown: dict[str, object] = {"results": [_occurrence_json(o) for o in page]}
    if start + limit < len(found):
        shown["paging"] = {"next": {"after": page[-1].id}}
    return shown


@blueprint.get("/events/v3/events/event-types")
@blueprint.get("/events/event-occurrences/2026-03/event-types")
@require(*facts.OCCURRENCE_SCOPES)
@require_tier("enterprise")
def list_event_types() -> dict[str, object]:
    """Name the event types that the portal can ask for."""
    seen = {o.event_type for record in portal().marketing.occurrences.values() for o in record}
    return {"eventTypes": sorted(seen | set(_STANDARD_TYPES))}


def _of_record() -> Sequence[Occurrence]:
    """Find the occurrences of the record that the query names."""
    args = request.args
    kept = portal().marketing.occurrences
    wanted_ids = set(args.getlist("id"))
    if wanted_ids:
        return [o for record in kept.values() for o in record if o.id in wanted_ids]
    object_type = args.get("objectType")
    if object_type is None:
        raise invalid("objectType is required unless ids of occurrences are given")
    if object_type.lower() not in _CONTACT_NAMES:
        raise invalid(f"Unable to infer object type from: {object_type}")
    object_id = args.get("objectId") or _id_by_property()
    return kept.get(object_id, []) if object_id else []


def _id_by_property() -> str | None:
    """Find the contact by the unique property that `objectProperty.{name}` names."""
    for name, value in request.args.items():
        if name == "objectProperty.email":
            contact = portal().contacts.by_email(value)
            return contact.id if contact else None
        if name.startswith("objectProperty."):
            raise invalid(f"{name} does not name a unique property of contacts")
    raise invalid("objectId or objectProperty is required with objectType")


def _is_wanted(occurrence: Occurrence) -> bool:
    args = request.args
    after, before = instant("occurredAfter"), instant("occurredBefore")
    wanted_properties = {
        name.removeprefix("property."): value
        for name, value in args.items()
        if name.startswith("property.")
    }
    return (
        args.get("eventType", occurrence.event_type) == occurrence.event_type
        and (after is None or occurrence.occurred_at > after)
        and (before is None or occurrence.occurred_at < before)
        and all(occurrence.properties.get(n) == v for n, v in wanted_properties.items())
    )


def _in_order(found: list[Occurrence]) -> list[Occurrence]:
    sort = request.args.get("sort", "-occurredAt")
    if sort not in _SORTS:
        raise invalid(f"sort must be one of {', '.join(_SORTS)}, was {sort}")
    return sorted(found, reverse=sort.startswith("-"))


def _start_after(found: list[Occurrence]) -> int:
    after = request.args.get("after")
    if after is None:
        return 0
    for place, occurrence in enumerate(found):
        if occurrence.id == after:
            return place + 1
    raise invalid("after is not one that a previous call returned")


def _occurrence_json(occurrence: Occurrence) -> dict[str, object]:
    asked = [n for names in request.args.getlist("properties") for n in names.split(",")]
    return {
        "id": occurrence.id,
        "eventType": occurrence.event_type,
        "objectType": occurrence.object_type,
        "objectId": occurrence.object_id,
        "occurredAt": to_wire(occurrence.occurred_at),
        "properties": {
            name: value
            for name, value in occurrence.properties.items()
            if not asked or name in asked
        },
    }
