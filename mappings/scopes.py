"""Which permissions Segue asks a portal for, and what for: reads data/scopes.yml."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class Scopes:
    """HubSpot's scopes, each with what it is for ("to ..."), in the order they are asked for."""

    required: Mapping[str, str]
    optional: Mapping[str, str]


@lru_cache(maxsize=1)
def load_scopes() -> Scopes:
    """Read what ships in mappings/data/scopes.yml."""
    data = yaml.safe_load(files("mappings").joinpath("data/scopes.yml").read_text("utf-8"))
    return Scopes(dict(data["required"]), dict(data["optional"]))
