"""What the people of a portal do in a year: drawn by chance with a seed, the same in every life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sandbox import acts
from sandbox.happening import USER
from sandbox.marketing import acts as marketing
from sandbox.marketing.model import Consent, EmailCampaign, Form, SubscriptionType
from sandbox.objects import types
from sandbox.objects.merge import merge
from sandbox.objects.record import Record
from sandbox.portal import Portal
from tests.house import NOON, House

SECOND = timedelta(seconds=1)
COUNTRIES = ("SE", "SE", "DE", "NO", "FI")
FORMS = ("E-book: knots", "Contact us")
CAMPAIGNS = tuple(range(1, 9))
FIRST = 16  # people at the beginning
FEW, MANY = 12, 28  # between which their number is kept

# What may come together with other deeds of the same contact within seconds: whichever of them is
# known first, the memberships they lead to are the same.
SHARED = {
    "order": 16,
    "cart": 14,
    "fuller_cart": 6,
    "deal": 5,
    "deal_won": 4,
    "mail": 14,
    "form": 7,
    "newcomer_by_form": 2,
    "visit": 9,
    "rename": 7,
    "engage": 7,
}
# What needs the contact for itself: where it was heard without the other deeds of that minute, a
# look in between would honestly see a state that the undisturbed life never saw.
ALONE = {
    "move_house": 9,
    "lifecycle": 4,
    "consent": 4,
    "create": 7,
    "merge": 5,
    "archive": 4,
    "restore": 4,
    "forget": 2,
    "part": 2,
    "change_address": 2,
}
KINDS = {**SHARED, **ALONE}


@dataclass
class People:
    """The people of a portal, and what they did: (instant, deed, contact), in order."""

    house: House
    rng: Random
    log: list[tuple[str, str, str]] = field(default_factory=list)
    everybody: list[str] = field(default_factory=list)
    _busy: set[str] = field(default_factory=set)
    _alone: set[str] = field(default_factory=set)
    _made: int = 0

    @property
    def portal(self) -> Portal:
        return self.house.portal

    def settle_down(self) -> None:
        """Furnish the portal before anybody installs anything."""
        state = self.portal.marketing
        for number in CAMPAIGNS:
            state.campaigns[number] = EmailCampaign(number, 113, 1, number, "News", "News!")
        for number, name in enumerate(FORMS):
            state.forms[f"f-{number}"] = Form(f"f-{number}", name, ("email",), NOON)
        state.subscriptions = {1: SubscriptionType(1, "News", "", "", NOON - timedelta(days=90))}
        for _ in range(FIRST):
            self._new()
        for contact_id in self.everybody[:5]:
            acts.place_order(self.portal, contact_id, {"hs_total_price": "5"})

    def act(self, deeds: int) -> None:
        """Let some deeds be done, a second apart."""
        self._busy.clear()
        self._alone.clear()
        for _ in range(deeds):
            self.house.clock.advance(SECOND)
            with self.house.sandbox.lock:
                self._one()

    def _one(self) -> None:
        kind = self.rng.choices(list(KINDS), list(KINDS.values()))[0]
        live = len(self._live())
        if live <= FEW and kind in ("archive", "forget", "merge"):
            kind = "create"
        if live >= MANY and kind in ("create", "part"):
            kind = "merge"
        deed: Callable[[], str | None] = getattr(self, f"_{kind}")
        who = deed()
        if who is None:  # nobody is there for that
            return
        self._busy.add(who)
        if kind in ALONE:
            self._alone.add(who)
        self.log.append((self.house.clock.now().isoformat(), kind, who))

    # -- whom ---------------------------------------------------------------------------------

    def _live(self) -> list[Record]:
        return [each for each in self.portal.contacts.records.values() if not each.archived_at]

    def _somebody(self, *, address: bool = False) -> Record:
        fit = [
            each
            for each in self._live()
            if each.id not in self._alone and (not address or each.properties.get("email"))
        ]
        return self.rng.choice(fit)

    def _free(self, number: int = 1, *, address: bool = False) -> list[Record]:
        fit = [
            each
            for each in self._live()
            if each.id not in self._busy and (not address or each.properties.get("email"))
        ]
        return self.rng.sample(fit, number)

    def _new(self) -> str:
        self._made += 1
        values = {"firstname": f"P{self._made}", "country": self.rng.choice(COUNTRIES)}
        if self.rng.random() < 0.9:
            values["email"] = f"p{self._made}@example.com"
        return self._know(self.portal.contacts.create(values))

    def _know(self, record: Record) -> str:
        if record.id not in self.everybody:
            self.everybody.append(record.id)
        return record.id

    def _price(self) -> dict[str, str]:
        return {"hs_total_price": str(self.rng.randrange(5, 300))}

    # -- deeds that go together ---------------------------------------------------------------

    def _order(self) -> str:
        who = self._somebody()
        acts.place_order(self.portal, who.id, self._price())
        return who.id

    def _cart(self) -> str:
        who = self._somebody()
        acts.fill_cart(self.portal, who.id, self._price())
        return who.id

    def _theirs(self, kind: types.ObjectType) -> tuple[str, list[Record]] | None:
        who = self._somebody().id
        records = self.portal.stores[kind.type_id].records
        found = [records[each] for each in self.portal.associated(types.CONTACT, who, kind)]
        return (who, found) if found else None

    def _fuller_cart(self) -> str | None:
        found = self._theirs(types.CART)
        if found is None:
            return None
        self.portal.carts.update(self.rng.choice(found[1]).id, self._price())
        return found[0]

    def _deal(self) -> str:
        who = self._somebody()
        stage = self.rng.choice(("appointmentscheduled", "closedwon"))
        acts.open_deal(self.portal, who.id, {"dealstage": stage, "amount": "900"})
        return who.id

    def _deal_won(self) -> str | None:
        found = self._theirs(types.DEAL)
        if found is None:
            return None
        self.portal.deals.update(self.rng.choice(found[1]).id, {"dealstage": "closedwon"})
        return found[0]

    def _mail(self) -> str:
        who, campaign = self._somebody(address=True), self.rng.choice(CAMPAIGNS)
        address, now = who.properties["email"], self.house.clock.now()
        if (campaign, address) not in self.portal.marketing.sent:
            marketing.send_email(self.portal, campaign, address, now - 9 * SECOND)
            marketing.deliver_email(self.portal, campaign, address, now - 8 * SECOND)
        machine = self.rng.random() < 0.3
        marketing.open_email(self.portal, campaign, address, now - 4 * SECOND, machine)
        if self.rng.random() < 0.5:
            marketing.click_email(self.portal, (campaign, address), "https://x.example/a", now)
        return who.id

    def _form(self) -> str:
        who, form = self._somebody(address=True), self.rng.randrange(len(FORMS))
        values = {"email": who.properties["email"], "firstname": self.rng.choice("ABCDE")}
        page, now = "https://x.example/form", self.house.clock.now()
        marketing.fill_form(self.portal, f"f-{form}", values, page, now)
        return who.id

    def _newcomer_by_form(self) -> str:
        self._made += 1
        values, now = {"email": f"p{self._made}@example.com"}, self.house.clock.now()
        made = marketing.fill_form(self.portal, "f-0", values, "https://x.example/e-book", now)
        return self._know(made)

    def _visit(self) -> str | None:
        if not self.portal.reaches("enterprise"):
            return None
        who, page = self._somebody(), self.rng.choice(("prices", "jobs", "blog"))
        where = (f"https://x.example/{page}", page)
        marketing.visit_page(self.portal, who.id, where, self.house.clock.now())
        return who.id

    def _rename(self) -> str:
        """Somebody can't make up their mind."""
        who = self._somebody()
        for _ in range(self.rng.randrange(1, 4)):
            self.house.clock.advance(SECOND)
            self.portal.contacts.update(who.id, {"firstname": self.rng.choice("FGHIJKLM")})
        return who.id

    def _engage(self) -> str:
        who, end = self._somebody(), self.house.clock.now() - timedelta(minutes=5)
        kind, values = self.rng.choice(
            [
                (types.TICKET, {"subject": "It broke"}),
                (types.CALL, {"hs_call_title": "A call", "hs_timestamp": end.isoformat()}),
                (types.SUBSCRIPTION, {"hs_name": "A plan"}),
                (
                    types.MEETING,
                    {
                        "hs_meeting_title": "Demo",
                        "hs_meeting_start_time": (end - timedelta(minutes=30)).isoformat(),
                        "hs_meeting_end_time": end.isoformat(),
                        "hs_meeting_outcome": "COMPLETED",
                    },
                ),
            ]
        )
        acts.engage(self.portal, kind, who.id, values)
        return who.id

    # -- deeds that go alone ------------------------------------------------------------------

    def _move_house(self) -> str:
        [who] = self._free()
        self.portal.contacts.update(who.id, {"country": self.rng.choice(COUNTRIES)})
        return who.id

    def _lifecycle(self) -> str:
        [who] = self._free()
        stage = self.rng.choice(("lead", "marketingqualifiedlead", "opportunity", "customer"))
        self.portal.contacts.update(who.id, {"lifecyclestage": stage})
        return who.id

    def _consent(self) -> str:
        [who] = self._free(address=True)
        address, now = who.properties["email"], self.house.clock.now()
        if self.rng.random() < 0.2:
            marketing.opt_out(self.portal, address, "RECIPIENT", now)
        else:
            said = self.rng.choice(("SUBSCRIBED", "UNSUBSCRIBED"))
            marketing.set_consent(self.portal, address, 1, Consent(said, now, "FORM"))
        return who.id

    def _create(self) -> str:
        return self._new()

    def _merge(self) -> str:
        first, second = self._free(2)
        how = self.portal.settings
        how.merge_makes_third_id = self.rng.random() < 0.5
        how.deletion_after_merge = self.rng.random() < 0.5
        survivor = merge(self.portal, types.CONTACT, (first.id, second.id), USER)
        self._alone |= {first.id, second.id}
        return self._know(survivor)

    def _archive(self) -> str:
        [who] = self._free()
        self.portal.contacts.archive(who.id)
        return who.id

    def _restore(self) -> str | None:
        gone = [
            each
            for each in self.portal.contacts.records.values()
            if each.archived_at
            and each.id not in self._busy
            and self.house.clock.now() - each.archived_at < timedelta(days=80)
        ]
        if not gone:
            return None
        return self.portal.contacts.restore(self.rng.choice(gone).id).id

    def _forget(self) -> str:
        [who] = self._free()
        self.portal.forget(who.id)
        return who.id

    def _part(self) -> str | None:
        """Somebody takes an address off a contact, and makes another one with it."""
        contacts = self.portal.contacts
        fit = [
            each
            for each in self._live()
            if each.id not in self._busy and len(contacts.addresses(each)) > 1
        ]
        if not fit:
            return None
        who = self.rng.choice(fit)
        address = contacts.addresses(who)[1]
        contacts.drop_address(who.id, address)
        self._alone.add(who.id)
        return self._know(contacts.create({"email": address, "country": "SE"}))

    def _change_address(self) -> str:
        [who] = self._free(address=True)
        self._made += 1
        self.portal.contacts.update(who.id, {"email": f"p{self._made}@example.com"})
        return who.id
