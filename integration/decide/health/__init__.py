"""Segment health: from plain figures to findings, each with what to do about it. Pure."""

from integration.decide.health.course import Course, courses, reckoned
from integration.decide.health.facts import Facts, Finding, Kind
from integration.decide.health.report import Health, SegmentLine, health
from integration.decide.health.sample import Experiment, contacts_needed
from integration.decide.health.thresholds import Thresholds

__all__ = [
    "Course",
    "Experiment",
    "Facts",
    "Finding",
    "Health",
    "Kind",
    "SegmentLine",
    "Thresholds",
    "contacts_needed",
    "courses",
    "health",
    "reckoned",
]
