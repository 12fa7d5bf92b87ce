"""A whole Segue beside a stand-in HubSpot, both living by one clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from cryptography.fernet import Fernet

from integration import wiring
from integration.flows import collect, deliver, evaluate, install, intake, recount, survey, sync
from integration.settings import Settings
from integration.store import contacts, memberships, outbox, portals, segments, timeline
from integration.store import sync as sync_store
from integration.store.inbox import Arrived, put
from integration.store.outbox import Item
from integration.wiring import Segue
from mappings.catalogue import load_catalogue
from mappings.model import Event, MembershipChange, PortalState
from mappings.rules import Files, RuleBook, parse
from mappings.writing import IntentKind
from sandbox.apps import App
from sandbox.clock import Clock
from sandbox.marketing.model import Workflow
from sandbox.portal import Account, Portal
from sandbox.server import RunningSandbox, start
from sandbox.state import Sandbox
from sandbox.webhooks.dispatch import flush
from tests.databases import furnish

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
HUB_ID = 62_515_001
KEY = Fernet.generate_key().decode()
CLIENT_ID = "0a1b2c3d-client"
CLIENT_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
APP_ID = 1_160_452
PUBLIC_URL = "https://segue.example"

RULES = """
version: 1
segments:
  buyers:
    name: Buyers
    family: purchase
    description: Bought within 30 days.
    when: {event: purchase, within: 30d}
  cart_abandoners:
    name: Cart abandoners
    family: website
    description: Left a cart 4 hours ago and bought nothing since.
    when: {event: cart_updated, within: 7d, without: {event: purchase, inside: 4h}}
  swedes:
    name: Swedes
    family: custom
    description: Lives in Sweden.
    when: {property: country, is: SE}
  readers:
    name: E-book readers
    family: engagement
    description: Downloaded something within 14 days.
    when: {event: resource_downloaded, within: 14d}
lifecycle:
  stages:
    customer: {name: Customer, when: {event: purchase}, hubspot: customer}
  otherwise: {name: Visitor}
triggers:
  abandoned_cart:
    name: Abandoned cart
    on: {enters: cart_abandoners}
    enroll: {workflow: Abandoned cart}
    again: after 30d
