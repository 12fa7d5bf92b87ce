"""The nouns. Frozen, with aware UTC instants; what crosses from room to room is one of these.

Portal and object ids are HubSpot's, whole numbers that may exceed 2**53: never a float.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from mappings.instants import from_ms, to_ms


class ObjectType(StrEnum):
    """HubSpot's object types that Segue knows, by the name Segue uses for them."""

    CONTACT = "contact"
    DEAL = "deal"
    PRODUCT = "product"
    LINE_ITEM = "line_item"
    ORDER = "order"
    CART = "cart"
    OTHER = "other"


class PortalState(StrEnum):
    """Where a portal stands between its first install and its last."""

    INSTALLING = "installing"  # tokens are stored, properties are not yet there
    SYNCING = "syncing"  # the first sync runs; nobody is evaluated yet
    COUNTING = "counting"  # everybody is evaluated for the first time; nothing is written yet
    LIVE = "live"
    DISCONNECTED = "disconnected"  # tokens revoked or refused: parked until a re-install


class Cause(StrEnum):
    """Why a membership changed."""

    BEHAVIOUR = "behaviour"  # an event or a property change arrived
    TIME = "time"  # nothing happened: an instant passed
    FIRST_SYNC = "first_sync"  # it was so when Segue first looked
    RULE = "rule"  # the rule was edited
    REPAIR = "repair"  # what was stored was wrong: the continuous proof found it


class Lane(StrEnum):
    """Who asks for a call: live traffic goes before what can wait."""

    LIVE = "live"
    BULK = "bulk"  # backfill and reconciliation: leaves a share of the budget to the live lane


class Bucket(StrEnum):
    """The rate limits that HubSpot counts apart."""

    GENERAL = "general"
    SEARCH = "search"


class ConsentState(StrEnum):
    """Whether an address takes a kind of e-mail."""

    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    NOT_SPECIFIED = "NOT_SPECIFIED"


