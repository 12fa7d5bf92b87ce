"""The least calls with which the first sync and its write-back can be done at all."""

from math import ceil

from console.demo.sight import ListSeen
from console.demo.stage import Stage
from sandbox.objects import types
from sandbox.portal import Portal

PAGE = 100
EMAILS = 1000
SUBMISSIONS = 50
BATCH = 100
HISTORIES = 50
STAGES = 1  # the pipelines of orders
DATED = (types.TICKET, types.SUBSCRIPTION)  # read with what their properties were
LOGGED = (types.MEETING, types.CALL)
PREPARING = 6  # token, account, group read and made, properties read and made


def first_sync(stage: Stage) -> int:
    """Count the pages of all that is read, and the batches of line items."""
    portal = _portal(stage)
    with stage.stand_in.sandbox.lock:
        marketing = portal.marketing
        pages = [
            _pages(len(portal.contacts.records), PAGE),
            _pages(len(portal.orders.records), PAGE),
            _pages(len(portal.deals.records), PAGE),
            _pages(len(portal.carts.records), PAGE),
            _pages(len(portal.line_items.records), BATCH),
            *(_pages(len(portal.stores[kind.type_id].records), HISTORIES) for kind in DATED),
            *(_pages(len(portal.stores[kind.type_id].records), PAGE) for kind in LOGGED),
            _pages(len(portal.contacts.records), HISTORIES),
            _pages(len(marketing.events), PAGE) + len(marketing.events),
            STAGES,
            _pages(len(marketing.email_events), EMAILS),
            1
            + sum(
                _pages(len(marketing.submissions.get(f, [])), SUBMISSIONS) for f in marketing.forms
            ),
            len(marketing.campaigns),
        ]
    return PREPARING + sum(pages)


def first_writing(lists: dict[str, ListSeen], written: int) -> int:
    """Count one creation and one filling a list, and the batches of contacts' properties."""
    return 2 * len(lists) + ceil(written / BATCH)


def _pages(records: int, size: int) -> int:
    return max(1, ceil(records / size))


def _portal(stage: Stage) -> Portal:
    return stage.stand_in.sandbox.portals[stage.hub_id]
