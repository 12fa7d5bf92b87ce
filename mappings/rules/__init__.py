"""Rules: what segments, the lifecycle and triggers say, read from YAML into frozen values."""

from mappings.rules.explain import explain
from mappings.rules.faults import Fault, RuleFaults
from mappings.rules.needs import event_properties_used, kinds_used, properties_used
from mappings.rules.nodes import (
    AllOf,
    AnyOf,
    Condition,
    Enters,
    EventCondition,
    Happens,
    InSegment,
    InStage,
    Leaves,
    Lifecycle,
    Not,
    Occasion,
    PropertyCondition,
    RatioCondition,
    RuleBook,
    Segment,
    Stage,
    StageIs,
    Trigger,
)
from mappings.rules.parse import combine, load_files, parse, shipped
from mappings.rules.portions import overlay, portion

__all__ = [
    "AllOf",
    "AnyOf",
    "Condition",
    "Enters",
    "EventCondition",
    "Fault",
    "Happens",
    "InSegment",
    "InStage",
    "Leaves",
    "Lifecycle",
    "Not",
    "Occasion",
    "PropertyCondition",
    "RatioCondition",
    "RuleBook",
    "RuleFaults",
    "Segment",
    "Stage",
    "StageIs",
    "Trigger",
    "combine",
    "event_properties_used",
    "explain",
    "kinds_used",
    "load_files",
    "overlay",
    "parse",
    "portion",
    "properties_used",
    "shipped",
]
