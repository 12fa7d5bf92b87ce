"""The property definitions and groups of one object type in one portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

import yaml

from sandbox import facts
from sandbox.errors import ApiError, conflict, invalid, not_found
from sandbox.objects.types import ObjectType

from .model import Definition, Group, Option, changed, check_name, read_definition


@dataclass
class PropertyBook:
    """Definitions by name, archived ones among them, and their groups."""

    kind: ObjectType
    definitions: dict[str, Definition] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)

    @classmethod
    def with_defaults(cls, kind: ObjectType, now: datetime) -> PropertyBook:
        """Build the book of a new account."""
        spec = _defaults()[kind.plural]
        group = spec["group"]
        options = _defaults()["options"]
        book = cls(kind, groups={group: Group(group, _label(group))})
        for name, words in spec["properties"].items():
            made = _default(name, words.split(), options.get(name, {}), now)
            book.definitions[name] = replace(made, group_name=group)
        return book

    def live(self, name: str) -> Definition | None:
        """Find a definition that isn't archived."""
        known = self.definitions.get(name)
        return known if known and known.archived_at is None else None

    def get(self, name: str, archived: bool = False) -> Definition:
        """Find a definition, live or archived; raise the 404 otherwise."""
        known = self.definitions.get(name)
        if known is None or (known.archived_at is not None) != archived:
            raise not_found(f'Property "{name}" does not exist')
        return known

    def create(self, body: Mapping[str, object], now: datetime) -> Definition:
        """Define a property; an archived one of that name comes back with the new definition."""
        wanted = read_definition(body, now)
        if self.live(wanted.name):
            message = f"A property named '{wanted.name}' already exists."
            raise ApiError(
                409,
                message,
                "OBJECT_ALREADY_EXISTS",
                {"subCategory": "Properties.PROPERTY_WITH_NAME_EXISTS"},
            )
        if not self._has_group(wanted.group_name):
            message = f"The property group {wanted.group_name} does not exist"
            raise invalid(message, "Properties.INVALID_GROUP")
        self._check_room(wanted)
        self.definitions[wanted.name] = wanted
        return wanted

    def change(self, name: str, body: Mapping[str, object], now: datetime) -> Definition:
        """Change a definition by PATCH."""
        known = self.get(name)
        if "groupName" in body and not self._has_group(str(body["groupName"])):
            raise invalid("The property group does not exist", "Properties.INVALID_GROUP")
        self.definitions[name] = changed(known, body, now)
        return self.definitions[name]

    def archive(self, name: str, now: datetime) -> None:
        """Archive a definition; HubSpot's own ones can't be."""
        known = self.get(name)
        if known.hubspot_defined:
            raise invalid(f"{name} is defined by HubSpot", "Properties.CANNOT_DELETE_PROPERTY")
        self.definitions[name] = known.with_archived(now)

    def create_group(self, body: Mapping[str, object]) -> Group:
        """Add a group; raise the 409 when the name is taken."""
        name, label = str(body.get("name") or ""), str(body.get("label") or "")
        check_name(name)
        if not label:
            raise invalid("Some required fields were not set: [label]")
        if self._has_group(name):
            raise conflict(f"A property group named '{name}' already exists.")
        order = body.get("displayOrder")
        self.groups[name] = Group(name, label, order if isinstance(order, int) else -1)
        return self.groups[name]

    def group(self, name: str) -> Group:
        """Find a group; raise the 404 otherwise."""
        if not self._has_group(name):
            raise not_found(f"Property group {name} does not exist")
        return self.groups[name]

    def _has_group(self, name: str) -> bool:
        return name in self.groups

    def _check_room(self, wanted: Definition) -> None:
        own = [d for d in self.definitions.values() if not d.hubspot_defined and not d.archived_at]
        if len(own) >= facts.PROPERTIES_MAX:
            raise invalid("The limit of custom properties is reached", "Properties.LIMIT_EXCEEDED")
        unique = sum(d.has_unique_value for d in own)
        if wanted.has_unique_value and unique >= facts.UNIQUE_PROPERTIES_MAX:
            raise invalid("The limit of unique properties is reached", "Properties.LIMIT_EXCEEDED")


@cache
def _defaults() -> Any:
    text = resources.files("sandbox.properties").joinpath("defaults.yml").read_text("utf-8")
    return yaml.safe_load(text)


def _default(
    name: str, words: list[str], options: Mapping[object, object], now: datetime
) -> Definition:
    kind, field_type, *flags = words
    labels = options or ({"true": "True", "false": "False"} if kind == "bool" else {})
    return Definition(
        name=name,
        label=_label(name),
        type=kind,
        field_type=field_type,
        group_name="",
        created_at=now,
        updated_at=now,
        options=tuple(
            Option(str(value), str(label), order)
            for order, (value, label) in enumerate(labels.items())
        ),
        calculated="calculated" in flags,
        read_only="read_only" in flags,
        external="external" in flags,
        has_unique_value="unique" in flags,
        hubspot_defined=True,
    )


def _label(name: str) -> str:
    return name.removeprefix("hs_").replace("_", " ").capitalize()
