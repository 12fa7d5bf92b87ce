"""One HTTP exchange with HubSpot: always a time-out, never a redirect, faults as typed errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from integration.errors import Fault, TooLong, Unavailable
from integration.hubspot.faults import error_of

CONNECT_SECONDS = 3.0
READ_SECONDS = 20.0
SECRET_FIELDS = ("client_secret", "refresh_token", "token", "code", "code_verifier")
SHORTEST_SECRET = 8
LONGEST_URL = 8000  # HubSpot answers 414 from somewhere between 8 and 16 kB

Params = Mapping[str, Any] | list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A good reply. `body` is parsed JSON, or None where there was none; `raw` as it came."""

    status: int
    body: Any
    headers: Mapping[str, str]
    raw: bytes = b""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """What to send. Token and bodies are kept out of its text, so that no log shows them."""

    method: str
    url: str
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> list[str]:
        """What no error may quote."""
        sent = [self.token, *((self.form or {}).get(name) for name in SECRET_FIELDS)]
        return [one for one in sent if one and len(one) >= SHORTEST_SECRET]


class Bearer(AuthBase):
    """Put the token on the request itself, so that no .netrc of the machine replaces it."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign the request; without a token, send it bare."""
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def open_session(connections: int = 10) -> requests.Session:
    """Open the session that all calls share: pooled, without retries of its own or cookies."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def address(api_url: str, path: str, params: Params | None) -> str:
    """Join an address; TooLong where HubSpot wouldn't take it. None values are left out."""
    pairs = list(params.items() if isinstance(params, Mapping) else params or [])
    query = urlencode([(name, _plain(value)) for name, value in pairs if value is not None])
    url = api_url.rstrip("/") + path + (f"?{query}" if query else "")
    if len(url) > LONGEST_URL:
        raise TooLong(Fault(message=f"The address would have {len(url)} characters."))
    return url


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def send(session: requests.Session, call: Call) -> Answer:
    """Do one exchange and give the good answer; every other outcome is a HubSpotError.

    Unavailable says in `outcome_unknown` whether HubSpot may have applied the request although
    its answer never came or made no sense.
    """
    try:
        reply = session.request(
            call.method,
            call.url,
            data=_body(call),
            headers=_headers(call),
            auth=Bearer(call.token),
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except requests.RequestException as error:
        # Not chained: the library's error carries the whole request, token and body included.
        raise _lost(error) from None
    if not 200 <= reply.status_code < 300:
        raise error_of(reply.status_code, reply.headers, _without(call.secrets, reply.content))
    return Answer(
        reply.status_code, _parsed(reply), reply.headers, reply.content, reply.reason or ""
    )


def _body(call: Call) -> bytes | Mapping[str, str] | None:
    if call.json is not None:
        return json.dumps(call.json, allow_nan=False).encode("ascii")
    return call.form


def _headers(call: Call) -> dict[str, str]:
    kind = {"Content-Type": "application/json"} if call.json is not None else {}
    return {"Accept": "application/json", "User-Agent": "segue", **kind}


def _lost(error: requests.RequestException) -> Unavailable:
    """Say how the exchange failed; only what failed before sending has surely no effect."""
    sent = not _never_connected(error)
    if isinstance(error, requests.Timeout):
        words = "HubSpot didn't answer in time." if sent else "HubSpot couldn't be reached in time."
    else:
        words = "The connection to HubSpot broke." if sent else "HubSpot couldn't be reached."
    return Unavailable(Fault(message=words), outcome_unknown=sent)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout | ValueError):  # ValueError: a faulty address
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ProxyError"}


def _without(secrets: list[str], body: bytes) -> bytes:
    """Take out a secret that HubSpot quotes: an error's words go to logs and pages."""
    for secret in secrets:
        body = body.replace(secret.encode(), b"[secret]")
    return body


def _parsed(reply: requests.Response) -> Any:
    if not reply.content.strip():
        return None
    try:
        return json.loads(reply.content)
    except (ValueError, RecursionError):
        words = "HubSpot's answer isn't JSON."
        fault = Fault(status=reply.status_code, message=words)
        raise Unavailable(fault, outcome_unknown=True) from None
