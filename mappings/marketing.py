"""HubSpot's JSON of marketing's behaviour -> the nouns: e-mail events, forms, occurrences,
consent, workflows. Readers raise Unreadable as those of mappings.hubspot do."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from marshmallow import fields

from mappings.fields import Wire, load, moment, record_id, text, texts
from mappings.model import ConsentChange, ConsentState, EmailEvent, Form, Occurrence, Submission
from mappings.values import Unreadable, happened, text_of
from mappings.writing import Subscription, Workflow

CONTACT_TYPE: Final = "0-1"


class EmailEventSchema(Wire):
    """A marketing e-mail event of the v1 API."""

    id = text(required=True)
    type = text(required=True)
    recipient = text(required=True)
    created_at = moment(data_key="created", required=True)
    campaign_id = text(data_key="emailCampaignId", load_default=None)
    campaign_name = text(data_key="emailCampaignName", load_default=None)
    url = text(load_default=None)
    filtered = fields.Boolean(data_key="filteredEvent", load_default=False)
    app_id = text(data_key="appId", load_default=None)
    subscriptions = fields.Raw(load_default=None)
    portal_status = text(data_key="portalSubscriptionStatus", load_default=None)
    user_agent = text(data_key="userAgent", load_default=None)
    browser = fields.Raw(load_default=None)
    location = fields.Raw(load_default=None)


class FormSchema(Wire):
    """A form's definition; older replies call its id `guid`."""

    id = text(load_default=None)
    guid = text(load_default=None)
    name = text(load_default=None)


class ValueSchema(Wire):
    """One field of a submission."""

    name = text(required=True)
    value = text(load_default=None)


class SubmissionSchema(Wire):
    """One submission of a form."""

    conversion_id = text(data_key="conversionId", load_default=None)
    submitted_at = moment(data_key="submittedAt", required=True)
    page_url = text(data_key="pageUrl", load_default=None)
    values = fields.List(fields.Nested(ValueSchema), load_default=None, data_key="values")


class OccurrenceSchema(Wire):
    """One event occurrence."""

    id = text(required=True)
    type = text(data_key="eventType", required=True)
    contact_id = record_id(data_key="objectId", required=True)
    occurred_at = moment(data_key="occurredAt", required=True)
    properties = texts(load_default=dict)


class SubscriptionSchema(Wire):
    """A kind of e-mail."""

    id = text(required=True)
    name = text(load_default=None)
    active = fields.Boolean(data_key="isActive", load_default=True)


class FlowSchema(Wire):
    """A workflow, as the flows API gives it."""

    id = text(required=True)
    name = text(load_default=None)
    enabled = fields.Boolean(data_key="isEnabled", load_default=False)
    criteria = fields.Raw(data_key="enrollmentCriteria", load_default=None)


EMAIL_EVENT: Final = EmailEventSchema()
FORM: Final = FormSchema()
SUBMISSION: Final = SubmissionSchema()
OCCURRENCE: Final = OccurrenceSchema()
SUBSCRIPTION: Final = SubscriptionSchema()
FLOW: Final = FlowSchema()


def email_event(said: Any) -> EmailEvent:
    """Read an e-mail event. HubSpot identifies one by `created` and `id` together.

    The v1 API names no campaign: `campaign_name` is empty unless it does.
    """
    read = load(EMAIL_EVENT, said)
    return EmailEvent(
        id=read["id"],
        type=_type_of(read),
        recipient=read["recipient"].strip().lower(),
        created_at=read["created_at"],
        campaign_id=read["campaign_id"] or "",
        campaign_name=read["campaign_name"] or "",
        url=read["url"] or "",
        filtered=read["filtered"],
        app_id=read["app_id"] or "",
        agents=tuple(_agents(read)),
        subscriptions=tuple(_changes(read)),
    )


# Where an event's browser and location say what opened or clicked. HubSpot documents the browser's
# words; that a location names its network's owner is a hypothesis.
_BROWSER: Final = ("name", "family", "type", "producer")
_LOCATION: Final = ("owner", "organization", "org", "isp")


def _agents(read: dict[str, Any]) -> Iterator[str]:
    if read["user_agent"]:
        yield read["user_agent"].strip()
    for part, names in (("browser", _BROWSER), ("location", _LOCATION)):
        said = read[part] if isinstance(read[part], Mapping) else {}
        for name in names:
            if isinstance(word := said.get(name), str) and word.strip():
                yield word.strip()


def _changes(read: dict[str, Any]) -> Iterator[ConsentChange]:
    """Read what a STATUSCHANGE says of each kind of e-mail; it names them by id only."""
    listed = read["subscriptions"] if isinstance(read["subscriptions"], list) else []
    for each in listed:
        said = each if isinstance(each, Mapping) else {}
        kind, state = text_of(said.get("id")), str(said.get("status")).upper()
        if kind and state in ConsentState.__members__:
            yield ConsentChange(kind, "", ConsentState(state), read["created_at"])


