"""A portal in which things happen while Segue is down, and the same with Segue up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from integration.flows import journal, survey
from integration.store import contacts, sync
from mappings.model import PortalState
from sandbox import acts
from sandbox.apps import JOURNAL_SCOPES
from sandbox.happening import USER
from sandbox.marketing.acts import deliver_email, open_email, send_email, submit_form
from sandbox.marketing.model import EmailCampaign, Form
from sandbox.objects import types
from sandbox.objects.merge import merge
from tests.flows.acting import its_list
from tests.house import APP_ID, CLIENT_ID, HUB_ID, NOON, House

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NAMES = ("anna", "bert", "cleo", "dora", "emil", "fred", "gina", "hugo")
COMPARED = ("email", "country", "firstname", "lifecyclestage", "hs_additional_emails")


def turn(house: House) -> int:
    """Let every job have one turn, the journal's among them; give how much was done."""
    segue = house.segue
    read = journal.run(segue.tools, segue.keeper, segue.journal, APP_ID)
    return read + house.step()


def rest(house: House, idle: int = 13) -> None:
    """Work until nothing was left to do for so many seconds."""
    quiet = 0
    for _ in range(2_000):
        if turn(house):
            quiet = 0
            continue
        quiet += 1
        house.clock.advance(SECOND)
        if quiet > idle:
            return
    raise AssertionError("it never comes to rest")


def with_journal(house: House) -> None:
    """Let the app have a journal."""
    house.sandbox.apps[CLIENT_ID].own_scopes = JOURNAL_SCOPES


@dataclass
class Outage:
    """Days in a portal: what people do, at hours from the beginning."""

    house: House
    ids: dict[str, str] = field(default_factory=dict)
    carts: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Install into a portal with people and their past."""
        portal = self.house.portal
        portal.marketing.campaigns[7] = EmailCampaign(7, 113, 1, 2, "Summer sale", "Sale!")
        portal.marketing.forms["f-1"] = Form("f-1", "E-book: knots", ("email",), NOON)
        for name in NAMES:
            values = {"email": f"{name}@example.com", "country": "SE"}
            self.ids[name] = portal.contacts.create(values).id
        acts.place_order(portal, self.ids["emil"], {"hs_total_price": "5"})
        self.carts["anna"] = acts.fill_cart(portal, self.ids["anna"], {"hs_total_price": "9"}).id
        self.house.install()
        rest(self.house)
        self.house.clock.set(NOON + HOUR)

    def deeds(self) -> Iterable[tuple[float, Callable[[], Any]]]:
        """Say what happens when, as a share of the days."""
        portal, ids = self.house.portal, self.ids
        return (
            (0.05, lambda: self._create("ines", country="DE")),
            (0.10, lambda: portal.contacts.update(ids["anna"], {"country": "NO"})),
            (0.15, lambda: portal.contacts.archive(ids["bert"])),
            (0.20, lambda: acts.place_order(portal, ids["cleo"], {"hs_total_price": "7"})),
            (0.25, lambda: self._cart("dora")),
            (0.30, lambda: portal.carts.update(self.carts["dora"], {"hs_total_price": "30"})),
            (0.35, lambda: portal.carts.update(self.carts["anna"], {"hs_total_price": "8"})),
            (0.40, lambda: merge(portal, types.CONTACT, (ids["anna"], ids["emil"]), USER)),
            (0.45, lambda: portal.forget(ids["fred"])),
            (0.50, lambda: portal.contacts.archive(ids["gina"])),
            (0.55, lambda: portal.contacts.restore(ids["gina"])),
            (0.60, lambda: acts.open_deal(portal, ids["hugo"], {"dealstage": "closedwon"})),
            (0.65, lambda: self._mail("cleo")),
            (0.70, lambda: self._submit("dora")),
            (0.75, lambda: portal.contacts.update(ids["cleo"], {"lifecyclestage": "customer"})),
            (0.80, lambda: portal.contacts.update(ids["ines"], {"country": "SE"})),
            (0.85, self._edit_list),
        )

    def live(self, days: float, *, up: bool) -> None:
        """Live through the days, with Segue up or down meanwhile; then let it come to rest."""
        begun = self.house.clock.now()
        deliver = self.house.deliver_to
        if not up:
            self.house.deliver_to = lambda *_: 503
        for share, deed in self.deeds():
            self._pass_until(begun + timedelta(days=days) * share, up=up)
            deed()
            if up:
                rest(self.house, idle=0)
        self._pass_until(begun + timedelta(days=days), up=up)
        self.house.deliver_to = deliver
        for _ in range(3):
            rest(self.house)
            self.house.clock.advance(survey.CHECK_EVERY)
        rest(self.house)

    def outcome(self) -> dict[str, Any]:
        """Give all that must be so whether Segue was up or not."""
        house = self.house
        every = {name: int(each) for name, each in self.ids.items()}
        with house.segue.store.read() as connection:
            kept = contacts.load(connection, HUB_ID, every.values())
        names = {one: name for name, one in every.items()}
        segments = sorted(house.segue.tools.rules(HUB_ID).book.segments)
        return {
            "states": {name: kept[one].state.value for name, one in every.items()},
            "values": {
                name: {each: kept[one].text(each) for each in COMPARED}
                for name, one in every.items()
            },
            "timelines": {
                name: sorted((event.id, event.at, event.kind) for event in house.timeline(one))
                for name, one in every.items()
            },
            "members": {key: sorted(names[one] for one in house.members(key)) for key in segments},
            "listed": {key: sorted(names[one] for one in self._listed(key)) for key in segments},
            "live": house.state is PortalState.LIVE,
        }

    def _listed(self, key: str) -> set[int]:
        known = its_list(self.house, key)
        return {int(each) for each in self.house.portal.lists.members(known)}

    def _pass_until(self, at: Any, *, up: bool) -> None:
        """Let time pass; while Segue is down, HubSpot tries in vain, hour by hour."""
        step = 8 * HOUR if up else HOUR
        while self.house.clock.now() < at:
            self.house.clock.set(min(self.house.clock.now() + step, at))
            if not up:
                self.house.hear()
            elif self.house.clock.now() < at:
                rest(self.house, idle=0)

    def _create(self, name: str, **values: str) -> None:
        made = self.house.portal.contacts.create({"email": f"{name}@example.com", **values})
        self.ids[name] = made.id

    def _cart(self, name: str) -> None:
        made = acts.fill_cart(self.house.portal, self.ids[name], {"hs_total_price": "20"})
        self.carts[name] = made.id

    def _mail(self, name: str) -> None:
        now, address = self.house.clock.now(), f"{name}@example.com"
        send_email(self.house.portal, 7, address, now)
        deliver_email(self.house.portal, 7, address, now)
        open_email(self.house.portal, 7, address, now)

    def _submit(self, name: str) -> None:
        now = self.house.clock.now()
        submit_form(self.house.portal, "f-1", {"email": f"{name}@example.com"}, "https://x", now)

    def _edit_list(self) -> None:
        """Somebody takes one out of a list by hand."""
        swedes = its_list(self.house, "swedes")
        self.house.portal.lists.remove(swedes.id, [self.ids["hugo"]])


def watches(house: House) -> dict[str, Any]:
    """Read the watches of the portal by name."""
    with house.segue.store.read() as connection:
        return {each.source: each for each in sync.every(connection, HUB_ID) if each.is_watch}
