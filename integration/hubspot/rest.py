"""What replaces the HTTP client inside the official `hubspot-api-client` (12.x).

Its generated API classes only write paths, parameters and bodies; this hands them to Segue's
transport, with the numbered paths turned into dated ones, and gives back what they expect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from integration.hubspot import versions
from integration.hubspot.transport import Ask, Transport
from integration.hubspot.wire import Answer
from mappings.model import Lane


@dataclass
class Reply:
    """An answer in the shape that the official client reads; it overwrites `data` itself."""

    status: int
    reason: str
    data: Any  # bytes, until the official client decodes them
    headers: Mapping[str, str]
    body: Any  # the parsed JSON, for those who ask with `_preload_content=False`

    @classmethod
    def of(cls, answer: Answer) -> "Reply":
        """Give the reply that stands for a good answer."""
        return cls(answer.status, answer.reason, answer.raw, answer.headers, answer.body)

    def getheaders(self) -> Mapping[str, str]:
        """Give the headers."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Give one header."""
        return self.headers.get(name, default)


class Rest:
    """The official client's way out, for one portal. Faults come up as our own typed errors.

    The headers it hands over are ignored: the transport signs with the portal's own token.
    """

    def __init__(self, transport: Transport, portal_id: int, lane: Lane) -> None:
        self._transport = transport
        self._portal_id = portal_id
        self._lane = lane

    def _send(self, method: str, url: str, options: Mapping[str, Any]) -> Reply:
        ask = Ask(
            self._portal_id,
            method,
            versions.dated(urlsplit(url).path),
            options.get("query_params"),
            options.get("body"),
            self._lane,
        )
        return Reply.of(self._transport.call(ask))

    # The names are the official client's.
    def GET(self, url: str, **options: Any) -> Reply:  # noqa: N802
        """Read."""
        return self._send("GET", url, options)

    def POST(self, url: str, **options: Any) -> Reply:  # noqa: N802
        """Create, or ask with a body."""
        return self._send("POST", url, options)

    def PUT(self, url: str, **options: Any) -> Reply:  # noqa: N802
        """Replace."""
        return self._send("PUT", url, options)

    def PATCH(self, url: str, **options: Any) -> Reply:  # noqa: N802
        """Change in part."""
        return self._send("PATCH", url, options)

    def DELETE(self, url: str, **options: Any) -> Reply:  # noqa: N802
        """Remove."""
        return self._send("DELETE", url, options)
