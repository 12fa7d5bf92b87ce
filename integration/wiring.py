"""The only place that constructs: from settings to a Segue that can work."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from integration.flows.books import Books
from integration.flows.gate import Gate, Wait
from integration.flows.tokens import TokenKeeper
from integration.flows.tools import Tools
from integration.hubspot.client import HubSpot
from integration.hubspot.journal import Journal
from integration.hubspot.oauth import App, OAuth
from integration.hubspot.transport import Observer, Transport
from integration.hubspot.wire import open_session
from integration.settings import Settings
from integration.store.engine import Store, open_store
from integration.store.vault import Vault
from mappings.catalogue import load_catalogue
from mappings.model import Lane
from mappings.rules import Files, shipped_files
from mappings.sources import load_sources

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Segue:
    """A whole Segue: what the doors and the worker are handed. `stop` ends its work when set."""

    settings: Settings
    store: Store
    keeper: TokenKeeper
    tools: Tools
    journal: Journal
    stop: threading.Event = field(default_factory=threading.Event)


def now() -> datetime:
    """Tell the time, to the millisecond, in UTC."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def build(
    settings: Settings,
    clock: Clock = now,
    rules: Files | None = None,
    observer: Observer | None = None,
    wait: Wait | None = None,
) -> Segue:
    """Construct a Segue; `rules` stand in for the rules that ship.

    `wait` is how calls that can wait do so. By default in real time, where the clock is the real
    one; by a clock that a test moves nobody waits.
    """
    stop = threading.Event()
    waits = stop.wait if wait is None and clock is now else wait
    store = open_store(settings.database_url)
    session = open_session(connections=32)
    app = App(settings.client_id, settings.client_secret)
    oauth = OAuth(settings.api_url, app, session)
    keeper = TokenKeeper(store, oauth, Vault(list(settings.token_keys)), clock)
    transport = Transport(settings.api_url, Gate(store, clock, waits), keeper, session, observer)

    def hub(portal_id: int, lane: Lane) -> HubSpot:
        return HubSpot(transport, portal_id, lane)

    tools = Tools(
        store=store,
        now=clock,
        hub=hub,
        books=Books(shipped_files() if rules is None else rules, load_catalogue()),
        sources=load_sources(),
        jitter=random.SystemRandom().random,
        stopping=stop.is_set,
    )
    journal = Journal(settings.api_url, oauth, session, clock)
    return Segue(settings, store, keeper, tools, journal, stop)
