"""From what is known of a portal to the rows of its page: pure."""

from datetime import datetime

from console.pages.facts import Facts
from console.pages.links import list_page
from console.pages.view import DeliveryRow, SegmentRow, SourceRow, Standing
from console.pages.words import DELIVERY_STATES, SOURCE_NAMES, STATES, SYNC_STATES, segment_name
from console.times import number, plural
from integration.store.overview import Heard
from integration.store.segments import SegmentList
from integration.store.sync import Source
from mappings.model import PortalState

SHARED = "spoke of other accounts too"


def standing(facts: Facts) -> Standing:
    """Say how the portal stands."""
    state = facts.portal.state
    name, words = STATES[state]
    return Standing(state.value, name, words, facts.portal.reason)


def changing(facts: Facts) -> str:
    """Say how far a change of the rules has come; nothing where none is under way."""
    recount = facts.recount
    if recount.target is None:
        return ""
    return (
        f"The rules are changing to version {recount.target}: "
        f"{number(min(recount.looked_at, recount.total))} of "
        f"{plural(recount.total, 'contact', 'contacts')} looked at, "
        f"{plural(recount.moved, 'membership', 'memberships')} changed. Contacts not reached yet "
        "stand where they stood."
    )


def source_rows(facts: Facts) -> tuple[SourceRow, ...]:
    """Say how far each source was read."""
    return tuple(_source(source) for source in facts.sources)


def _source(source: Source) -> SourceRow:
    state = source.state
    if state == "done" and source.finished_at is None:
        state = "waiting"
    if source.reason and state != "off":
        state = "again"
    return SourceRow(
        name=SOURCE_NAMES.get(source.source, source.source),
        state=state,
        words=SYNC_STATES.get(state, state),
        records=source.records,
        reason=source.reason,
    )


def segment_rows(facts: Facts) -> tuple[SegmentRow, ...]:
    """Hold each segment's size here against its list; those no longer in the rules come last."""
    gone = sorted(set(facts.lists) - set(facts.book.segments))
    return tuple(_segment(facts, key) for key in [*facts.book.segments, *gone])


def _segment(facts: Facts, key: str) -> SegmentRow:
    segment, kept = facts.book.segments.get(key), facts.lists.get(key)
    here = facts.sizes.get(key, 0)
    state, words = _list_words(facts, key, here, kept)
    return SegmentRow(
        name=segment_name(key, facts.book),
        description=segment.description if segment else "No longer in the rules.",
        here=here,
        there=kept.size if kept else None,
        read_at=kept.checked_at if kept else None,
        list_url=list_page(facts.portal, kept.list_id) if kept and kept.list_id else "",
        state=state,
        words=words,
        reason=kept.reason if kept else "",
    )


def _list_words(facts: Facts, key: str, here: int, kept: SegmentList | None) -> tuple[str, str]:
    if kept is not None and kept.state == "stuck":
        return "stuck", "Paused"
    if given_up := facts.open_changes(key, "dead"):
        return "stuck", f"{plural(given_up, 'change was', 'changes were')} given up"
    if kept is None or kept.list_id is None:
        if facts.portal.state is not PortalState.LIVE:
            return "none", "Made once the counting is done"
        return "none", "Being made"
    if waiting := facts.open_changes(key, "due"):
        return "moving", f"{plural(waiting, 'change', 'changes')} on the way"
    if kept.size is None:
        return "moving", "Written; HubSpot's size isn't read yet"
    if kept.size == here:
        return "even", "Equal"
    return "moving", "Changed since HubSpot's size was read"


def delivery_rows(facts: Facts) -> tuple[DeliveryRow, ...]:
    """Lay out the newest deliveries."""
    return tuple(_delivery(each, facts.now) for each in facts.deliveries)


def _delivery(heard: Heard, now: datetime) -> DeliveryRow:
    state = "put_off" if heard.state == "due" and heard.due_at > now else heard.state
    reason = "" if state == "due" else heard.reason
    counted = heard.state == "done" and not heard.shared
    return DeliveryRow(
        at=heard.received_at,
        state=state,
        words=DELIVERY_STATES.get(state, state),
        reason=SHARED if heard.shared else reason,
        entries=heard.messages if counted else None,
        known=heard.heard_before if counted else None,
        skipped=heard.skipped if counted else None,
    )