"""


def files_of(text: str) -> Files:
    """Give rules for a test as the files that ship."""
    return (("test.yml", text),)


def book_of(text: str) -> RuleBook:
    """Read rules for a test."""
    return parse(text, "test.yml", load_catalogue())


@dataclass
class House:
    """The two of them, with what a test does and sees."""

    running: RunningSandbox
    segue: Segue
    clock: Clock
    deliver_to: Callable[[str, bytes, Mapping[str, str]], int]

    @property
    def sandbox(self) -> Sandbox:
        return self.running.sandbox

    @property
    def portal(self) -> Portal:
        return self.sandbox.portals[HUB_ID]

    # -- doing --------------------------------------------------------------------------------

    def install(self) -> None:
        """Install the app without its pages, and run the first sync to its end."""
        self.connect()
        self.settle()
        assert self.state is PortalState.LIVE, self.state

    def connect(self) -> None:
        """Install the app without its pages."""
        redirect = self.segue.settings.redirect_uri
        page = requests.post(
            f"{self.running.url}/oauth/authorize",
            data={
                "client_id": CLIENT_ID,
                "redirect_uri": redirect,
                "scope": " ".join(self.sandbox.apps[CLIENT_ID].required_scopes),
                "optional_scope": " ".join(self.sandbox.apps[CLIENT_ID].optional_scopes),
                "portal": str(HUB_ID),
            },
            allow_redirects=False,
            timeout=10,
        )
        code = page.headers["Location"].split("code=")[1].split("&")[0]
        install.install(self.segue.tools, self.segue.keeper, code, redirect)

    def hear(self) -> list[int | None]:
        """Let the stand-in send all webhooks that are due; give the statuses it got."""
        return [each.status for each in flush(self.sandbox, self.deliver_to)]

    def settle(self) -> None:
        """Hear and work until nothing is left that is due now or within a minute."""
        for _ in range(240):
            if self.step() == 0:
                if not self._more_soon():
                    return
                self.clock.advance(timedelta(seconds=1))
        raise AssertionError("the house doesn't come to rest")

    def step(self) -> int:
        """Let every job have one turn; give how much was done."""
        tools = self.segue.tools
        done = len(self.hear())
        install.prepare_waiting(tools)
        survey.run(tools)
        done += sync.run(tools) + intake.run(tools) + collect.run(tools)
        return done + evaluate.run(tools) + recount.run(tools) + deliver.run(tools)

    def _more_soon(self) -> bool:
        """Is something left that only waits for calls, for HubSpot, or for its list?"""
        with self.segue.store.read() as connection:
            portal = portals.get(connection, HUB_ID)
            if portal is None or portal.state is PortalState.DISCONNECTED:
                return False
            reading = not sync_store.first_pass_done(connection, HUB_ID)
            counts = outbox.counts(connection, HUB_ID)
        waiting = any(state == "due" for _, state in counts)
        return reading or waiting or portal.state is not PortalState.LIVE

    def add_workflow(self, name: str, **how: Any) -> Workflow:
        """Let a marketer build a workflow; `how` as in the stand-in's Workflow."""
        number = len(self.portal.marketing.workflows) + 1
        made = Workflow(1_580_000_000 + number, 61_000_000 + number, name, self.clock.now(), **how)
        self.portal.marketing.workflows[made.flow_id] = made
        return made

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, then let everybody work."""
        self.clock.advance(by)
        self.settle()

    def post(self, body: bytes) -> None:
        """Put a delivery into the inbox past the door."""
        with self.segue.store.write() as connection:
            put(connection, [Arrived(body, self.clock.now())])

    def close(self) -> None:
        """Stop everything."""
        self.segue.store.engine.dispose()
        self.running.stop()

    # -- seeing -------------------------------------------------------------------------------

    @property
    def state(self) -> PortalState:
        with self.segue.store.read() as connection:
            portal = portals.get(connection, HUB_ID)
        assert portal is not None
        return portal.state

    def members(self, segment: str) -> set[int]:
        """Who is in a segment, here."""
        with self.segue.store.read() as connection:
            return memberships.members(connection, HUB_ID, segment)

    def listed(self, segment: str) -> set[int]:
        """Who is in a segment's list, in HubSpot: of those deleted it shows none."""
        with self.segue.store.read() as connection:
            known = segments.lists(connection, HUB_ID).get(segment)
        if known is None or known.list_id is None:
            return set()
        found = self.portal.lists.find(known.list_id)
        return {int(each) for each in self.portal.lists.members(found)} if found else set()

    def timeline(self, contact_id: int | str) -> list[Event]:
        """A contact's events, newest first."""
        with self.segue.store.read() as connection:
            return timeline.of(connection, HUB_ID, int(contact_id))

    def history(self, contact_id: int | str) -> list[MembershipChange]:
        """A contact's membership changes, newest first."""
        with self.segue.store.read() as connection:
            return memberships.changes_of(connection, HUB_ID, int(contact_id))

    def outbox(self, contact_id: int | str, kind: IntentKind) -> list[Item]:
        """What was wished to be written for a contact."""
        with self.segue.store.read() as connection:
            return outbox.of(connection, HUB_ID, [int(contact_id)], kind)

    def contact_count(self) -> int:
        """How many live contacts there are here."""
        with self.segue.store.read() as connection:
            return contacts.live_count(connection, HUB_ID)

    def enrolled(self, workflow: str) -> list[str]:
        """The contacts that anything tried to enroll into a workflow, once for each try."""
        flows = self.portal.marketing.workflows
        wanted = {flow_id for flow_id, flow in flows.items() if flow.name == workflow}
        log = self.portal.marketing.enrollments.attempts
        return [each.contact_id for each in log if each.flow_id in wanted]

    def in_hubspot(self, contact_id: int | str, name: str) -> str | None:
        """A property's value in HubSpot."""
        return self.portal.contacts.records[str(contact_id)].properties.get(name)

    def calls(self) -> int:
        """How many calls of the API HubSpot has counted."""
        return len(self.sandbox.calls.calls)


def open_house(
    database_url: str,
    rules: str = RULES,
    account: Account | None = None,
    deliver_to: Callable[[str, bytes, Mapping[str, str]], int] | None = None,
) -> House:
    """Start a stand-in with an empty portal and build a Segue beside it."""
    clock = Clock(frozen_at=NOON)
    sandbox = Sandbox(clock=clock)
    app = App(
        CLIENT_ID,
        CLIENT_SECRET,
        APP_ID,
        redirect_uris=(f"{PUBLIC_URL}/install/callback",),
        target_url=f"{PUBLIC_URL}/webhooks/hubspot",
    )
    app.subscribe_to_usual()
    sandbox.add_app(app)
    sandbox.add_portal(HUB_ID, account)
    running = start(sandbox)
    furnish(database_url)
    segue = wiring.build(settings_for(running.url, database_url), clock.now, files_of(rules))
    house = House(running, segue, clock, deliver_to or (lambda *_: 204))
    if deliver_to is None:
        house.deliver_to = lambda _url, body, _headers: _straight(house, body)
    return house


def _straight(house: House, body: bytes) -> int:
    house.post(body)
    return 204


def settings_for(api_url: str, database_url: str) -> Settings:
    """Settings of a Segue beside a stand-in."""
    return Settings(
        database_url=database_url,
        public_url=PUBLIC_URL,
        port=8000,
        client_id=CLIENT_ID,
        app_id=APP_ID,
        api_url=api_url,
        authorize_url=f"{api_url}/oauth/authorize",
        secret_key="a secret key that is long enough",
        token_keys=(KEY,),
        client_secret=CLIENT_SECRET,
    )
