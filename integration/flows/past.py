"""Pages of what contacts' properties were: every change of a property that is an event.

Read once; webhooks tell of the changes after that. Cursor: `above`, the highest contact id read.
"""

from integration.flows.page import Page, cursor_of
from integration.flows.tools import Tools
from integration.store import contacts
from integration.store.sync import Source
from mappings.model import Lane
from mappings.sources import history_events

AT_ONCE = 50  # contacts a call, where their history is asked for


def read_past_page(tools: Tools, source: Source) -> Page:
    """Read the history of the next contacts by id."""
    above = cursor_of(source).get("above", 0)
    with tools.store.read() as connection:
        ids = contacts.live_ids_after(connection, source.portal_id, above, AT_ONCE)
    names = sorted(tools.sources.contact_properties)
    if not ids or not names:
        return Page({"above": above}, 0, True)
    found = tools.hub(source.portal_id, Lane.BULK).contacts.histories(ids, names)
    events = [event for history in found for event in history_events(tools.sources, history)]
    last = len(ids) < AT_ONCE
    return Page({"above": ids[-1]}, len(ids), last, events=tuple(events))