class PropertyOutcome(StrEnum):
    """What became of a property that should exist."""

    CREATED = "created"
    PRESENT = "present"
    ARCHIVED_BY_ADMIN = "archived_by_admin"  # someone removed it: it isn't made again silently
    DIFFERS = "differs"  # the name is taken by a property of another type or with other options


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a contact did. `id` is stable: the same source record gives the same id."""

    contact_id: int
    id: str
    kind: str
    at: datetime
    source: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A contact as HubSpot gave it. Every value in it was true at `updated_at` or later."""

    contact_id: int
    properties: Mapping[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived: bool = False


class ContactState(StrEnum):
    """Whether a contact is evaluated, and if not, why."""

    LIVE = "live"
    ARCHIVED = "archived"  # deleted in HubSpot; can be restored there for 90 days
    MERGED = "merged"  # another contact lives on for it
    ERASED = "erased"  # privacy deletion: nothing of it is kept, and it never comes back


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as Segue keeps it.

    `values` holds each property with the instant (ms) at which HubSpot changed it, so that late
    news never undoes newer; `state_at` is the same for the state.
    """

    contact_id: int
    state: ContactState
    state_at: datetime
    merged_into: int | None = None
    created_at: datetime | None = None
    values: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Give a property's value, "" where there is none."""
        value = self.values.get(name)
        return (value[0] or "") if value else ""

    @property
    def emails(self) -> frozenset[str]:
        """All addresses of the contact, lower-cased: the primary and the additional ones."""
        every = [self.text("email"), *self.text("hs_additional_emails").split(";")]
        return frozenset(email.strip().lower() for email in every if email.strip())


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """A deal, order, cart, product or line item as HubSpot gave it.

    `associated` maps an object type to the ids linked with this record, where they were read.
    """

    type: ObjectType
    object_id: int
    properties: Mapping[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    associated: Mapping[ObjectType, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EmailEvent:
    """A marketing e-mail event (HubSpot's e-mail events API v1): keyed by address, not contact."""

    id: str
    type: str
    recipient: str
    created_at: datetime
    campaign_id: str
    campaign_name: str
    url: str
    filtered: bool
    app_id: str = ""  # with `campaign_id`, what HubSpot's campaign look-up asks for


@dataclass(frozen=True, slots=True)
class Form:
    """A form of the portal."""

    form_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission of a form. HubSpot gives no contact id: `email` is the link."""

    form: Form
    conversion_id: str | None
    submitted_at: datetime
    page_url: str
    values: Mapping[str, str]

    @property
    def email(self) -> str | None:
        """The address in the submission, lower-cased; None where the form asked for none."""
        return (self.values.get("email") or "").strip().lower() or None


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a webhook delivery.

    `type` is HubSpot's `subscriptionType` as sent; `action` is what stands behind its dot
    (`creation`, `propertyChange`, `deletion`, `merge`, `restore`, `privacyDeletion`,
    `associationChange`), and `object_type` what the message is about.
    """

    portal_id: int
    type: str
    action: str
    object_type: ObjectType
    object_id: int | None
    occurred_at: datetime
    event_id: str
    property_name: str | None = None
    property_value: str | None = None
    change_source: str | None = None
    source_id: str | None = None
    app_id: int | None = None
    merged_ids: tuple[int, ...] = ()  # of a merge: every id that is no more (or may be no more)
    survivor_id: int | None = None  # of a merge: the id that lives on
    ends: tuple[tuple[ObjectType, int], ...] = ()  # of an association change: its two ends


@dataclass(frozen=True, slots=True)
class Refused:
    """One entry of a webhook delivery that can't be read, and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What HubSpot's token endpoint handed out. `refresh_token` may differ from the one sent."""

    portal_id: int
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int  # seconds
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Whose an access token is, as HubSpot's introspection says."""

    portal_id: int
    scopes: tuple[str, ...]
    active: bool
    user: str
    hub_domain: str


@dataclass(frozen=True, slots=True)
class Account:
    """A portal's own settings, as its account details give them."""

    portal_id: int
    time_zone: str
    currency: str
    ui_domain: str


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """A contact entered or left a segment: at which instant, and why."""

    contact_id: int
    segment: str
    entered: bool
    at: datetime
    cause: Cause
    why: str


class Membership(NamedTuple):
    """A contact's place in a segment; `until` is when it ends by itself, None where never.

    Kept as milliseconds: a look reads thousands of them, and most stand as they did.
    """

    entered_ms: int
    until_ms: int | None

    @classmethod
    def between(cls, entered_at: datetime, until: datetime | None) -> "Membership":
        """Make one of instants."""
        return cls(to_ms(entered_at), None if until is None else to_ms(until))

    @property
    def entered_at(self) -> datetime:
        """Tell since when."""
        return from_ms(self.entered_ms)

    @property
    def until(self) -> datetime | None:
        """Tell until when."""
        return None if self.until_ms is None else from_ms(self.until_ms)


@dataclass(frozen=True, slots=True)
class StageHeld:
    """A contact's lifecycle stage ("" for the one named by `otherwise`)."""

    key: str
    since: datetime
    changes_at: datetime | None


class IntentKind(StrEnum):
    """What is written back."""

    LIST = "list"
    PROPERTIES = "properties"
    ENROLLMENT = "enrollment"


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to write back.

    list: target = segment, wanted "in" or "out"; properties: wanted = JSON object of property
    values; enrollment: target = trigger, occurrence = which one, wanted = the workflow's flow
    id. `held_back` is the reason why it is not to be done after all (a control group).
    """

    contact_id: int
    kind: IntentKind
    target: str
    occurrence: str
    wanted: str
    held_back: str = ""


@dataclass(frozen=True, slots=True)
class ListAnswer:
    """What HubSpot did with one add-and-remove on a list. Ids in neither were already so."""

    added: frozenset[int]
    removed: frozenset[int]
    missing: frozenset[int]


@dataclass(frozen=True, slots=True)
class ItemFault:
    """One item of a batch that HubSpot refused."""

    object_id: int | None
    category: str
    message: str


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """A batch write, item by item: ids that were written, and the faults of those that weren't."""

    written: frozenset[int]
    faults: tuple[ItemFault, ...]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow of the portal and how it enrolls.

    `legacy_id` is what the v2 enrollment endpoint takes; None where HubSpot maps none.
    """

    flow_id: str
    name: str
    enabled: bool
    enrolls_by_lists: frozenset[str]  # list ids whose members it enrolls
    re_enrolls: bool
    legacy_id: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an enumeration property: `value` travels, `label` is shown."""

    value: str
    label: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class PropertyDefinition:
    """A property of HubSpot's contacts, or of another object type.

    `type` and `field_type` are HubSpot's pairs: enumeration + checkbox, datetime + date, ...
    """

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[Choice, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class HubSpotList:
    """A list of the portal ("segment" in HubSpot's pages). Only MANUAL ones take our members."""

    list_id: str
    name: str
    processing_type: str
    created_at: datetime | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event occurrence (HubSpot's Enterprise event API): a page visit, a form view, ..."""

    id: str
    type: str
    contact_id: int
    occurred_at: datetime
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A kind of e-mail that an address can take or refuse."""

    subscription_id: str
    name: str
    active: bool
