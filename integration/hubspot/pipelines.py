"""Pipelines and their stages."""

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import readable, results_of
from mappings.model import ObjectType
from mappings.pipelines import Stage, stages_of
from mappings.words import PLURALS


def stages(door: Door, kind: ObjectType) -> dict[str, Stage]:
    """Read the stages of an object type by id, of all its pipelines."""
    body = door.call("GET", versions.path("pipelines", f"/{PLURALS[kind]}")).body
    found: dict[str, Stage] = {}
    for some in readable(stages_of, results_of(body), "pipelines"):
        found |= some
    return found
