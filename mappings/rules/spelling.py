"""The values of settings: of which kind they are, how they are written, how they read in words."""

import re
from typing import Final, TypeGuard

from mappings.rules.document import Entry, Listing, NotYaml, Scalar, Table, read_document
from mappings.rules.explain import duration_in_words
from mappings.rules.nodes import Setting
from mappings.rules.values import read_duration, read_number

NAMES: Final = {
    "duration": "a duration",
    "number": "a number",
    "text": "a text",
    "list": "a list of texts",
}
KINDS: Final = NAMES | {
    "duration": "a duration such as 45m, 3h, 30d or 2w",
    "list": "a list of texts such as [/a*, /b*]",
}

_BARE: Final = re.compile(r"[\w/](?:[\w/*. -]*[\w/*])?")  # what needs no quotes in a list


def names_setting(entry: Entry) -> TypeGuard[Table]:
    """Is it a mention of a setting: `{setting: NAME}`?"""
    return isinstance(entry, Table) and "setting" in entry.items


def kind_of(entry: Scalar | Listing) -> str:
    """Give the kind that the spelling of a default has; quotes make anything a text."""
    if isinstance(entry, Listing):
        return "list"
    if entry.plain and re.fullmatch(r"[0-9]+[mhdw]", entry.text):
        return "duration"
    return "number" if entry.plain and read_number(entry.text) is not None else "text"


def spelled(kind: str, entry: Entry) -> str | None:
    """Write an entry as a value of that kind; None where it is none."""
    if isinstance(entry, Listing):
        items = [item.text.strip() for item in entry.items if isinstance(item, Scalar)]
        whole = bool(items) and len(items) == len(entry.items) and all(items)
        return f"[{', '.join(map(_quoted, items))}]" if kind == "list" and whole else None
    if not isinstance(entry, Scalar) or entry.is_null or kind == "list":
        return None
    text = entry.text.strip()
    sound = {
        "duration": read_duration(text) is not None,
        "number": read_number(text) is not None,
        "text": bool(text),
    }
    return text if sound[kind] else None


def respelled(kind: str, text: str) -> str | None:
    """Read what a portal says instead of a default; None where it isn't of the kind.

    A text may stand in quotes and needn't: whatever stands there is a text.
    """
    stripped = text.strip()
    is_quoted = stripped[:1] in {'"', "'"} and stripped[-1:] == stripped[:1]
    if kind != "list" and not (kind == "text" and is_quoted):
        return spelled(kind, Scalar(0, "", stripped, plain=False))
    try:
        return spelled(kind, read_document(stripped, "")[0])
    except NotYaml:
        return None


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def entry_of(setting: Setting, place: Entry) -> Entry:
    """Give a setting's value as if it stood where it is mentioned."""
    line, path = place.line, place.path
    if setting.kind != "list":
        return Scalar(line, path, setting.value, plain=setting.kind != "text")
    return Listing(
        line, path, [Scalar(line, path, text, plain=False) for text in texts_of(setting)]
    )


def texts_of(setting: Setting) -> list[str]:
    """Give the texts of a list, or the one value of any other setting as the only one."""
    if setting.kind != "list":
        return [setting.value]
    found, _ = read_document(setting.value, setting.source)
    items = found.items if isinstance(found, Listing) else []
    return [item.text for item in items if isinstance(item, Scalar)]


def in_words(setting: Setting) -> str:
    """Say a setting's value: `4 hours`, `12`, `Welcome`, `/a*, /b* or /c*`."""
    if setting.kind == "duration":
        return duration_in_words(read_duration(setting.value) or 0)
    texts = texts_of(setting)
    return " or ".join([*([", ".join(texts[:-1])] if texts[:-1] else []), texts[-1]])
