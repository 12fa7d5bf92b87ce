"""Which version of each HubSpot API Segue speaks: one table, one word an API.

HubSpot's paths are dated since 2026-03 and each version lives at least 18 months; the numbered
v1 to v4 become unsupported during 2027 (https://developers.hubspot.com/changelog). The official
client writes numbered paths only, so this table turns them into dated ones. An API whose `dated`
is None has no dated form out of beta: it stays as it is.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

MARCH_2026: Final = "2026-03"


@dataclass(frozen=True, slots=True)
class Api:
    """One API: where its numbered paths begin, where its dated ones do, and the version."""

    numbered: str
    dated: str | None = None
    version: str = MARCH_2026

    @property
    def root(self) -> str:
        """Where the paths begin that Segue calls."""
        return self.dated.format(version=self.version) if self.dated else self.numbered


APIS: Final[dict[str, Api]] = {
    "objects": Api("/crm/v3/objects", "/crm/objects/{version}"),
    "properties": Api("/crm/v3/properties", "/crm/properties/{version}"),
    "lists": Api("/crm/v3/lists", "/crm/lists/{version}"),
    "associations": Api("/crm/v4/associations", "/crm/associations/{version}"),
    "pipelines": Api("/crm/v3/pipelines", "/crm/pipelines/{version}"),
    "owners": Api("/crm/v3/owners", "/crm/owners/{version}"),
    "occurrences": Api("/events/v3/events", "/events/event-occurrences/{version}"),
    "marketing-events": Api(
        "/marketing/v3/marketing-events", "/marketing/marketing-events/{version}"
    ),
    "oauth": Api("/oauth/v3", "/oauth/{version}"),
    "account": Api("/account-info/v3", "/account-info/{version}"),
    "consent": Api("/communication-preferences/v4", "/communication-preferences/{version}"),
    "installs": Api("/appinstalls/v3", "/appinstalls/{version}"),
    "journal": Api("/webhooks/v4/journal", "/webhooks-journal/journal/{version}"),
    "journal-subscriptions": Api(
        "/webhooks/v4/subscriptions", "/webhooks-journal/subscriptions/{version}"
    ),
    # No dated version out of beta as of 2026-11.
    "forms": Api("/marketing/v3/forms"),
    "submissions": Api("/form-integrations/v1/submissions/forms"),
    "email-events": Api("/email/public/v1/events"),
    "email-campaigns": Api("/email/public/v1/campaigns"),
    "flows": Api("/automation/v4/flows"),
    "flow-ids": Api("/automation/v4/workflow-id-mappings"),
    "enrollments": Api("/automation/v2/workflows"),
}

OPAQUE = re.compile(r"\d+|.*(?:@|%40).*|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}")


def path(api: str, tail: str = "") -> str:
    """Give the path of a call: the API's root, then `tail` (already percent-encoded)."""
    return APIS[api].root + tail


def segment(text: str) -> str:
    """Encode one part of a path: an address, an id, a name."""
    return quote(text, safe="")


def dated(numbered: str) -> str:
    """Turn a path that the official client wrote into the one Segue calls."""
    numbered = numbered.rstrip("/")
    for api in APIS.values():
        if numbered == api.numbered or numbered.startswith(api.numbered + "/"):
            return api.root + numbered.removeprefix(api.numbered)
    return numbered


def template(called: str) -> str:
    """Take ids, addresses and free names out of a path, so that calls can be counted by kind."""
    kept: list[str] = []
    for part in called.split("/"):
        free = bool(kept) and kept[-1] == "name"
        kept.append("{}" if free or OPAQUE.fullmatch(part) else part)
    return "/".join(kept)
