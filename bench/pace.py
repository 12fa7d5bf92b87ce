"""From behaviour to a list in HubSpot: how long it takes at 50 events a second.

Every event is another contact's and makes it enter a segment. Half of them are orders in HubSpot,
told by its webhooks; half come from the customer's site, by the collector.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Any, Final
from uuid import uuid4

import requests

from bench.beside import HUB_ID, Beside, beside
from bench.figures import Figure, tell
from sandbox import acts
from sandbox.clock import to_wire
from sandbox.objects import types
from sandbox.portal import Portal

RATE: Final = 50
SECONDS: Final = 60
ALONE: Final = 20  # events that come one a second before
MEDIAN: Final = 2.0
SLOWEST: Final = 5.0
PATIENCE: Final = 60.0  # seconds for the last to arrive
_SENDERS: Final = 16
_BEFORE: Final = timedelta(days=300)
_BOUGHT: Final = "Segue: Recent buyers"
# What a site tells, by the list that it leads to.
_TOLD: Final[dict[str, list[dict[str, Any]]]] = {
    "Segue: E-book readers": [{"event": "E-book Downloaded", "properties": {"name": "Guide 7"}}],
    "Segue: Product viewers": [
        {"event": "Product Viewed", "properties": {"product_id": f"p{n}", "price": 18.5}}
        for n in (1, 2, 2)
    ],
    "Segue: Trial users": [{"event": "Trial Started", "properties": {"plan": "Team"}}],
}
_LINE: Final = {"name": "Tent", "quantity": "1", "price": "25"}


@dataclass(frozen=True)
class Deed:
    """What somebody did: the contact, the list that it leads to, and when."""

    contact_id: str
    list_name: str
    at: datetime


@dataclass
class Crowd:
    """The people who act, each once, one after the other."""

    stage: Beside
    people: list[tuple[str, str]]  # id and address
    deeds: list[Deed] = field(default_factory=list)
    _mine: threading.local = field(default_factory=threading.local)

    def act(self, number: int) -> None:
        """Let the next do something: in turns in HubSpot and on the site."""
        contact_id, email = self.people[number]
        if number % 2:
            names = list(_TOLD)
            self._tell(contact_id, email, names[number // 2 % len(names)])
        else:
            self._buy(contact_id)

    def _buy(self, contact_id: str) -> None:
        sandbox = self.stage.hub.sandbox
        values = {"hs_total_price": "25", "hs_currency_code": "USD"}
        with sandbox.lock:
            self.deeds.append(Deed(contact_id, _BOUGHT, sandbox.clock.now()))
            acts.place_order(self.stage.portal, contact_id, values, [_LINE])

    def _tell(self, contact_id: str, email: str, list_name: str) -> None:
        """Send what an SDK sends: one call, or several as a batch."""
        at = self.stage.hub.sandbox.clock.now()
        self.deeds.append(Deed(contact_id, list_name, at))
        said = [_call(email, each, at) for each in _TOLD[list_name]]
        path = "track" if len(said) == 1 else "batch"
        body = said[0] if len(said) == 1 else {"batch": said, "sentAt": to_wire(at)}
        url = f"{self.stage.url}/v1/{path}"
        self._session().post(url, json=body, auth=(self.stage.key, ""), timeout=30)

    def _session(self) -> requests.Session:
        if not hasattr(self._mine, "session"):
            self._mine.session = requests.Session()
        kept: requests.Session = self._mine.session
        return kept


@dataclass(frozen=True)
class Seen:
    """What became of some events: how long each took (None: never arrived), and their pace."""

    waits: list[float | None]
    pace: float

    @property
    def arrived(self) -> list[float]:
        """How long those took that arrived."""
        return [each for each in self.waits if each is not None] or [float("inf")]

    @property
    def slowest(self) -> float:
        """The 99th percentile."""
        return sorted(self.arrived)[ceil(0.99 * len(self.arrived)) - 1]


def figures(engine: str, url: str, seconds: int = SECONDS, alone: int = ALONE) -> list[Figure]:
    """Measure it over a migrated, empty database: first events one by one, then the stream."""
    number = alone + RATE * seconds
    tell(f"{engine}: {2 * number:,} contacts, then {RATE} events a second for {seconds} s")
    with beside(url, lambda portal: _furnish(portal, 2 * number)) as stage:
        crowd = Crowd(stage, _people(stage.portal, number))
        quiet = _seen(crowd, range(alone), 1)
        before = len(_calls(stage))
        many = _seen(crowd, range(alone, number), RATE)
        calls = _calls(stage)
    refused = sum(status == 429 for status in calls)
    lost = (quiet.waits + many.waits).count(None)
    name = "behaviour to HubSpot's list"
    stream = f"{name}, {many.pace:.0f} events a second"
    made = (len(calls) - before) / len(many.waits)
    told = [
        (f"{name}, one event a second: median", median(quiet.arrived), "s", None),
        (f"{stream}: median", median(many.arrived), "s", MEDIAN),
        (f"{stream}: 99th percentile", many.slowest, "s", SLOWEST),
        (f"{stream}: calls for each event", made, "", None),
        (f"{name}: events that never arrived", lost, "", 0),
        (f"{name}: calls that HubSpot refused (429)", refused, "", 0),
    ]
    return [
        Figure(engine, number, what, value, unit, None, most) for what, value, unit, most in told
    ]


def _seen(crowd: Crowd, numbers: range, rate: float) -> Seen:
    first, began = len(crowd.deeds), time.monotonic()
    _stream(crowd, numbers, rate)
    took = time.monotonic() - began
    return Seen(_waits(crowd, first), len(numbers) / took)


def _calls(stage: Beside) -> list[int]:
    """Give the statuses of the calls that count against the portal's limit, so far."""
    return [call.status for call in list(stage.hub.sandbox.calls.calls) if call.hub_id == HUB_ID]


