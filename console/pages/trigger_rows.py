"""Triggers: is the workflow ready, and what became of the enrollments? Pure."""

from console.pages.facts import Facts
from console.pages.links import workflow_page
from console.pages.view import TriggerRow
from console.pages.words import occasion
from integration.decide.triggers import match
from integration.store.overview import Group
from mappings.rules import Enters, Trigger
from mappings.writing import Workflow

AUTOMATION = "automation"
UNREAD = "Segue hasn't looked at this account's workflows yet"
NO_SCOPE = "the permission “automation” is missing: install the app again and grant it"
NO_WAY_IN = "HubSpot names no enrollment id for this workflow: let it enroll by the segment's list"
BY_LIST = "Its own enrollment by the segment's list lets contacts in"
BY_ADDRESS = "Segue enrolls each contact, once, by e-mail address"


def trigger_rows(facts: Facts) -> tuple[TriggerRow, ...]:
    """Lay out the triggers of the rules."""
    ready, idle = match(facts.book.triggers.values(), facts.workflows)
    found = {each.trigger.key: each.workflow for each in ready}
    return tuple(
        _row(facts, trigger, found.get(key), idle.get(key, ""))
        for key, trigger in facts.book.triggers.items()
    )


def _row(facts: Facts, trigger: Trigger, workflow: Workflow | None, idle: str) -> TriggerRow:
    state, words = _readiness(facts, trigger, workflow, idle)
    mine = [group for group in facts.enrollments if group.target == trigger.key]
    left_out = tuple((group.count, group.reason) for group in mine if group.state == "skipped")
    return TriggerRow(
        name=trigger.name,
        when=occasion(trigger, facts.book),
        workflow=workflow.name if workflow else trigger.workflow,
        url=workflow_page(facts.portal, workflow.flow_id) if workflow else "",
        state=state,
        words=words,
        enrolled=_count(mine, "done"),
        waiting=_count(mine, "due"),
        left_out=left_out,
        given_up=_count(mine, "dead"),
        last_at=max(
            (group.done_at for group in mine if group.state == "done" and group.done_at),
            default=None,
        ),
    )


def _readiness(
    facts: Facts, trigger: Trigger, workflow: Workflow | None, idle: str
) -> tuple[str, str]:
    if AUTOMATION not in facts.portal.scopes:
        return "idle", NO_SCOPE
    if facts.portal.checked_at is None:
        return "unread", UNREAD
    if workflow is None:
        return "idle", idle
    if _enrolls_by_list(facts, trigger, workflow):
        return "ready", BY_LIST
    if workflow.legacy_id is None:
        return "idle", NO_WAY_IN
    return "ready", BY_ADDRESS


def _enrolls_by_list(facts: Facts, trigger: Trigger, workflow: Workflow) -> bool:
    if not isinstance(trigger.on, Enters) or trigger.on.key not in facts.lists:
        return False
    return facts.lists[trigger.on.key].list_id in workflow.enrolls_by_lists


def _count(groups: list[Group], state: str) -> int:
    return sum(group.count for group in groups if group.state == state)
