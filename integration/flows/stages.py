"""What the stages of a portal's pipelines are: read now and then, and known to all flows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mappings.model import ObjectType
from mappings.pipelines import Stage

Stages = Mapping[str, Stage]

FRESH = timedelta(minutes=10)  # how long what was read is believed
PAUSE = timedelta(minutes=1)  # how soon a stage nobody has heard of is asked for again


@dataclass(frozen=True, slots=True)
class StageBook:
    """The stages by portal and object type. Two threads may read the same twice: no harm."""

    _kept: dict[tuple[int, ObjectType], tuple[datetime, Stages]] = field(default_factory=dict)

    def of(
        self,
        key: tuple[int, ObjectType],
        wanted: set[str],
        now: datetime,
        fetch: Callable[[], Stages],
    ) -> Stages:
        """Give the stages of a portal's object type, from HubSpot where those kept are too old.

        A stage among `wanted` that isn't known may have been made since.
        """
        if key in self._kept:
            read_at, stages = self._kept[key]
            if now - read_at < (FRESH if wanted <= stages.keys() else PAUSE):
                return stages
        stages = fetch()
        self._kept[key] = (now, stages)
        return stages
