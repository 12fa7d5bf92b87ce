"""The nouns of the marketing rooms, as the stand-in keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class EmailCampaign:
    """One sending of a marketing e-mail, as the legacy e-mail events name it."""

    id: int
    app_id: int
    group_id: int
    content_id: int
    name: str
    subject: str
    app_name: str = "Batch"


@dataclass(frozen=True, order=True)
class EmailEvent:
    """One thing that happened to one e-mail; `(created, id)` is its identity.

    `created` is in milliseconds since the epoch. `details` holds the fields that only some
    types have (`url`, `browser`, `duration`, `subject`...), in HubSpot's own words.
    """

    created: int
    id: str
    type: str = field(compare=False)
    recipient: str = field(compare=False)
    campaign_id: int = field(compare=False)
    details: Mapping[str, object] = field(compare=False, default_factory=dict)
    filtered: bool = field(compare=False, default=False)


@dataclass(frozen=True)
class Form:
    """A HubSpot form; `fields` are the internal names of the properties it asks for."""

    id: str
    name: str
    fields: tuple[str, ...]
    created_at: datetime
    form_type: str = "hubspot"


@dataclass(frozen=True, order=True)
class Submission:
    """One form submission; HubSpot keeps no contact id with it."""

    submitted_at: int
    conversion_id: str
    form_id: str = field(compare=False)
    page_url: str = field(compare=False)
    values: tuple[tuple[str, str], ...] = field(compare=False, default=())

    @property
    def email(self) -> str:
        """Find the address that was typed, in lower case; "" where the form had none."""
        return dict(self.values).get("email", "").lower()


@dataclass(frozen=True, order=True)
class Occurrence:
    """One occurrence of an event type on one CRM record."""

    occurred_at: datetime
    id: str
    event_type: str = field(compare=False)
    object_id: str = field(compare=False)
    properties: Mapping[str, str] = field(compare=False, default_factory=dict)
    object_type: str = field(compare=False, default="CONTACT")


@dataclass(frozen=True)
class MarketingEvent:
    """A webinar, fair or talk that people register for, held by an outside tool."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    external_id: str = ""


@dataclass(frozen=True)
class Participation:
    """What became of one contact at one marketing event; `seconds` is how long it stayed."""

    id: str
    event_id: str
    contact_id: str
    state: str  # REGISTERED, ATTENDED, CANCELLED, NO_SHOW, EMPTY
    occurred_at: datetime
    created_at: datetime
    seconds: int | None = None
    percentage: str | None = None


@dataclass(frozen=True)
class SubscriptionType:
    """One thing a recipient can subscribe to."""

    id: int
    name: str
    description: str
    purpose: str
    created_at: datetime
    is_default: bool = False
    is_internal: bool = False


@dataclass(frozen=True)
class Consent:
    """What one address said about one subscription type, and when."""

    status: str
    at: datetime
    source: str
    legal_basis: str | None = None
    explanation: str | None = None


class Trigger(StrEnum):
    """How a workflow takes contacts in, in the words of `enrollmentCriteria.type`."""

    LIST = "LIST_BASED"
    EVENT = "EVENT_BASED"
    MANUAL = "MANUAL"


@dataclass(frozen=True)
class Workflow:
    """A contact workflow: its v4 `flow_id`, its legacy `workflow_id` and how it enrolls.

    `list_ids` are the lists whose new members it enrolls (LIST_BASED, or EVENT_BASED with
    list membership branches). `lasts` is how long an enrolled contact stays in it.
    """

    flow_id: int
    workflow_id: int
    name: str
    created_at: datetime
    trigger: Trigger = Trigger.MANUAL
    list_ids: tuple[str, ...] = ()
    event_type_id: str = ""
    enabled: bool = True
    re_enroll: bool = False
    suppression_list_ids: tuple[str, ...] = ()
    lasts: timedelta = timedelta(days=7)
    revision: int = 1


class Outcome(StrEnum):
    """What became of one attempt to enroll a contact."""

    ENROLLED = "enrolled"
    OFF = "off"
    SUPPRESSED = "suppressed"
    STILL_ENROLLED = "still enrolled"
    NO_RE_ENROLLMENT = "no re-enrollment"


@dataclass(frozen=True)
class Attempt:
    """One attempt to enroll one contact, successful or not; `how` is "list" or "v2"."""

    flow_id: int
    contact_id: str
    at: datetime
    how: str
    outcome: Outcome
