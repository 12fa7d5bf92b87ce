"""Which contact properties are read and which are Segue's own: reads data/properties.yml."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from mappings.writing import Choice, PropertyDefinition


@dataclass(frozen=True, slots=True)
class Own:
    """A property of Segue's own; `options` is segments, stages or empty."""

    definition: PropertyDefinition
    options: str


@dataclass(frozen=True, slots=True)
class Properties:
    """All of data/properties.yml."""

    read: tuple[str, ...]
    group: str
    group_label: str
    own: tuple[Own, ...]


@lru_cache(maxsize=1)
def load_properties() -> Properties:
    """Read what ships in mappings/data/properties.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/properties.yml").read_text("utf-8"))
    group = data["group"]
    return Properties(
        read=tuple(data["read"]),
        group=group["name"],
        group_label=group["label"],
        own=tuple(_own(entry, group["name"]) for entry in data["write"]),
    )


def _own(entry: dict[str, Any], group: str) -> Own:
    return Own(
        PropertyDefinition(
            name=entry["name"],
            label=entry["label"],
            type=entry["type"],
            field_type=entry["field"],
            group=group,
            description=entry["description"],
        ),
        entry.get("options", ""),
    )


def definitions(
    segments: Iterable[tuple[str, str]], stages: Iterable[tuple[str, str]]
) -> list[PropertyDefinition]:
    """Give Segue's properties with their options; `segments` and `stages` are (key, name)."""
    choices = {
        "segments": tuple(Choice(key, name) for key, name in segments),
        "stages": tuple(Choice(key, name) for key, name in stages),
        "": (),
    }
    return [
        PropertyDefinition(
            name=own.definition.name,
            label=own.definition.label,
            type=own.definition.type,
            field_type=own.definition.field_type,
            group=own.definition.group,
            options=choices[own.options],
            description=own.definition.description,
        )
        for own in load_properties().own
    ]
