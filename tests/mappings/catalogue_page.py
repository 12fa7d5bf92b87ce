"""docs/catalogue.md, written from the rules that ship."""

from collections.abc import Iterable, Sequence

from mappings.rules import Enters, Happens, Leaves, RuleBook, Setting, Trigger, explain
from mappings.rules.explain import duration_in_words
from mappings.rules.spelling import texts_of

HEAD = """# The catalogue that ships

These rules are there from the first minute on:
{counts}.
Every number, pattern and e-mail's name in them is a setting, which a portal can change without
editing the rule. What a rule says exactly stands in [mappings/data](../mappings/data), in the
[segment language](segment-language.md). `segue check` runs the examples of all of them.

Opens and clicks that a scanner or privacy proxy made are nobody's engagement and never count.

Every segment becomes a list in HubSpot. Free and Starter accounts allow few lists (figures change;
HubSpot's Product & Services Catalog has them): switch off the segments that you don't need. The
triggers on a segment are switched off with it; one that another rule needs can't be.

A trigger whose workflow isn't there, or is switched off in HubSpot, does nothing. To begin with
one, make a workflow of that name. A contact that only the edit of a rule moved is enrolled by none
of them.
"""
FAMILIES = ("purchase", "website", "engagement", "lifecycle")


def page(book: RuleBook) -> str:
    """Write the whole page."""
    stages = book.lifecycle.stages if book.lifecycle else ()
    counts = (
        f"{len(book.segments)} segments, {len(stages)} lifecycle stages, "
        f"{len(book.triggers)} triggers, {len(book.settings)} settings"
    )
    parts = [HEAD.format(counts=counts), "## Segments\n", *_segments(book), *_stages(book)]
    parts += ["## Triggers\n", _triggers(book), "## Settings\n", *_settings(book)]
    return "\n".join(parts)


def _segments(book: RuleBook) -> Iterable[str]:
    for family in FAMILIES:
        yield f"### {family.capitalize()}\n"
        rows = [
            (f"`{key}`", one.name, one.description)
            for key, one in book.segments.items()
            if one.family == family
        ]
        yield _table(("segment", "name", "who"), rows)


def _stages(book: RuleBook) -> Iterable[str]:
    lifecycle = book.lifecycle
    assert lifecycle is not None
    yield "## Lifecycle stages\n"
    yield (
        "Looked at from the top: the first that fits is the contact's; who fits none is a "
        f"{lifecycle.otherwise}.\n"
    )
    rows = [
        (f"`{one.key}`", one.name, one.description, f"`{one.hubspot}`") for one in lifecycle.stages
    ]
    yield _table(("stage", "name", "who", "HubSpot's `lifecyclestage`"), rows)


def _triggers(book: RuleBook) -> str:
    rows = [
        (f"`{key}`", one.description, _occasion(one, book), one.workflow, _again(one))
        for key, one in book.triggers.items()
    ]
    return _table(("trigger", "when", "on", "workflow", "again"), rows)


def _occasion(trigger: Trigger, book: RuleBook) -> str:
    on = trigger.on
    if isinstance(on, Happens):
        return explain(on.condition, book)
    assert isinstance(on, Enters | Leaves)
    return f"{type(on).__name__.lower()} `{on.key}`"


def _again(trigger: Trigger) -> str:
    if trigger.again is None:
        return "never"
    return f"after {duration_in_words(trigger.again)}" if trigger.again else "always"


def _settings(book: RuleBook) -> Iterable[str]:
    for source in dict.fromkeys(one.source for one in book.settings.values()):
        yield f"### {source}\n"
        rows = [
            (f"`{key}`", _value(one), one.description)
            for key, one in book.settings.items()
            if one.source == source
        ]
        yield _table(("setting", "default", "what it says"), rows)


def _value(setting: Setting) -> str:
    return ", ".join(f"`{text}`" for text in texts_of(setting))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines)


def _escaped(cell: str) -> str:
    """Keep bars and, where it isn't code, stars from being taken for Markdown's own."""
    text = cell.replace("|", "\\|")
    return text if text.startswith("`") else text.replace("*", "\\*")
