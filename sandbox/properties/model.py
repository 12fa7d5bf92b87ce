"""Property definitions as the stand-in keeps them, and as they travel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.clock import to_wire
from sandbox.errors import invalid

#: Which field types go with which type (HubSpot refuses other pairs).
PAIRS: Mapping[str, frozenset[str]] = {
    "bool": frozenset({"booleancheckbox", "calculation_equation"}),
    "date": frozenset({"date"}),
    "datetime": frozenset({"date"}),
    "enumeration": frozenset(
        {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"}
    ),
    "number": frozenset({"number", "calculation_equation"}),
    "phone_number": frozenset({"phonenumber"}),
    "string": frozenset(
        {"file", "text", "textarea", "phonenumber", "html", "calculation_equation"}
    ),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Option:
    """One value that an enumeration allows."""

    value: str
    label: str
    display_order: int = -1
    hidden: bool = False
    description: str = ""


@dataclass(frozen=True)
class Definition:
    """One property of one object type.

    `calculated` values are HubSpot's own; `external` enumerations take their options from
    elsewhere, so that any value passes.
    """

    name: str
    label: str
    type: str
    field_type: str
    group_name: str
    created_at: datetime
    updated_at: datetime
    options: tuple[Option, ...] = ()
    description: str = ""
    display_order: int = -1
    has_unique_value: bool = False
    form_field: bool = False
    hidden: bool = False
    calculated: bool = False
    read_only: bool = False
    external: bool = False
    hubspot_defined: bool = False
    archived_at: datetime | None = None

    @property
    def is_multiple(self) -> bool:
        """Tell whether a value can be several options joined by semicolons."""
        return self.type == "enumeration" and self.field_type == "checkbox"

    def with_archived(self, at: datetime | None) -> Definition:
        """Return this definition archived, or back from the archive."""
        return replace(self, archived_at=at)

    def to_json(self) -> dict[str, object]:
        """Write the definition as the properties API does."""
        own = self.hubspot_defined
        body: dict[str, object] = {
            "createdAt": to_wire(self.created_at),
            "updatedAt": to_wire(self.updated_at),
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group_name,
            "options": [_option_json(o) for o in self.options],
            "displayOrder": self.display_order,
            "calculated": self.calculated,
            "externalOptions": self.external,
            "archived": self.archived_at is not None,
            "hasUniqueValue": self.has_unique_value,
            "hidden": self.hidden,
            "hubspotDefined": own,
            "modificationMetadata": {
                "archivable": not own,
                "readOnlyDefinition": own,
                "readOnlyOptions": own,
                "readOnlyValue": self.read_only or self.calculated,
            },
            "formField": self.form_field,
            "dataSensitivity": "non_sensitive",
        }
        if self.archived_at:
            body["archivedAt"] = to_wire(self.archived_at)
        return body


@dataclass(frozen=True)
class Group:
    """A heading under which properties stand in the portal."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False

    def to_json(self) -> dict[str, object]:
        """Write the group as the properties API does."""
        return {
            "name": self.name,
            "label": self.label,
            "displayOrder": self.display_order,
            "archived": self.archived,
        }


def read_definition(body: Mapping[str, object], now: datetime) -> Definition:
    """Read the definition that an app asks for; raise the 400 for what HubSpot refuses."""
    name, label = _text(body, "name"), _text(body, "label")
    kind, field_type = _text(body, "type"), _text(body, "fieldType")
    group_name = _text(body, "groupName")
    check_name(name)
    if kind not in PAIRS:
        raise invalid(f"{kind} is not a property type", "Properties.INVALID_TYPE")
    check_pair(kind, field_type)
    options = read_options(body.get("options"))
    _check_options(kind, field_type, options)
    return Definition(
        name=name,
        label=label,
        type=kind,
        field_type=field_type,
        group_name=group_name,
        created_at=now,
        updated_at=now,
        options=options,
        description=str(body.get("description") or ""),
        display_order=_whole(body.get("displayOrder", -1)),
        has_unique_value=bool(body.get("hasUniqueValue")),
        form_field=bool(body.get("formField")),
        hidden=bool(body.get("hidden")),
    )


def changed(definition: Definition, body: Mapping[str, object], now: datetime) -> Definition:
    """Apply a PATCH: only what it names changes, and `options` are replaced as a whole."""
    field_type = str(body.get("fieldType", definition.field_type))
    check_pair(definition.type, field_type)
    options = read_options(body["options"]) if "options" in body else definition.options
    _check_options(definition.type, field_type, options)
    return replace(
        definition,
        label=str(body.get("label", definition.label)),
        description=str(body.get("description", definition.description)),
        group_name=str(body.get("groupName", definition.group_name)),
        display_order=_whole(body.get("displayOrder", definition.display_order)),
        hidden=bool(body.get("hidden", definition.hidden)),
        form_field=bool(body.get("formField", definition.form_field)),
        field_type=field_type,
        options=options,
        updated_at=now,
    )


def read_options(given: object) -> tuple[Option, ...]:
    """Read an `options` array; values must be distinct."""
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(o, dict) for o in given):
        raise invalid("options must be an array of objects")
    options = tuple(
        Option(
            _text(o, "value"),
            _text(o, "label"),
            _whole(o.get("displayOrder", index)),
            bool(o.get("hidden")),
            str(o.get("description") or ""),
        )
        for index, o in enumerate(given)
    )
    if len({o.value for o in options}) != len(options):
        raise invalid("Property options must have unique values", "Properties.DUPLICATE_OPTIONS")
    return options


def check_name(name: str) -> None:
    """Refuse a name with anything but lower case, digits and underscores."""
    if not _NAME.fullmatch(name) or len(name) > 100:
        raise invalid(f"Property name '{name}' is not valid", "Properties.INVALID_NAME")


def check_pair(kind: str, field_type: str) -> None:
    """Refuse a field type that does not go with the type."""
    if field_type not in PAIRS[kind]:
        message = f"The fieldType {field_type} is not valid for the type {kind}"
        raise invalid(message, "Properties.INVALID_FIELD_TYPE")


def _check_options(kind: str, field_type: str, options: tuple[Option, ...]) -> None:
    boolean = kind == "bool" or (kind == "enumeration" and field_type == "booleancheckbox")
    if boolean and sorted(o.value for o in options) != ["false", "true"]:
        raise invalid("bool properties need exactly the options true and false")
    if kind != "enumeration" and not boolean and options:
        raise invalid(f"Properties of type {kind} can't have options")


def _option_json(option: Option) -> dict[str, object]:
    return {
        "label": option.label,
        "value": option.value,
        "displayOrder": option.display_order,
        "hidden": option.hidden,
        "description": option.description,
    }


def _text(body: Mapping[str, object], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"Some required fields were not set: [{key}]")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise invalid(f"{value!r} is not a whole number")
    return value
