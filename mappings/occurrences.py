"""What event occurrences become: page visits, views of forms and media, custom events."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from mappings.catalogue import is_custom
from mappings.model import Event, Occurrence
from mappings.patterns import assigned, fits
from mappings.sources import PageRule, Sources

SOURCE: Final = "occurrence"
PAGE_VIEWED: Final = "page_viewed"
# pe62515_demo_booked and ae113_demo_booked: an account's and an app's own kinds of event.
_OWN: Final = re.compile(r"(?:pe|ae)\d+_(.+)")


def occurrence_events(sources: Sources, one: Occurrence) -> list[Event]:
    """Turn an occurrence into the events of its contact; none where nothing is known of its type.

    The event's id holds its kind: what an occurrence becomes may change with the patterns.
    """
    own = _OWN.fullmatch(one.type)
    kinds = _assigned(sources, one, own[1] if own else "")
    if kinds:
        return [_event(one, kind, _of_custom(sources, kind, one)) for kind in kinds]
    for rule in sources.occurrences:
        if fits(rule.names, one.type):
            values = _first_of(rule.properties, one.properties)
            if rule.event == PAGE_VIEWED:
                return _visit(sources, one, values)
            return [_event(one, rule.event, values)]
    return []


def occurrence_stem(one: Occurrence) -> str:
    """Name an occurrence; the ids of its events begin with it."""
    return f"{SOURCE}:{one.id}"


def _assigned(sources: Sources, one: Occurrence, name: str) -> list[str]:
    """Give the kinds that patterns say, or the account's own kind for an event of its own."""
    patterns = sources.patterns["custom_events"].value
    kinds = assigned(patterns, *([name, one.type] if name else [one.type]))
    custom = f"custom.{name}"
    if not kinds and name and is_custom(custom):
        return [custom]
    return kinds


def _event(one: Occurrence, kind: str, values: Mapping[str, str]) -> Event:
    name = f"{occurrence_stem(one)}:{kind}"
    return Event(one.contact_id, name, kind, one.occurred_at, SOURCE, dict(values))


def _of_custom(sources: Sources, kind: str, one: Occurrence) -> dict[str, str]:
    """Take over the properties that the kind has, by their names or HubSpot's (hs_...); all that
    there are for a kind of the account's own."""
    known = sources.kinds.get(kind)
    if known is None:
        return {name: value for name, value in one.properties.items() if value.strip()}
    wanted = {name: (name, f"hs_{name}") for name in known.properties}
    return _first_of(wanted, one.properties)


def _first_of(wanted: Mapping[str, tuple[str, ...]], given: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: next((given[one].strip() for one in names if given.get(one, "").strip()), "")
        for name, names in wanted.items()
    }
    return {name: value for name, value in found.items() if value}


def _visit(sources: Sources, one: Occurrence, values: dict[str, str]) -> list[Event]:
    """Turn a visit into page_viewed, always, and into what else its address says it is."""
    rule = page_rule(sources, values.get("url", ""))
    if rule is None:
        return [_event(one, PAGE_VIEWED, values)]
    made = [_event(one, PAGE_VIEWED, values | {"category": rule.category})]
    if rule.event:
        made.append(_event(one, rule.event, _of_page(rule, values)))
    return made


def page_rule(sources: Sources, url: str) -> PageRule | None:
    """Find what a page is for, by its address: the first that fits."""
    fitting = (one for one in sources.pages if fits(sources.patterns[one.patterns].value, url))
    return next(fitting, None) if url else None


def _of_page(rule: PageRule, values: Mapping[str, str]) -> dict[str, str]:
    url, title = values.get("url", ""), values.get("title", "")
    path = _path(url)
    last = unquote(path.rstrip("/").rpartition("/")[2])
    marks = {"@url": url, "@path": path, "@title": title or path, "@last": last}
    found = {name: marks.get(where, "") for name, where in rule.properties.items()}
    return {name: value for name, value in found.items() if value}


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:  # anything can stand in an address bar
        return url
