"""What `segue rules` prints: a portal's rules, and the course of their changes, in words."""

from collections.abc import Iterator
from datetime import datetime

from console.table import table
from console.times import machine, plural
from integration.flows.rules import ON
from integration.store.rules import Recount, Version
from mappings.rules import Own, RuleBook


def page_of(book: RuleBook, own: Own, recount: Recount) -> str:
    """Lay out what an account's rules can be changed by, and how far a change has come."""
    settings = (
        (key, one.value, one.default if key in own.settings else "", one.description)
        for key, one in sorted(book.settings.items())
    )
    head = ("setting", "value", "default", "what it is")
    parts = [progress(recount), "", table("Settings", head, settings)]
    files = [
        [name, plural(len(text.splitlines()), "line", "lines")] for name, text in own.files.items()
    ]
    if files:
        parts += ["", table("Rule files of the account's own", ("file", ""), files)]
    if own.off:
        parts += ["", f"Switched off: {', '.join(sorted(own.off))}"]
    return "\n".join(parts)


def progress(recount: Recount) -> str:
    """Say which version the account stands on, and how far the change to another has come."""
    if recount.target is None:
        return f"On version {recount.version}: everybody stands on it."
    return (
        f"Changing from version {recount.version} to {recount.target}: "
        f"{recount.looked_at} of {plural(recount.total, 'contact', 'contacts')} looked at, "
        f"{plural(recount.moved, 'membership', 'memberships')} changed."
    )


def log_of(versions: list[Version]) -> str:
    """Lay out every version, newest first."""
    rows = (
        (str(each.version), machine(each.made_at), each.made_by, change_in_words(each))
        for each in versions
    )
    return table("Versions", ("version", "made at", "by", "what"), rows)


def change_in_words(version: Version) -> str:
    """Say what an edit did."""
    if version.what == "shipped":
        return "took up the rules that ship with Segue"
    if version.what == "undo":
        return f"went back to version {version.target}"
    if version.what == "switch":
        return f"switched {version.target} {version.after}"
    if version.what == "file":
        return f"{_file_word(version)} the rule file {version.target}"
    after = version.after if version.after is not None else "its default"
    return f"{version.target}: {version.before or 'its default'} -> {after}"


def _file_word(version: Version) -> str:
    if version.after is None:
        return "removed"
    return "added" if version.before is None else "replaced"


def told_of(version: Version) -> Iterator[str]:
    """Say what follows from an edit."""
    yield f"Version {version.version}: {change_in_words(version)}."
    yield "A worker looks at everybody by it in the background: see `segue rules show`."
    off = version.what == "switch" and version.after != ON
    if off and version.target.startswith("segments."):
        yield "Its list in HubSpot stays there, empty, since workflows may use it."


def json_of(book: RuleBook, own: Own, recount: Recount) -> dict[str, object]:
    """Give the same as `page_of` for programs."""
    return {
        "version": recount.version,
        "changing_to": recount.target,
        "looked_at": recount.looked_at,
        "total": recount.total,
        "moved": recount.moved,
        "started_at": _moment(recount.started_at),
        "finished_at": _moment(recount.finished_at),
        "settings": {
            key: {"value": one.value, "default": one.default, "description": one.description}
            for key, one in sorted(book.settings.items())
        },
        "files": dict(own.files),
        "off": sorted(own.off),
    }


def json_of_version(version: Version) -> dict[str, object]:
    """Give a version for programs."""
    return {
        "version": version.version,
        "made_at": _moment(version.made_at),
        "made_by": version.made_by,
        "what": version.what,
        "target": version.target,
        "before": version.before,
        "after": version.after,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else machine(at)
