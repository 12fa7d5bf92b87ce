"""The nouns of writing back: what is wished for, what it is written into, how HubSpot answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
class HubSpotList:
    """A list of the portal ("segment" in HubSpot's pages). Only MANUAL ones take our members."""

    list_id: str
    name: str
    processing_type: str
    created_at: datetime | None
    size: int | None


class PropertyOutcome(StrEnum):
    """What became of a property that should exist."""

    CREATED = "created"
    PRESENT = "present"
    ARCHIVED_BY_ADMIN = "archived_by_admin"  # someone removed it: it isn't made again silently
    DIFFERS = "differs"  # the name is taken by a property of another type or with other options


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
class Subscription:
    """A kind of e-mail that an address can take or refuse."""

    subscription_id: str
    name: str
    active: bool
