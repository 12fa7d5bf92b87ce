"""Whose a call is: the ids it carries, and who they turned out to be. Pure.

A mark is one id: `anonymous:ID` (a device), `user:ID` (the site's own), or a person:
`email:ADDRESS` or `contact:ID` (HubSpot's). An anonymous id is the first user or person that was
named together with it, and stays so; a user is a person. So events that only carry an anonymous id
wait until any call names it, from whichever side the name comes, and two devices may be one person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mappings.calls import Call, address

ANONYMOUS, USER, EMAIL, CONTACT = "anonymous:", "user:", "email:", "contact:"


@dataclass(frozen=True, slots=True)
class Marks:
    """The ids of a call; "" for those it hasn't."""

    anonymous: str
    user: str
    person: str

    @property
    def named(self) -> str:
        """Give the mark that says best who somebody is, a device aside."""
        return self.person or self.user

    @property
    def best(self) -> str:
        """Give the mark that says best whose the call is."""
        return self.named or self.anonymous

    @property
    def every(self) -> set[str]:
        """Give all of them."""
        return {mark for mark in (self.anonymous, self.user, self.person) if mark}


def marks_of(call: Call) -> Marks:
    """Read the ids of a call. An alias names its former id, an anonymous one."""
    anonymous = call.name if call.type == "alias" else call.anonymous_id
    person = ""
    if call.contact_id is not None:
        person = f"{CONTACT}{call.contact_id}"
    elif call.email:
        person = f"{EMAIL}{call.email}"
    return Marks(
        f"{ANONYMOUS}{anonymous}" if anonymous else "",
        f"{USER}{call.user_id}" if call.user_id else "",
        person,
    )


def named_by(calls: Iterable[Call], known: Mapping[str, str]) -> dict[str, str]:
    """Say which marks are somebody they weren't known to be, in the order things happened."""
    who = dict(known)
    for call in sorted(calls, key=lambda each: (each.at, each.id)):
        marks = marks_of(call)
        if marks.user and marks.person and _may_name(who.get(marks.user, ""), marks.person):
            who[marks.user] = marks.person
        if marks.anonymous and marks.named:
            who.setdefault(marks.anonymous, marks.user or marks.person)
    return {mark: person for mark, person in who.items() if known.get(mark) != person}


def _may_name(before: str, person: str) -> bool:
    """May a user be this person? A contact stays; an address that nobody has gives way."""
    return not before.startswith(CONTACT) and before != person


def person_of(mark: str, who: Mapping[str, str]) -> str:
    """Follow a mark to the person, or to the last mark that nobody named yet."""
    while mark in who and who[mark] != mark:
        mark = who[mark]
    if mark.startswith(USER) and (email := address(mark.removeprefix(USER))):
        return f"{EMAIL}{email}"
    return mark