def _type_of(read: dict[str, Any]) -> str:
    """Tell an unsubscription from a new subscription: HubSpot calls both STATUSCHANGE."""
    kind: str = read["type"].upper()
    listed = read["subscriptions"] if isinstance(read["subscriptions"], list) else []
    said = [each.get("status") for each in listed if isinstance(each, dict)]
    statuses = {str(each).upper() for each in [*said, read["portal_status"]] if each}
    joins = kind == "STATUSCHANGE" and statuses and "UNSUBSCRIBED" not in statuses
    return "SUBSCRIBED" if joins else kind


def form(said: Any) -> Form:
    """Read a form."""
    read = load(FORM, said)
    form_id = read["id"] or read["guid"]
    if not form_id:
        raise Unreadable("id: missing data for required field")
    return Form(form_id, read["name"] or "")


def submission(of: Form, said: Any) -> Submission:
    """Read one submission of a form; a field with several values joins them by `;`."""
    read = load(SUBMISSION, said)
    values: dict[str, str] = {}
    for one in read["values"] or ():
        value = one["value"] or ""
        name = one["name"]
        values[name] = f"{values[name]};{value}" if name in values else value
    return Submission(
        of, read["conversion_id"], read["submitted_at"], read["page_url"] or "", values
    )


def occurrence(said: Any) -> Occurrence:
    """Read an event occurrence."""
    read = load(OCCURRENCE, said)
    properties = {name: value for name, value in read["properties"].items() if value is not None}
    return Occurrence(read["id"], read["type"], read["contact_id"], read["occurred_at"], properties)


def subscription(said: Any) -> Subscription:
    """Read a kind of e-mail."""
    read = load(SUBSCRIPTION, said)
    return Subscription(read["id"], read["name"] or "", read["active"])


def consent(said: Any) -> tuple[str, ConsentState]:
    """Read one status: the subscription's name (its id where it has none) and the state."""
    if not isinstance(said, Mapping):
        raise Unreadable("not an object")
    named = text_of(said.get("subscriptionName")) or text_of(said.get("subscriptionId"))
    try:
        state = ConsentState(str(said.get("status")).upper())
    except ValueError as error:
        raise Unreadable("status: not a known one") from error
    if not named:
        raise Unreadable("subscriptionId: missing data for required field")
    return named, state


def consent_change(said: Any) -> ConsentChange:
    """Read one status with the instant it is of."""
    named, state = consent(said)
    at = happened(said.get("timestamp"))
    return ConsentChange(text_of(said.get("subscriptionId")) or named, named, state, at)


def enrolls_contacts(said: Any) -> bool:
    """Is this flow one of contacts?"""
    return isinstance(said, Mapping) and said.get("objectTypeId", CONTACT_TYPE) == CONTACT_TYPE


def workflow(said: Any, legacy_id: str | None = None) -> Workflow:
    """Read a flow and how it enrolls."""
    read = load(FLOW, said)
    criteria = read["criteria"] if isinstance(read["criteria"], Mapping) else {}
    return Workflow(
        flow_id=read["id"],
        name=read["name"] or "",
        enabled=read["enabled"],
        enrolls_by_lists=frozenset(_enrolling(criteria)),
        re_enrolls=bool(criteria.get("shouldReEnroll")),
        legacy_id=legacy_id,
    )


def _enrolling(criteria: Mapping[str, Any]) -> Iterator[str]:
    """Find the lists of which membership alone enrolls.

    A list-based workflow names them in its filter; an event-based one listens to "added to a
    list" apart from its events, and may refine that by further filters.
    """
    kind, refined = criteria.get("type"), criteria.get("refinementCriteria")
    if kind == "LIST_BASED":
        yield from _lists(criteria.get("listFilterBranch"))
    elif kind == "EVENT_BASED" and not _filters(refined):
        for branch in criteria.get("listMembershipFilterBranches") or ():
            yield from _lists(branch)


def _filters(branch: Any) -> bool:
    """Does the branch ask for anything?"""
    if not isinstance(branch, Mapping):
        return False
    return bool(branch.get("filters")) or any(map(_filters, branch.get("filterBranches") or ()))


def _lists(branch: Any) -> Iterator[str]:
    """Find the lists that a branch of filters asks for and nothing beside.

    HubSpot's root branch is an OR of ANDs. An AND with more than the one filter asks for more
    than membership, so that list doesn't count.
    """
    if not isinstance(branch, Mapping):
        return
    filters = [one for one in branch.get("filters") or () if isinstance(one, Mapping)]
    branches = branch.get("filterBranches") or ()
    alone = branch.get("filterBranchType") == "AND" and len(filters) + len(branches) == 1
    if alone or branch.get("filterBranchType") == "OR":
        yield from (list_id for one in filters for list_id in _list_of(one))
        yield from (list_id for inner in branches for list_id in _lists(inner))


def _list_of(one: Mapping[str, Any]) -> Iterator[str]:
    inside = one.get("filterType") == "IN_LIST" and one.get("operator", "IN_LIST") == "IN_LIST"
    list_id = text_of(one.get("listId")) if inside else None
    if list_id:
        yield list_id
