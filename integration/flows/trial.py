"""Show what the newest records of a source become by the patterns of a portal, changing nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from integration.flows.one_by_one import STIRRING
from integration.flows.pages import addressed
from integration.flows.reading import read_page
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.store import activity, contacts
from mappings.instants import from_ms
from mappings.model import Event, Lane, ObjectRecord, ObjectType, Occurrence
from mappings.occurrences import occurrence_events
from mappings.sources import Sources, object_events, submission_events
from mappings.stages import places_of

MOST: Final = 100
FORMS_LOOKED_AT: Final = 50
CONTACTS_LOOKED_AT: Final = 20
LATELY: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tried:
    """One record and the events it would become; `record` says what it is, in a few words."""

    at: datetime
    record: str
    events: tuple[Event, ...]


def try_out(tools: Tools, portal_id: int, source: str, sources: Sources) -> list[Tried]:
    """Give the newest records of a source, newest first, with what they become by `sources`.

    At most a hundred of them. Raises what HubSpot's refusals raise.
    """
    found = SOURCES[source](tools, portal_id, sources)
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


def _emails(tools: Tools, portal_id: int, sources: Sources) -> Iterable[Tried]:
    hub = tools.hub(portal_id, Lane.LIVE)
    found, _, _ = hub.emails.page(from_ms(0), tools.now(), limit=MOST)
    for one in found:
        events = tuple(stray.event for stray in addressed(sources, [one], {}))
        what = f"{one.type} campaign {one.campaign_id or '-'} {one.url}".strip()
        yield Tried(one.created_at, what, events)


def _forms(tools: Tools, portal_id: int, sources: Sources) -> Iterable[Tried]:
    hub = tools.hub(portal_id, Lane.LIVE)
    for form in hub.forms.forms()[:FORMS_LOOKED_AT]:
        found, _ = hub.forms.submissions(form)
        for one in found:
            events = tuple(submission_events(sources, one))
            yield Tried(one.submitted_at, f"form {form.name} ({form.form_id})", events)


def _deals(tools: Tools, portal_id: int, sources: Sources) -> Iterable[Tried]:
    after: str | None = None
    records: list[ObjectRecord] = []
    for _ in range(10):
        page, after = read_page(tools, portal_id, ObjectType.DEAL, after)
        records += page
        if after is None:
            break
    for one in records:
        # Nobody's deal is no event; here it's what the deal itself becomes that counts.
        shown = replace(one, associated={**one.associated, ObjectType.CONTACT: (0,)})
        events = tuple(object_events(sources, shown))
        yield Tried(one.updated_at, f"deal in {' = '.join(places_of(one))}", events)


def _occurrences(tools: Tools, portal_id: int, sources: Sources) -> Iterable[Tried]:
    hub = tools.hub(portal_id, Lane.LIVE)
    for one in _of_the_last_active(tools, portal_id, hub):
        url = one.properties.get("hs_url", "")
        events = tuple(occurrence_events(sources, one))
        yield Tried(one.occurred_at, f"{one.type} {url}".strip(), events)


def _of_the_last_active(tools: Tools, portal_id: int, hub: HubSpot) -> Iterable[Occurrence]:
    since = tools.now() - LATELY
    with tools.store.read() as connection:
        active = activity.active_since(connection, portal_id, STIRRING, since)
        others = contacts.live_ids_after(connection, portal_id, -1, CONTACTS_LOOKED_AT)
    known = dict.fromkeys([*sorted(active, key=active.__getitem__, reverse=True), *others])
    for contact_id in list(known)[:CONTACTS_LOOKED_AT]:
        found, _ = hub.occurrences.page(contact_id, None, None, None)
        yield from found


Try = Callable[[Tools, int, Sources], Iterable[Tried]]
SOURCES: Final[dict[str, Try]] = {
    "forms": _forms,
    "emails": _emails,
    "deals": _deals,
    "occurrences": _occurrences,
}
