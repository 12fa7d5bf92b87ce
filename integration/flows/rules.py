"""Change a portal's rules: a setting, an own rule file, a segment or trigger switched on or off.

An edit is a new version, held against the whole book before it is stored: one that doesn't go
with the rest is refused with every fault, and nothing changes. The recount takes it from there.
"""

from dataclasses import dataclass, replace
from typing import Final

from integration.errors import SegueError
from integration.flows.books import NOTHING_OWN
from integration.flows.tools import Tools
from integration.store import portals, rules
from integration.store.rules import Version
from mappings.rules import Own

BY_SEGUE: Final = "Segue"
ON: Final = "on"
OFF: Final = "off"


class NoSuchPortal(SegueError):
    """No HubSpot account of that id has installed Segue."""


class NoSuchVersion(SegueError):
    """The portal's rules never had that version; `segue rules log` lists them."""


class NothingToChange(SegueError):
    """It is so already: nothing was changed."""


class MovedMeanwhile(SegueError):
    """Somebody else changed the rules at the same moment. Look at them, then try once more."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change.

    `what` is setting, file or switch; `target` the setting's name, the file's name, or
    segments.KEY or triggers.KEY; `text` what it shall be: the setting's value or the file's text
    (None takes it back), ON or OFF for a switch.
    """

    what: str
    target: str
    text: str | None


def change(tools: Tools, portal_id: int, edit: Edit, who: str) -> Version:
    """Make an edit of a portal's rules; give the new version.

    Raises RuleFaults where the book would be faulty; NothingToChange, NoSuchPortal,
    MovedMeanwhile.
    """
    last = _last(tools, portal_id)
    own, before = edited(last.own, edit)
    new = replace(last, what=edit.what, target=edit.target, before=before, after=edit.text, own=own)
    return _made(tools, last, new, who)


def undo(tools: Tools, portal_id: int, number: int, who: str) -> Version:
    """Let what a portal has of its own be as it was in an earlier version; give the new version.

    What ships stays today's. Raises NoSuchVersion, and what `change` does.
    """
    last = _last(tools, portal_id)
    with tools.store.read() as connection:
        earlier = rules.version(connection, portal_id, number)
    if earlier is None:
        raise NoSuchVersion
    own = earlier.own
    new = replace(last, what="undo", target=str(number), before=None, after=None, own=own)
    return _made(tools, last, new, who)


def edited(own: Own, edit: Edit) -> tuple[Own, str | None]:
    """Give what is a portal's own after an edit, and what the edited thing was before."""
    if edit.what == "switch":
        before = OFF if edit.target in own.off else ON
        off = own.off - {edit.target} if edit.text == ON else own.off | {edit.target}
        return replace(own, off=off), before
    kept = dict(own.settings if edit.what == "setting" else own.files)
    before_text = kept.pop(edit.target, None)
    if edit.text is not None:
        kept[edit.target] = edit.text
    if edit.what == "setting":
        return replace(own, settings=kept), before_text
    return replace(own, files=kept), before_text


def keep_up(tools: Tools, portal_id: int) -> Version:
    """Give a portal's newest version, made anew where this Segue ships other rules than before.

    Rules that ship anew are taken up once, and only if they go with what the portal has of its
    own (RuleFaults otherwise); while an older and a newer Segue run side by side, the newer's
    stand.
    """
    with tools.store.read() as connection:
        every = rules.versions(connection, portal_id)
    if every and tools.books.fingerprint in {each.shipped for each in every}:
        return every[0]
    return _take_up(tools, portal_id, every[0] if every else None)


def _take_up(tools: Tools, portal_id: int, last: Version | None) -> Version:
    shipped, now = tools.books.fingerprint, tools.now()
    number = last.version + 1 if last else 1
    own = last.own if last else NOTHING_OWN
    new = Version(portal_id, number, now, BY_SEGUE, "shipped", "", None, None, shipped, own)
    tools.books.compiled(tools.books.files, own)
    with tools.store.write() as connection:
        rules.keep_files(connection, shipped, tools.books.files, now)
        if not rules.add(connection, new):
            raise MovedMeanwhile
        if last is None:
            rules.stand_on(connection, portal_id, number, now)
    return new


def _last(tools: Tools, portal_id: int) -> Version:
    with tools.store.read() as connection:
        if portals.get(connection, portal_id) is None:
            raise NoSuchPortal
        last = rules.latest(connection, portal_id)
    return last if last is not None else keep_up(tools, portal_id)


def _made(tools: Tools, last: Version, new: Version, who: str) -> Version:
    if new.own == last.own:
        raise NothingToChange
    with tools.store.read() as connection:
        files = tools.books.files_of(connection, last.shipped)
    tools.books.compiled(files, new.own)
    new = replace(new, version=last.version + 1, made_at=tools.now(), made_by=who)
    with tools.store.write() as connection:
        if not rules.add(connection, new):
            raise MovedMeanwhile
    return new