def _furnish(portal: Portal, contacts: int) -> None:
    """Let everybody be known, and every second one have bought long ago."""
    ago = {
        "hs_total_price": "10",
        "hs_external_created_date": to_wire(portal.clock.now() - _BEFORE),
    }
    with portal.quiet():
        for number in range(contacts):
            values = {"email": f"c{number}@example.com", "country": "SE"}
            made = portal.contacts.create(values)
            if number // 2 % 2:
                acts.place_order(portal, made.id, ago)


def _people(portal: Portal, number: int) -> list[tuple[str, str]]:
    every = portal.contacts.records.values()
    return [(each.id, each.properties["email"]) for each in every][:number]


def _call(email: str, what: dict[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "type": "track",
        "messageId": str(uuid4()),
        "userId": email,
        "context": {"traits": {"email": email}},
        "timestamp": to_wire(at),
        **what,
    }


def _stream(crowd: Crowd, numbers: range, rate: float) -> None:
    """Let people act at an even pace, whether or not those before are through."""
    began = time.monotonic()
    with ThreadPoolExecutor(_SENDERS) as pool:
        done = []
        for place, number in enumerate(numbers):
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            done.append(pool.submit(crowd.act, number))
        for each in done:
            each.result()


def _waits(crowd: Crowd, first: int) -> list[float | None]:
    """Wait until everybody is in the list; give how long each took, None where nobody came."""
    end = time.monotonic() + PATIENCE
    while None in (found := [_wait(crowd.stage.portal, deed) for deed in crowd.deeds[first:]]):
        if time.monotonic() > end:
            break
        time.sleep(0.5)
    return found


def _wait(portal: Portal, deed: Deed) -> float | None:
    """Give how long after a deed its contact was put into the list, by the list's own book."""
    known = portal.lists.by_name(types.CONTACT.type_id, deed.list_name)
    membership = known.members.get(deed.contact_id) if known else None
    return (membership.last_added_at - deed.at).total_seconds() if membership else None
