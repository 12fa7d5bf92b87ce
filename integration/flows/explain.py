"""Say why a contact is where it is: for the command line and the pages.

1. find the portal and the contact, merges followed; 2. read its whole timeline, what is stored of
it, and the portal's rules, as of one moment; 3. the explainer says the rest.
"""

from dataclasses import dataclass
from datetime import datetime

from integration.decide.explaining import Differing, Explainer, Explanation, differing
from integration.flows.tools import Tools
from integration.flows.whom import NotThere, find
from integration.store import due, memberships, timeline
from integration.store.due import Waiting
from mappings.model import Contact, ContactState, Event, Membership, MembershipChange, StageHeld
from mappings.rules import RuleBook
from mappings.rules.faults import nearest

__all__ = ["Asked", "Case", "NotThere", "explain", "read"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom to explain: an id or an e-mail address, in a portal."""

    contact: str
    portal_id: int
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one contact.

    `merged_from` is the id that was asked for, where another contact lives on for it. `ahead`
    says that the portal's rules are changing and the change hasn't reached this contact yet.
    """

    portal_id: int
    contact: Contact
    merged_from: int | None
    events: tuple[Event, ...]
    book: RuleBook
    ahead: bool
    held: dict[str, Membership]
    stage: StageHeld | None
    history: tuple[MembershipChange, ...]
    due: Waiting | None
    now: datetime
    is_past: bool

    @property
    def explainer(self) -> Explainer:
        """Make what explains it."""
        return Explainer(self.book, self.contact, self.events, self.now)

    @property
    def lives(self) -> bool:
        """Is it evaluated at all?"""
        return self.contact.state is ContactState.LIVE

    @property
    def overdue(self) -> bool:
        """Is it to be looked at now, and wasn't yet?"""
        return not self.is_past and self.due is not None and self.due.due_at <= self.now

    def differing(self, explainer: Explainer) -> list[Differing]:
        """Say what is stored otherwise; of another instant than now nothing is."""
        return [] if self.is_past else differing(explainer, self.held, self.stage)

    def changed_since(self) -> list[str]:
        """Name the properties that changed after the instant asked for: they stand as today."""
        known = self.contact.values.items()
        limit = int(self.now.timestamp() * 1000)
        return sorted(name for name, (_, at) in known if at > limit)


def read(tools: Tools, asked: Asked) -> Case:
    """Read what is known of a contact. Raises NotThere."""
    with tools.store.read() as connection:
        portal_id = asked.portal_id
        contact, merged_from = find(connection, portal_id, asked.contact)
        rules = tools.books.of(connection, portal_id)
        contact_id, now = contact.contact_id, asked.at or tools.now()
        changing = rules.recount.target is not None
        return Case(
            portal_id=portal_id,
            contact=contact,
            merged_from=merged_from,
            events=tuple(timeline.of(connection, portal_id, contact_id)),
            book=rules.book,
            ahead=changing and contact_id > rules.recount.cursor,
            held=memberships.of(connection, portal_id, [contact_id])[contact_id],
            stage=memberships.stages_of(connection, portal_id, [contact_id]).get(contact_id),
            history=tuple(memberships.changes_of(connection, portal_id, contact_id)),
            due=due.of(connection, portal_id, [contact_id]).get(contact_id),
            now=now,
            is_past=asked.at is not None,
        )


def explain(explainer: Explainer, target: str) -> Explanation:
    """Explain a segment, or a stage as `stage:KEY`. Raises NotThere."""
    lifecycle = explainer.book.lifecycle
    stages = [stage.key for stage in (lifecycle.stages if lifecycle else ())]
    if target.startswith("stage:"):
        key = target.removeprefix("stage:")
        if key not in stages:
            raise NotThere(f'there is no stage "{key}"{nearest(key, stages)}')
        return explainer.stage(key)
    if target not in explainer.book.segments:
        words = [*explainer.book.segments, *(f"stage:{key}" for key in stages)]
        raise NotThere(f'there is no segment "{target}"{nearest(target, words)}')
    return explainer.segment(target)
