"""Pipelines of deals, orders and tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import to_wire
from sandbox.errors import not_found
from sandbox.objects import types

# The ids of a new account's order pipeline are a hypothesis: read them from the metadata.
_ORDERS = "14a2e10e-5471-408a-906e-c51f3b04369e"


@dataclass(frozen=True)
class Stage:
    """One stage; `probability` is a deal's, from 0 to 1; a ticket's says OPEN or CLOSED."""

    id: str
    label: str
    is_closed: bool = False
    probability: float | None = None
    ticket_state: str = ""

    @property
    def is_won(self) -> bool:
        """Tell whether a deal in this stage is won."""
        return self.is_closed and self.probability == 1.0


@dataclass(frozen=True)
class Pipeline:
    """A pipeline and its stages in order."""

    id: str
    label: str
    stages: tuple[Stage, ...]
    created_at: datetime

    def to_json(self, order: int) -> dict[str, object]:
        """Write the pipeline as the pipelines API does."""
        at = to_wire(self.created_at)
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": order,
            "stages": [self.stage_json(stage) for stage in self.stages],
            "createdAt": at,
            "updatedAt": at,
            "archived": False,
        }

    def stage_json(self, stage: Stage) -> dict[str, object]:
        """Write one of its stages as the pipelines API does."""
        metadata = {"isClosed": "true" if stage.is_closed else "false"}
        if stage.probability is not None:
            metadata["probability"] = str(stage.probability)
        if stage.ticket_state:
            metadata = {"ticketState": stage.ticket_state, **metadata}
        at = to_wire(self.created_at)
        return {
            "id": stage.id,
            "label": stage.label,
            "displayOrder": self.stages.index(stage),
            "metadata": metadata,
            "createdAt": at,
            "updatedAt": at,
            "archived": False,
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass
class Pipelines:
    """All pipelines of a portal, by type of object."""

    opened_at: datetime
    by_type: dict[str, list[Pipeline]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin with what every account has."""
        self.add(types.DEAL, "default", "Sales Pipeline", _DEAL_STAGES)
        self.add(types.ORDER, _ORDERS, "Order Pipeline", _ORDER_STAGES)
        self.add(types.TICKET, "0", "Support Pipeline", _TICKET_STAGES)

    def add(
        self, kind: types.ObjectType, id_: str, label: str, stages: Sequence[Stage]
    ) -> Pipeline:
        """Add a pipeline."""
        pipeline = Pipeline(id_, label, tuple(stages), self.opened_at)
        self.of(kind).append(pipeline)
        return pipeline

    def of(self, kind: types.ObjectType) -> list[Pipeline]:
        """Return the (living) list of a type's pipelines."""
        return self.by_type.setdefault(kind.type_id, [])

    def get(self, kind: types.ObjectType, id_: str) -> Pipeline:
        """Find a pipeline; raise the 404 otherwise."""
        for pipeline in self.of(kind):
            if pipeline.id == id_:
                return pipeline
        raise not_found(f"Pipeline {id_} does not exist")


_DEAL_STAGES = (
    Stage("appointmentscheduled", "Appointment Scheduled", probability=0.2),
    Stage("qualifiedtobuy", "Qualified To Buy", probability=0.4),
    Stage("presentationscheduled", "Presentation Scheduled", probability=0.6),
    Stage("decisionmakerboughtin", "Decision Maker Bought-In", probability=0.8),
    Stage("contractsent", "Contract Sent", probability=0.9),
    Stage("closedwon", "Closed Won", is_closed=True, probability=1.0),
    Stage("closedlost", "Closed Lost", is_closed=True, probability=0.0),
)
_ORDER_STAGES = (
    Stage("4b27b500-f031-4927-9811-68a0b525cbae", "Open"),
    Stage("937ea84d-0a4f-4dcf-9028-3f9c2aafbf03", "Processed"),
    Stage("aa99e8d0-c1d5-4071-b915-d240bbb1aed9", "Shipped"),
    Stage("3725360f-519b-4b18-a593-494d60a29c9f", "Delivered", is_closed=True),
    Stage("3c85a297-e9ce-400b-b42e-9f16853d69d6", "Cancelled", is_closed=True),
)
_TICKET_STAGES = (
    Stage("1", "New", ticket_state="OPEN"),
    Stage("2", "Waiting on contact", ticket_state="OPEN"),
    Stage("3", "Waiting on us", ticket_state="OPEN"),
    Stage("4", "Closed", is_closed=True, ticket_state="CLOSED"),
)
