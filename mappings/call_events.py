"""What the collector's calls are as events: reads data/collector.yml and applies it."""

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml

from mappings.calls import Call, Terms
from mappings.catalogue import NUMBER_TYPES, Catalogue, load_catalogue
from mappings.model import Event
from mappings.occurrences import page_rule
from mappings.rules.values import read_number
from mappings.sources import Sources
from mappings.values import clean, text_of

SOURCE: Final = "collector"
LONGEST_NAME: Final = 100
LONGEST_WHOLE_NUMBER: Final = 2**53  # beyond it other programs read another number

Values = Mapping[str, Any]
Look = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class CallRule:
    """The event that a call becomes, and for each of its properties where its value may stand."""

    event: str
    properties: Mapping[str, tuple[str, ...]]
    items: "CallRule | None" = None


@dataclass(frozen=True, slots=True)
class Collector:
    """All of data/collector.yml; `tracks` by folded name."""

    contact_ids: frozenset[str]
    nobody: frozenset[str]
    page: CallRule
    screen: str
    group: str
    tracks: Mapping[str, CallRule]
    catalogue: Catalogue

    def terms(self, consent: str) -> Terms:
        """Say how calls are read that need agreement to a category ("" for any)."""
        return Terms(consent, self.contact_ids, self.nobody)


@lru_cache(maxsize=1)
def load_collector() -> Collector:
    """Read what ships in mappings/data/collector.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/collector.yml").read_text("utf-8"))
    tracks: dict[str, CallRule] = {}
    for entry in data["tracks"]:
        rule = _rule(entry)
        for name in (rule.event, *entry["names"]):
            tracks.setdefault(folded(name), rule)
    return Collector(
        contact_ids=frozenset(data["contact_ids"]),
        nobody=frozenset(data["nobody"]),
        page=_rule(data["page"]),
        screen=data["screen"]["event"],
        group=data["group"]["event"],
        tracks=tracks,
        catalogue=load_catalogue(),
    )


def _rule(entry: Mapping[str, Any]) -> CallRule:
    items = entry.get("items")
    properties = {name: tuple(where) for name, where in entry["properties"].items()}
    return CallRule(entry["event"], properties, _rule(items) if items else None)


def folded(name: str) -> str:
    """Give a name as names are compared: without case, blanks and signs."""
    return "".join(char for char in name.casefold() if char.isalnum())


def custom_kind(name: str) -> str:
    """Give the kind of an event that only a site knows: "Quiz finished" is custom.quiz_finished.

    A name without any Latin letter or digit is told from others by a digest of it.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:LONGEST_NAME]
    if plain:
        return f"custom.{plain}"
    return f"custom.event_{hashlib.sha256(clean(name).encode()).hexdigest()[:8]}"


def call_events(collector: Collector, call: Call, sources: Sources) -> list[Event]:
    """Turn a call into events, their `contact_id` still 0; identify and alias calls are none.

    Of the portal's `sources` only its patterns count: they say what a page is for.
    """
    if call.type == "page":
        return [_visit(collector, call, sources)]
    if call.type == "screen":
        return [_custom(call, collector.screen, {"name": call.name})]
    if call.type == "group":
        return [_custom(call, collector.group, {"group_id": call.name})]
    if call.type != "track":
        return []
    rule = collector.tracks.get(folded(call.name) or call.name)
    if rule is None:
        return [_custom(call, custom_kind(call.name), {})]
    return [_typed(collector, rule, call), *_items(collector, rule, call)]


def _event(call: Call, kind: str, values: Values, tail: str = "") -> Event:
    return Event(0, f"{SOURCE}:{call.id}{tail}", kind, call.at, SOURCE, values)


def _custom(call: Call, kind: str, first: Values) -> Event:
    """Keep all that a call says, numbers and truth values as such."""
    said = {**call.properties, **{name: value for name, value in first.items() if value}}
    kept = {clean(name): _kept(value) for name, value in said.items()}
    return _event(call, kind, {name: value for name, value in kept.items() if value is not None})


def _kept(value: Any) -> str | int | float | bool | None:
    if isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int) and abs(value) <= LONGEST_WHOLE_NUMBER:
        return value
    return text_of(value)


def _typed(collector: Collector, rule: CallRule, call: Call) -> Event:
    return _event(call, rule.event, _values(collector, rule, _of_call(call)))


def _visit(collector: Collector, call: Call, sources: Sources) -> Event:
    """Turn a page call into its event, with the category of its address where it says none.

    It is no look at a product as well: sites tell of that by a call of its own.
    """
    event = _typed(collector, collector.page, call)
    rule = page_rule(sources, str(event.properties.get("url", "")))
    if rule is None or "category" in event.properties:
        return event
    return replace(event, properties={**event.properties, "category": rule.category})


def _items(collector: Collector, rule: CallRule, call: Call) -> list[Event]:
    """Turn each entry of a call's products into an event of its own."""
    if rule.items is None:
        return []
    made = []
    for place, item in enumerate(_products(call)):
        if isinstance(item, Mapping):
            values = _values(collector, rule.items, _of_item(item, call))
            made.append(_event(call, rule.items.event, values, f":item:{place}"))
    return made


def _values(collector: Collector, rule: CallRule, look: Look) -> dict[str, str]:
    values = {}
    for name, places in rule.properties.items():
        kind = collector.catalogue.type_of(rule.event, name)
        said = (_spelled(look(place), is_number=kind in NUMBER_TYPES) for place in places)
        found = next((each for each in said if each), "")
        if found:
            values[name] = found
    return values


def _spelled(value: Any, *, is_number: bool) -> str:
    if value is None or isinstance(value, Mapping | list):
        return ""
    spelled = (text_of(value) or "").strip()
    return "" if is_number and read_number(spelled) is None else spelled


def _of_call(call: Call) -> Look:
    said = _by_folded(call.properties)
    page = call.context.get("page")

    def look(place: str) -> Any:
        if place == "@name":
            return call.name
        if place == "@products":
            return len(_products(call)) or None
        if place == "@amount":
            return _amount(said)
        if place.startswith("@page."):
            return page.get(place.removeprefix("@page.")) if isinstance(page, Mapping) else None
        return said.get(folded(place))

    return look


def _of_item(item: Values, call: Call) -> Look:
    said, beside = _by_folded(item), _by_folded(call.properties)

    def look(place: str) -> Any:
        if place == "@amount":
            return _amount(said)
        if place.startswith("@"):
            return beside.get(folded(place))
        return said.get(folded(place))

    return look


def _amount(said: Values) -> str | None:
    """Multiply an entry's price by its quantity, 1 where it says none."""
    price = read_number(_spelled(said.get("price"), is_number=True))
    times = read_number(_spelled(said.get("quantity"), is_number=True))
    if price is None:
        return None
    return format(price * (Decimal(1) if times is None else times), "f")


def _products(call: Call) -> list[Any]:
    products = _by_folded(call.properties).get("products")
    return products if isinstance(products, list) else []


def _by_folded(said: Values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in said.items():
        found.setdefault(folded(name), value)
    return found
