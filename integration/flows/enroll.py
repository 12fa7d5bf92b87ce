"""Enroll contacts into workflows: each enrollment once, only with consent, always with a reason.

HubSpot's v2 endpoint takes an e-mail address and says yes whatever happens. So an attempt is
noted before it is made; where its outcome stayed unknown, HubSpot is asked who is in the
workflow now before anything is sent again.
"""

from dataclasses import dataclass

from integration.errors import SegueError, Unavailable
from integration.flows.turn import NotYet, Turn
from integration.store import contacts, outbox, segments, sending
from integration.store.outbox import Item, Outcome
from integration.store.segments import SegmentList
from mappings.model import ConsentState, Contact, ContactState, Lane
from mappings.rules import Enters, RuleBook, Trigger
from mappings.writing import IntentKind, Workflow

NO_ADDRESS = "the contact has no e-mail address, and HubSpot enrolls by address only"
LEFT_AGAIN = "the contact left the segment again before its list was written"
UNKNOWN = (
    "HubSpot didn't answer when the contact was enrolled, and doesn't show it in the workflow now. "
    "The workflow lets contacts in again, so trying once more might enroll it twice: look at the "
    "workflow's history in HubSpot, and retry if the contact isn't there."
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store knows about a batch of enrollments."""

    book: RuleBook
    contacts: dict[int, Contact]
    listed: dict[tuple[int, str], Item]
    lists: dict[str, SegmentList]
    workflows: dict[str, Workflow]


@dataclass(frozen=True, slots=True)
class _Case:
    """One enrollment with all it takes."""

    item: Item
    trigger: Trigger
    workflow: Workflow
    contact: Contact


def enroll(turn: Turn, items: list[Item]) -> None:
    """Enroll each item's contact, or record why not."""
    known = _known(turn, items)
    for each in items:
        for item in turn.ready([each]):
            try:
                outcome = _one(turn, item, known)
            except SegueError as error:
                turn.fail([item], error)
            else:
                turn.settle([outcome] if outcome else [])


def _known(turn: Turn, items: list[Item]) -> _Known:
    ids, portal_id = [item.intent.contact_id for item in items], turn.portal.portal_id
    with turn.tools.store.read() as connection:
        listed = outbox.of(connection, portal_id, ids, IntentKind.LIST)
        return _Known(
            book=turn.tools.books.of(connection, portal_id).book,
            contacts=contacts.load(connection, portal_id, ids),
            listed={(each.intent.contact_id, each.intent.target): each for each in listed},
            lists=segments.lists(connection, portal_id),
            workflows={
                workflow.flow_id: workflow
                for workflow in segments.known_workflows(connection, portal_id)
            },
        )


def _one(turn: Turn, item: Item, known: _Known) -> Outcome | None:
    """Do one enrollment; None where another worker has it now."""
    trigger = known.book.triggers.get(item.intent.target)
    workflow = known.workflows.get(item.intent.wanted)
    contact = known.contacts.get(item.intent.contact_id)
    if trigger is None:
        return Outcome(item, "skipped", "the trigger is no more")
    if workflow is None or not workflow.enabled:
        return Outcome(item, "dead", "the workflow is switched off or was deleted in HubSpot")
    if contact is None or contact.state is not ContactState.LIVE:
        return Outcome(item, "skipped", "the contact is no more")
    case = _Case(item, trigger, workflow, contact)
    by_list = _by_list(case, known)
    return by_list if by_list is not None else _by_address(turn, case)


def _by_list(case: _Case, known: _Known) -> Outcome | None:
    """Leave it to the list where the workflow enrolls the segment's list by itself."""
    on = case.trigger.on
    if not isinstance(on, Enters) or on.key not in known.lists:
        return None
    if known.lists[on.key].list_id not in case.workflow.enrolls_by_lists:
        return None
    listed = known.listed.get((case.contact.contact_id, on.key))
    if listed is None or listed.state == "due":
        raise NotYet("waits for the contact to stand in the segment's list")
    if listed.state != "done":
        return Outcome(case.item, "skipped", f"not enrolled by its list: {listed.reason}")
    if listed.intent.wanted != "in":
        return Outcome(case.item, "skipped", LEFT_AGAIN)
    return Outcome(case.item, "done", "enrolled by its list")


def _by_address(turn: Turn, case: _Case) -> Outcome | None:
    email = case.contact.text("email")
    if not email:
        return Outcome(case.item, "skipped", NO_ADDRESS)
    if case.workflow.legacy_id is None:
        reason = "HubSpot names no enrollment id for this workflow: let it enroll by the list"
        return Outcome(case.item, "dead", reason)
    hub = turn.tools.hub(turn.portal.portal_id, Lane.LIVE)
    if case.item.sent_at is not None:
        known = _look_first(turn, case)
        if known is not None:
            return known
    elif case.trigger.consent is not None:
        refusal = _refusal(hub.consent.status(email), case.trigger.consent)
        if refusal:
            return Outcome(case.item, "skipped", refusal)
    return _send(turn, case, email)


def _send(turn: Turn, case: _Case, email: str) -> Outcome | None:
    """Send it, if it is still ours to send; note before that its outcome may stay unknown."""
    portal_id, store = turn.portal.portal_id, turn.tools.store
    with store.write() as connection:
        ours = sending.mark_sent(connection, portal_id, case.item, turn.tools.now())
    if not ours:
        return None
    hub = turn.tools.hub(portal_id, Lane.LIVE)
    try:
        hub.workflows.enroll(case.workflow.legacy_id or "", email)
    except SegueError as error:
        if not (isinstance(error, Unavailable) and error.outcome_unknown):
            with store.write() as connection:
                sending.mark_unsent(connection, portal_id, case.item)
        raise
    return Outcome(case.item, "done")


def _look_first(turn: Turn, case: _Case) -> Outcome | None:
    """Find out how an attempt ended whose answer never came; None where it is safe to repeat."""
    hub = turn.tools.hub(turn.portal.portal_id, Lane.LIVE)
    current = hub.workflows.current_enrollments(case.contact.contact_id)
    if case.workflow.legacy_id in current:
        return Outcome(case.item, "done", "HubSpot shows the contact in the workflow")
    if not case.workflow.re_enrolls:
        # HubSpot itself lets a contact into this workflow only once.
        return None
    with turn.tools.store.write() as connection:
        # Whoever retries it has looked, so that it is sent then.
        sending.mark_unsent(connection, turn.portal.portal_id, case.item)
    return Outcome(case.item, "dead", UNKNOWN)


def _refusal(states: dict[str, ConsentState], wanted: str) -> str:
    """Say why an address may not be written to; nothing where it consented."""
    by_name = {name.casefold(): state for name, state in states.items()}
    state = by_name.get(wanted.casefold())
    if state is ConsentState.SUBSCRIBED:
        return ""
    said = "unknown to HubSpot" if state is None else state.value.lower().replace("_", " ")
    return f"no consent: “{wanted}” is {said} for this address"
