"""One portal's door to HubSpot: what the families of calls stand on."""

from typing import Any

import hubspot

from integration.hubspot.rest import Rest
from integration.hubspot.transport import Ask, Transport
from integration.hubspot.wire import Answer, Params
from mappings.model import Lane


class Door:
    """Calls of one portal in one lane. Made for one use: it holds no token."""

    def __init__(self, transport: Transport, portal_id: int, lane: Lane) -> None:
        self._transport = transport
        self.portal_id = portal_id
        self.lane = lane
        self.official = _official(Rest(transport, portal_id, lane))

    def call(
        self, method: str, path: str, params: Params | None = None, json: Any = None
    ) -> Answer:
        """Do one call that the official client doesn't cover; raises as Transport.call does."""
        return self._transport.call(Ask(self.portal_id, method, path, params, json, self.lane))


def _official(rest: Rest) -> Any:
    """Make the official client speak through our transport.

    Its models are made to write requests only: with `_preload_content=False` it gives back our
    reply as it came, so that an unforeseen word of HubSpot fails no model of a client from 2025.
    """

    def api(package: Any, name: str, _config: Any) -> Any:
        configuration = package.Configuration(host="")
        configuration.client_side_validation = False
        client = package.ApiClient(configuration=configuration)
        client.rest_client = rest
        return getattr(package, name)(api_client=client)

    return hubspot.HubSpot(api_factory=api)
