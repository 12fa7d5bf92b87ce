"""Apps of the developer platform and their installs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from . import facts
from .rates import RollingWindow

_CLASSIC = ("creation", "deletion", "merge", "restore", "privacyDeletion", "associationChange")
_GENERIC = ("creation", "deletion", "associationChange")
_CONTACT_PROPERTIES = ("email", "firstname", "lastname", "country", "lifecyclestage")
_GENERIC_PROPERTIES = {
    "0-3": ("dealstage", "amount", "closedate"),
    "0-123": ("hs_pipeline_stage", "hs_total_price", "hs_fulfillment_status"),
    "0-142": ("hs_external_status", "hs_total_price"),
    "0-5": ("hs_pipeline_stage", "hs_ticket_priority"),
    "0-47": ("hs_meeting_outcome", "hs_meeting_start_time", "hs_meeting_end_time"),
    "0-48": ("hs_call_disposition", "hs_call_duration"),
    "0-69": ("hs_status", "hs_number_of_completed_payments", "hs_recurring_billing_start_date"),
}

REQUIRED_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.lists.read",
    "crm.lists.write",
)
OPTIONAL_SCOPES = (
    "crm.objects.deals.read",
    "crm.objects.orders.read",
    "crm.objects.carts.read",
    "crm.objects.line_items.read",
    "crm.objects.products.read",
    "crm.objects.tickets.read",
    "crm.objects.subscriptions.read",
    "crm.objects.marketing_events.read",
    "crm.objects.owners.read",
    "e-commerce",
    "forms",
    "automation",
    "timeline",
    "content",
    "marketing-email",
    "marketing.email.read",
    "business-intelligence",
    "sales-email-read",
    "communication_preferences.read",
    "communication_preferences.write",
    "communication_preferences.read_write",
    "communication_preferences.statuses.batch.read",
    "communication_preferences.statuses.batch.write",
    "behavioral_events.event_definitions.read_write",
    "analytics.behavioral_events.send",
)

JOURNAL_SCOPES = tuple(
    f"developer.webhooks_journal.{each}"
    for each in ("read", "subscriptions.read", "subscriptions.write")
)


@dataclass(frozen=True)
class Subscription:
    """A webhook subscription; classic types have no `object_type_id`."""

    id: int
    subscription_type: str
    object_type_id: str | None = None
    property_name: str | None = None
    active: bool = True


@dataclass
class App:
    """A public app: its credentials, scopes and where its webhooks go.

    `own_scopes` are what a token of its own may do, without a portal; without them there is no
    journal for it.
    """

    client_id: str
    client_secret: str
    app_id: int
    name: str = "Segue"
    redirect_uris: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = REQUIRED_SCOPES
    optional_scopes: tuple[str, ...] = OPTIONAL_SCOPES
    own_scopes: tuple[str, ...] = ()
    target_url: str | None = None
    subscriptions: list[Subscription] = field(default_factory=list)
    journal_rate: RollingWindow = field(
        default_factory=lambda: RollingWindow(facts.JOURNAL_LIMIT, facts.SEARCH_WINDOW)
    )

    def subscribe(
        self, subscription_type: str, object_type_id: str | None = None, prop: str | None = None
    ) -> Subscription:
        """Add a subscription, or return the equal one that is there already."""
        wanted = (subscription_type, object_type_id, prop)
        for known in self.subscriptions:
            if (known.subscription_type, known.object_type_id, known.property_name) == wanted:
                return known
        subscription = Subscription(self.app_id * 1000 + len(self.subscriptions), *wanted)
        self.subscriptions.append(subscription)
        return subscription

    def subscribe_to_usual(self, contact_properties: Iterable[str] = _CONTACT_PROPERTIES) -> None:
        """Subscribe to contacts the classic way and to the other objects generically."""
        for action in _CLASSIC:
            self.subscribe(f"contact.{action}")
        for name in contact_properties:
            self.subscribe("contact.propertyChange", None, name)
        for type_id, names in _GENERIC_PROPERTIES.items():
            for action in _GENERIC:
                self.subscribe(f"object.{action}", type_id)
            for name in names:
                self.subscribe("object.propertyChange", type_id, name)


@dataclass
class Install:
    """One app in one portal; `uninstalled_at` is set once it was taken out."""

    hub_id: int
    client_id: str
    scopes: tuple[str, ...]
    user_id: int
    installed_at: datetime
    uninstalled_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        """Tell whether the app is installed now."""
        return self.uninstalled_at is None
