"""What becomes of memberships and wishes when contacts become one, part again, or are deleted."""

from datetime import datetime

from sqlalchemy.engine import Connection

from integration.decide.writeback import united
from integration.store import contacts, due, memberships, outbox, reads
from mappings.model import Cause, MembershipChange
from mappings.writing import Intent, IntentKind

DELETED = "the contact was deleted in HubSpot"


def merge(connection: Connection, portal_id: int, pair: tuple[int, int], now: datetime) -> None:
    """Let a contact's enrollments go over to the one that lives on.

    What HubSpot does with the lists of the two isn't documented, so each list that either was
    in is written anew for the survivor, and its properties too: HubSpot fills those it lacks
    with the other's.
    """
    old, new = pair
    rows = outbox.of(connection, portal_id, [old, new], IntentKind.LIST)
    told = outbox.of(connection, portal_id, [old, new], IntentKind.PROPERTIES)
    reads.merge(connection, portal_id, pair, now)
    outbox.move_enrollments(connection, portal_id, old, new)
    outbox.forget_written(connection, portal_id, [old, new])
    _leave_all(connection, portal_id, [old], (now, f"merged into contact {new}"))
    due.forget(connection, portal_id, [old])
    if new not in contacts.live(connection, portal_id, [new]):
        return
    _write_lists(connection, portal_id, new, (rows, now))
    wanted = {row.intent.contact_id: row.intent.wanted for row in told}
    if wanted:
        text = united(wanted.get(new), wanted.get(old))
        intent = Intent(new, IntentKind.PROPERTIES, "", "", text)
        outbox.wish(connection, portal_id, [intent], now)


def part(connection: Connection, portal_id: int, pair: tuple[int, int], now: datetime) -> None:
    """Let a contact that was merged stand for itself again.

    Whoever of the two was enrolled, it counts for both: nobody gets a series a second time for
    it. Which lists HubSpot leaves either in isn't documented: each is written anew for both.
    """
    back, survivor = pair
    rows = outbox.of(connection, portal_id, [survivor], IntentKind.LIST)
    outbox.copy_enrollments(connection, portal_id, survivor, back)
    outbox.forget_written(connection, portal_id, [survivor, back])
    for contact_id in sorted(contacts.live(connection, portal_id, [survivor, back])):
        _write_lists(connection, portal_id, contact_id, (rows, now))


def retire(connection: Connection, portal_id: int, ids: list[int], now: datetime) -> None:
    """Take deleted contacts out of everything but their timeline: they may be restored.

    What is learnt of them meanwhile is news once they are, as is what nobody looked at before.
    """
    waiting = due.overdue(connection, portal_id, ids, now)
    contacts.leave_unseen(connection, portal_id, dict.fromkeys(ids, now) | waiting)
    _leave_all(connection, portal_id, ids, (now, DELETED))
    due.forget(connection, portal_id, ids)
    outbox.withdraw(connection, portal_id, ids, DELETED)
    outbox.forget_written(connection, portal_id, ids)


def _write_lists(
    connection: Connection,
    portal_id: int,
    contact_id: int,
    what: tuple[list[outbox.Item], datetime],
) -> None:
    rows, now = what
    held = memberships.of(connection, portal_id, [contact_id])[contact_id]
    targets = sorted({row.intent.target for row in rows})
    intents = [
        Intent(contact_id, IntentKind.LIST, target, "", "in" if target in held else "out")
        for target in targets
    ]
    outbox.wish(connection, portal_id, intents, now)


def _leave_all(
    connection: Connection, portal_id: int, ids: list[int], when_why: tuple[datetime, str]
) -> None:
    at, why = when_why
    held = memberships.of(connection, portal_id, ids)
    changes = [
        MembershipChange(contact_id, segment, False, at, Cause.BEHAVIOUR, why)
        for contact_id, segments in held.items()
        for segment in segments
    ]
    memberships.record(connection, portal_id, changes)
    memberships.forget(connection, portal_id, ids)
