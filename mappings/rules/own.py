"""A portal's rule book: what ships, with what the portal has of its own in its place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from mappings.catalogue import Catalogue
from mappings.rules.document import Table
from mappings.rules.drafts import (
    Draft,
    Opened,
    Settings,
    link,
    open_file,
    read_file,
    settings_said_twice,
    unused_settings,
)
from mappings.rules.faults import Fault, nearest
from mappings.rules.nodes import Happens, RuleBook, StageIs, Trigger
from mappings.rules.reader import Reference
from mappings.rules.spelling import KINDS, respelled

Files: TypeAlias = tuple[tuple[str, str], ...]  # rule files: names and texts

_DATA = Path(__file__).parent.parent / "data"
_REPLACED: Final = ("segments", "triggers")


@dataclass(frozen=True)
class Own:
    """What a portal has of its own.

    `settings` are values by name, spelled as in a rule file; `files` texts of rule files by name;
    `off` what is switched off: `segments.KEY` and `triggers.KEY`.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    off: frozenset[str] = frozenset()


def shipped_files() -> Files:
    """Read the rule files that ship, as names and texts."""
    segments, triggers = (sorted((_DATA / name).glob("*.yml")) for name in _REPLACED)
    paths = [*segments, _DATA / "lifecycle.yml", *triggers]
    return tuple(
        (path.relative_to(_DATA).as_posix(), path.read_text(encoding="utf-8")) for path in paths
    )


def shipped(catalogue: Catalogue) -> RuleBook:
    """Read the rules that ship."""
    return build_book(shipped_files(), Own(), catalogue)


def build_book(files: Iterable[tuple[str, str]], own: Own, catalogue: Catalogue) -> RuleBook:
    """Read the files that ship and the portal's own as one book.

    A segment, trigger, setting or lifecycle of an own file takes the place of the one that ships
    under its key. What is switched off is left out, and with a segment the triggers on it.
    Examples are read as they stand: they are meant for the settings' defaults. Raises RuleFaults
    with all that is wrong; faults in `settings` and `off` have no source and line.
    """
    theirs = [open_file(text, name, catalogue) for name, text in files]
    mine = [open_file(text, name, catalogue) for name, text in own.files.items()]
    theirs = [_without_replaced(opened, mine) for opened in theirs]
    every = [*theirs, *mine]
    faults = settings_said_twice(theirs) + settings_said_twice(mine)
    faults += unused_settings(mine, every)
    declared = {key: one for opened in every for key, one in opened.settings.items()}
    settings, wrong = _set(declared, own.settings)
    drafts = [read_file(opened, settings, catalogue) for opened in every]
    faults += wrong + _unknown_switches(drafts, own.off)
    drafts = [_switched_off(draft, own.off) for draft in drafts]
    return link(drafts, settings, catalogue, None, faults + _still_meant(drafts, own.off))


def _without_replaced(opened: Opened, mine: Sequence[Opened]) -> Opened:
    sections = dict(opened.sections)
    if any("lifecycle" in other.sections for other in mine):
        sections.pop("lifecycle", None)
    for name in _REPLACED:
        table = sections.get(name)
        if isinstance(table, Table):
            gone = {key for other in mine for key in _keys(other, name)}
            kept = {key: below for key, below in table.items.items() if key not in gone}
            sections[name] = replace(table, items=kept)
    replaced = {key for other in mine for key in other.settings}
    settings = {key: one for key, one in opened.settings.items() if key not in replaced}
    return replace(opened, sections=sections, settings=settings)


def _keys(opened: Opened, name: str) -> Iterable[str]:
    table = opened.sections.get(name)
    return table.items if isinstance(table, Table) else ()


def _set(declared: Settings, values: Mapping[str, str]) -> tuple[Settings, list[Fault]]:
    """Give the settings with the portal's values, and what is wrong with these."""
    settings = dict(declared)
    faults = []
    for key, text in values.items():
        path = f"settings.{key}"
        if key not in declared:
            faults.append(Fault("", 0, path, f"unknown setting{nearest(key, declared)}"))
            continue
        setting = declared[key]
        if setting is None:
            continue
        value = respelled(setting.kind, text)
        if value is None:
            faults.append(Fault("", 0, path, f'"{text}" is not {KINDS[setting.kind]}'))
        else:
            settings[key] = replace(setting, value=value)
    return settings, faults


def _unknown_switches(drafts: Sequence[Draft], off: Iterable[str]) -> list[Fault]:
    declared = [name for draft in drafts for name in draft.declared]
    known = {
        "segments": {key for sort, key in declared if sort == "segment"},
        "triggers": {key for draft in drafts for key in draft.triggers},
    }
    faults = []
    for name in sorted(off):
        section, _, key = name.partition(".")
        if section == "stages":
            message = f'"{name}" can\'t be switched off: write a lifecycle of your own without it'
        elif section not in known:
            message = f'unknown rule "{name}"; it is segments.KEY or triggers.KEY'
        elif key not in known[section]:
            message = f'no key of {section} is "{key}"{nearest(key, known[section])}'
        else:
            continue
        faults.append(Fault("", 0, "off", message))
    return faults


def _switched_off(draft: Draft, off: frozenset[str]) -> Draft:
    segments = {key: one for key, one in draft.segments.items() if f"segments.{key}" not in off}
    triggers = {key: one for key, one in draft.triggers.items() if not _is_off(one, off)}
    gone = {("trigger", key) for key in draft.triggers if key not in triggers}
    gone |= {("segment", key) for key in draft.segments if key not in segments}
    references = [one for one in draft.references if one.owner not in gone]
    return replace(draft, segments=segments, triggers=triggers, references=references)


def _is_off(trigger: Trigger, off: frozenset[str]) -> bool:
    on = trigger.on
    waits_for = "" if isinstance(on, Happens | StageIs) else f"segments.{on.key}"
    return f"triggers.{trigger.key}" in off or waits_for in off


def _still_meant(drafts: Sequence[Draft], off: frozenset[str]) -> list[Fault]:
    """Give a fault for each mention of a segment that is switched off."""
    return [
        _refers(reference)
        for draft in drafts
        for reference in draft.references
        if reference.sort == "segment" and f"segments.{reference.key}" in off
    ]


def _refers(reference: Reference) -> Fault:
    sort, key = reference.owner
    message = f'the {sort} "{key}" refers to the segment "{reference.key}", which is switched off'
    return replace(reference.fault, message=message)
