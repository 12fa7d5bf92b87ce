"""From the store to the overview: read once, then put in words."""

from console.commands.reconcile_text import summary
from console.commands.sync_text import left_of
from console.pages import facts as known
from console.pages.rows import changing, delivery_rows, segment_rows, source_rows, standing
from console.pages.stuck_rows import on_the_way, stuck_rows
from console.pages.trigger_rows import trigger_rows
from console.pages.view import Overview
from console.times import zone_of
from integration.decide.progress import progress
from integration.flows.tools import Tools
from mappings.scopes import load_scopes


def gather(tools: Tools, portal_id: int) -> Overview | None:
    """Give one portal's page; None where there is no such portal."""
    facts = known.read(tools, portal_id)
    if facts is None:
        return None
    scopes = load_scopes()
    return Overview(
        portal_id=portal_id,
        now=facts.now,
        zone=zone_of(facts.portal.time_zone),
        zone_name=facts.portal.time_zone,
        standing=standing(facts),
        changing=changing(facts),
        contacts=facts.contacts,
        on_the_way=on_the_way(facts),
        time_left=left_of(progress(facts.sources, facts.now)),
        compared_at=facts.compared.finished_at if facts.compared else None,
        compared=summary(facts.compared) if facts.compared else "",
        sources=source_rows(facts),
        segments=segment_rows(facts),
        triggers=trigger_rows(facts),
        deliveries=delivery_rows(facts),
        stuck=stuck_rows(facts),
        deleted_at=facts.deletion.due_at if facts.deletion else None,
        pauses=tuple(sorted(facts.pauses.values())),
        lacking=tuple(
            f"{use} ({scope})"
            for scope, use in {**scopes.required, **scopes.optional}.items()
            if scope not in facts.portal.scopes
        ),
    )
