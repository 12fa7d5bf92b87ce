"""One HubSpot account and all it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from . import facts
from .associations.book import AssociationBook
from .associations.kinds import Direction
from .context import Context
from .errors import not_found
from .happening import USER, Author, Happening
from .lists.book import ListBook
from .marketing.state import MarketingState
from .objects import types
from .objects.contacts import ContactStore
from .objects.store import ObjectStore
from .pipelines.book import Pipelines
from .properties.book import PropertyBook
from .rates import Rates

if TYPE_CHECKING:
    from .state import Sandbox


@dataclass(frozen=True)
class Account:
    """What an account is: its subscription, place and time."""

    tier: str = "professional"
    name: str = "A portal"
    time_zone: str = "Europe/Berlin"
    currency: str = "USD"
    additional_currencies: tuple[str, ...] = ("EUR",)
    account_type: str = "STANDARD"
    ui_domain: str = "app.hubspot.com"
    data_hosting_location: str = "na1"
    user_email: str = "admin@example.com"
    first_contact_id: int = facts.FIRST_CONTACT_ID
    #: Scopes this account can grant beside those of its tier, and none it can't.
    withheld_scopes: frozenset[str] = field(default_factory=frozenset)


class Portal:
    """One account: records, definitions, lists, marketing. Callers hold the sandbox's lock."""

    def __init__(self, hub_id: int, account: Account, sandbox: Sandbox) -> None:
        self.hub_id = hub_id
        self.account = account
        self.clock = sandbox.clock
        self.settings = sandbox.settings
        self.rates = Rates(ZoneInfo(account.time_zone))
        self.marketing = MarketingState()
        self._sandbox = sandbox
        self._quiet = 0
        self.context = Context(hub_id, self.clock, self.settings, self._tell)
        self.pipelines = Pipelines(self.clock.now())
        self.associations = AssociationBook(self.context)
        self.properties = {
            kind.type_id: PropertyBook.with_defaults(kind, self.clock.now()) for kind in types.ALL
        }
        self.contacts = ContactStore(
            types.CONTACT,
            self.properties[types.CONTACT.type_id],
            self.context,
            account.first_contact_id,
        )
        self.stores = {kind.type_id: self._store(kind) for kind in types.ALL}
        self.lists = ListBook(self.context, self.exists, self._on_list_added)

    @property
    def tier(self) -> str:
        """Name the account's subscription tier."""
        return self.account.tier

    @property
    def deals(self) -> ObjectStore:
        """Return the deals."""
        return self.stores[types.DEAL.type_id]

    @property
    def products(self) -> ObjectStore:
        """Return the products."""
        return self.stores[types.PRODUCT.type_id]

    @property
    def line_items(self) -> ObjectStore:
        """Return the line items."""
        return self.stores[types.LINE_ITEM.type_id]

    @property
    def orders(self) -> ObjectStore:
        """Return the orders."""
        return self.stores[types.ORDER.type_id]

    @property
    def carts(self) -> ObjectStore:
        """Return the carts."""
        return self.stores[types.CART.type_id]

    def reaches(self, tier: str) -> bool:
        """Tell whether the account's tier is at least the named one."""
        return facts.TIERS.index(self.tier) >= facts.TIERS.index(tier)

    def can_grant(self, scope: str) -> bool:
        """Tell whether this account can give an app the scope."""
        if scope in self.account.withheld_scopes:
            return False
        return self.reaches(facts.SCOPE_TIERS.get(scope, facts.TIERS[0]))

    def associated(
        self, kind: types.ObjectType, record_id: str, other: types.ObjectType
    ) -> list[str]:
        """List the live records of another kind that a record is associated with."""
        ids = self.associations.of(kind.type_id, record_id, other.type_id)
        return [id_ for id_ in ids if self.exists(other.type_id, id_)]

    def exists(self, type_id: str, record_id: str) -> bool:
        """Tell whether a live record has this id (an id that was merged away has none)."""
        record = self.stores[type_id].records.get(record_id)
        return record is not None and record.archived_at is None

    def associate(self, direction: Direction, ids: tuple[str, str], author: Author = USER) -> None:
        """Associate two live records; raise the 404 if one of them isn't there."""
        for kind, id_ in zip((direction.from_kind, direction.to_kind), ids, strict=True):
            if not self.exists(kind.type_id, id_):
                raise not_found(f"{kind.constant} {id_} does not exist")
        self.associations.link(direction, *ids, author)

    def forget(self, record_id: str, author: Author = USER) -> None:
        """Delete a contact for privacy, with all that is known of it and its addresses."""
        record = self.contacts.records[record_id]
        additional = record.properties.get("hs_additional_emails", "").split(";")
        addresses = [record.properties.get("email", ""), *additional]
        self.contacts.forget(record, author)
        self.marketing.forget(record_id, [each for each in addresses if each])
        type_id = types.CONTACT.type_id
        self.associations.drop(type_id, record_id)
        self.lists.drop(type_id, record_id)

    def is_in_list(self, list_id: str, record_id: str) -> bool:
        """Tell whether the record is on the list now."""
        known = self.lists.find(list_id)
        return known is not None and record_id in known.members

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Send no webhooks for what is written inside; holds the sandbox's lock."""
        with self._sandbox.lock:
            self._quiet += 1
            try:
                yield
            finally:
                self._quiet -= 1

    def _store(self, kind: types.ObjectType) -> ObjectStore:
        if kind is types.CONTACT:
            return self.contacts
        book = self.properties[kind.type_id]
        first_id = facts.FIRST_OBJECT_ID + types.ALL.index(kind) * 1_000_000_000
        return ObjectStore(kind, book, self.context, first_id, self.pipelines.of(kind))

    def _on_list_added(self, list_id: str, record_ids: list[str]) -> None:
        self.marketing.on_list_added(self, list_id, record_ids, self.clock.now())

    def _tell(self, happening: Happening) -> None:
        if not self._quiet:
            self._sandbox.webhooks.hear(self._sandbox, self.hub_id, happening)
            self._sandbox.journal.hear(self._sandbox, self.hub_id, happening)
