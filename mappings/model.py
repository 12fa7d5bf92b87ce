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
    TICKET = "ticket"
    MEETING = "meeting"
    CALL = "call"
    SUBSCRIPTION = "subscription"
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
    RETENTION = "retention"  # events went that were older than the portal keeps them


class Lane(StrEnum):
    """Who asks for a call: live traffic goes before what can wait."""

    LIVE = "live"
    BULK = "bulk"  # backfill: takes what the live lane leaves, at an even pace
    REPAIR = "repair"  # reconciliation: half of the budget at most, however much there is to do


class Bucket(StrEnum):
    """The rate limits that HubSpot counts apart."""

    GENERAL = "general"
    SEARCH = "search"


class ConsentState(StrEnum):
    """Whether an address takes a kind of e-mail."""

    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    NOT_SPECIFIED = "NOT_SPECIFIED"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a contact did. `id` is stable: the same source record gives the same id.

    `address` is the one (lower case) by which it was told of, "" where the contact's id was.
    """

    contact_id: int
    id: str
    kind: str
    at: datetime
    source: str
    properties: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A contact as HubSpot gave it. Every value in it was true at `updated_at` or later."""

    contact_id: int
    properties: Mapping[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    absorbed: frozenset[int] = frozenset()  # ids that were merged into it


def addresses_in(text: str) -> frozenset[str]:
    """Read the addresses in a value of HubSpot's, which parts several by semicolons."""
    return frozenset(each.strip().lower() for each in text.split(";") if each.strip())


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
    news never undoes newer; `state_at` is the same for the state. `lived_at` and `gone_at` are the
    last instants at which it was known to live and to be deleted, where they still matter.
    """

    contact_id: int
    state: ContactState
    state_at: datetime
    merged_into: int | None = None
    created_at: datetime | None = None
    values: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    lived_at: datetime | None = None
    gone_at: datetime | None = None

    def text(self, name: str) -> str:
        """Give a property's value, "" where there is none."""
        value = self.values.get(name)
        return (value[0] or "") if value else ""

    @property
    def emails(self) -> frozenset[str]:
        """All addresses of the contact, lower-cased: the primary and the additional ones."""
        return addresses_in(f"{self.text('email')};{self.text('hs_additional_emails')}")


@dataclass(frozen=True, slots=True)
class Sighting:
    """A contact was seen to have an e-mail address (lower case) at an instant.

    `by_reading` says that it may have had it long since, or have it from one of those it took in
    (`absorbed`, as far as the reading says); else it came to have it just then.
    """

    contact_id: int
    email: str
    at: datetime
    by_reading: bool = False
    absorbed: frozenset[int] = frozenset()


# Every value that a property had, oldest first, each with the instant of its change.
Versions = tuple[tuple[str | None, datetime], ...]


@dataclass(frozen=True, slots=True)
class History:
    """What a contact's properties were, as far back as HubSpot keeps it."""

    contact_id: int
    versions: Mapping[str, Versions]


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """A record of an object type other than contacts, as HubSpot gave it.

    `associated` maps an object type to the ids linked with this record, where they were read;
    `history` holds the properties of which the versions were read.
    """

    type: ObjectType
    object_id: int
    properties: Mapping[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    associated: Mapping[ObjectType, tuple[int, ...]] = field(default_factory=dict)
    history: Mapping[str, Versions] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """What an address said of one kind of e-mail, and when; `name` is empty where it isn't told."""

    subscription_id: str
    name: str
    state: ConsentState
    at: datetime


@dataclass(frozen=True, slots=True)
class EmailEvent:
    """A marketing e-mail event (HubSpot's e-mail events API v1): keyed by address, not contact.

    `agents` are the words that tell what opened or clicked: the user agent, the browser's name,
    family and type, the owner of the network. `subscriptions` is what changed, of a STATUSCHANGE.
    """

    id: str
    type: str
    recipient: str
    created_at: datetime
    campaign_id: str
    campaign_name: str
    url: str
    filtered: bool
    app_id: str = ""  # with `campaign_id`, what HubSpot's campaign look-up asks for
    agents: tuple[str, ...] = ()
    subscriptions: tuple[ConsentChange, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event occurrence (HubSpot's Enterprise event API): a page visit, a form view, ..."""

    id: str
    type: str
    contact_id: int
    occurred_at: datetime
    properties: Mapping[str, str]
