"""Opens and clicks that no person made: what shows them, and for which reason they are marked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from mappings.model import EmailEvent
from mappings.patterns import fits

# The reasons, as they stand in an event's `machine_reason`; of several the first is told.
FILTERED: Final = "HubSpot filtered it"
AGENT: Final = "a known scanner or privacy proxy"
SOON: Final = "within seconds of delivery"
BURST: Final = "links of one e-mail all at once"
REASONS: Final = (FILTERED, AGENT, SOON, BURST)


@dataclass(frozen=True, slots=True)
class Burst:
    """So many different links of one e-mail clicked within so long are a scanner's."""

    links: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Machines:
    """What shows a machine: data/sources.yml says what each stands for."""

    agents: tuple[str, ...]
    open_within: timedelta
    click_within: timedelta
    bursts: tuple[Burst, ...]
    beside: timedelta

    @property
    def reach(self) -> timedelta:
        """Say how far around an event others can show it for a machine's."""
        bursts = [burst.within for burst in self.bursts]
        return self.beside + max([self.open_within, self.click_within, *bursts])


def read_machines(said: Mapping[str, Any]) -> Machines:
    """Read what ships in data/sources.yml."""
    return Machines(
        agents=tuple(said["agents"]),
        open_within=timedelta(seconds=said["open_within"]),
        click_within=timedelta(seconds=said["click_within"]),
        bursts=tuple(
            Burst(one["links"], timedelta(seconds=one["within"])) for one in said["bursts"]
        ),
        beside=timedelta(seconds=said["beside"]),
    )


def shown_by(how: Machines, record: EmailEvent) -> str:
    """Give the reason for which a record by itself is a machine's; nothing where it isn't."""
    if record.filtered:
        return FILTERED
    known = any(fits(how.agents, agent) for agent in record.agents)
    return AGENT if known else ""


def marked(properties: Mapping[str, str], reason: str) -> dict[str, str]:
    """Mark an open or click; a mark that stands stays, with the weightier reason of the two.

    So the order in which evidence comes in can't matter.
    """
    stands = properties.get("machine_reason", "")
    reasons = [each for each in (stands, reason) if each]
    if not reasons:
        return {**properties, "machine": properties.get("machine", "no")}
    first = min(reasons, key=_weight)
    return {**properties, "machine": "yes", "machine_reason": first}


def _weight(reason: str) -> int:
    return REASONS.index(reason) if reason in REASONS else len(REASONS)
