"""What of a kept delivery speaks of somebody who is erased: pure."""

import json
import re
from typing import Any

from mappings.messages import message
from mappings.model import Message, ObjectType
from mappings.privacy import Whom
from mappings.values import Unreadable


def cut(body: bytes, portal_id: int, whom: Whom | None) -> bytes | None:
    """Give a delivery's body without what it says of a person, or (None) of the whole portal.

    None where it says nothing of them. What can't be read and names them goes as a whole: b"".
    """
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        return b"" if names(body.decode("utf-8", "replace"), portal_id, whom) else None
    kept = [each for each in entries if not _is_about(each, portal_id, whom)]
    if len(kept) == len(entries):
        return None
    return json.dumps(kept, separators=(",", ":")).encode()


def said_of(body: bytes, portal_id: int, whom: Whom) -> list[Any]:
    """Give the entries of a delivery that speak of a person."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return []
    every = entries if isinstance(entries, list) else []
    return [each for each in every if _is_about(each, portal_id, whom)]


def contacts_of(said: Message) -> set[int]:
    """Name the contacts that a message speaks of."""
    found = {each for kind, each in said.ends if kind is ObjectType.CONTACT}
    if said.object_type is ObjectType.CONTACT:
        found.update(said.merged_ids)
        found.update(each for each in (said.object_id, said.survivor_id) if each is not None)
    return found


def _is_about(entry: Any, portal_id: int, whom: Whom | None) -> bool:
    try:
        said = message(entry)
    except Unreadable:
        # Segue can't take it in anyway: better too much of it goes than too little.
        return names(json.dumps(entry, ensure_ascii=False), portal_id, whom)
    if said.portal_id != portal_id:
        return False
    return whom is None or not contacts_of(said).isdisjoint(whom.ids)


def names(text: str, portal_id: int, whom: Whom | None) -> bool:
    """Does a text name a person by id or address, or (None) the portal by its id?"""
    ids = {str(each) for each in ((portal_id,) if whom is None else whom.ids)}
    if not ids.isdisjoint(re.findall(r"\d+", text)):
        return True
    lower = text.lower()
    return whom is not None and any(email in lower for email in whom.emails)
