"""The transport: one exchange, the right token, typed errors, and nothing said aloud."""

import logging
import socket
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integration import errors
from integration.hubspot import wire
from integration.hubspot.transport import Ask, Observed
from mappings.model import Bucket, Lane
from tests.hubspot.wires import PORTAL, OpenGate, Script, Scripted, Wallet, Way, said

Start = Callable[..., tuple[Scripted, Way]]
PATH = "/crm/objects/2026-03/contacts"
ASK = Ask(PORTAL, "GET", PATH)
EXPIRED = said(401, {"category": "EXPIRED_AUTHENTICATION", "message": "expired"})


def refused(way: Way, ask: Ask = ASK) -> errors.HubSpotError:
    with pytest.raises(errors.HubSpotError) as caught:
        way.transport.call(ask)
    return caught.value


def test_a_call_carries_the_portals_own_token_and_gives_the_answer(scripted: Start) -> None:
    server, way = scripted(said(200, {"results": [1]}))

    answer = way.transport.call(Ask(PORTAL, "POST", PATH, {"a": "b c", "no": None}, {"x": "é"}))

    assert (answer.status, answer.body) == (200, {"results": [1]})
    heard = server.heard[0]
    assert (heard.method, heard.target, heard.token) == ("POST", PATH + "?a=b+c", "token-of-62515")
    assert heard.body == b'{"x": "\\u00e9"}'
    assert heard.headers["Content-Type"] == "application/json"


def test_no_portal_ever_calls_with_anothers_token(scripted: Start) -> None:
    """Failure mode 9."""
    server, way = scripted(Script())
    way.wallet.tokens = {portal: f"token-of-{portal}" for portal in range(1, 6)}

    for portal in [1, 2, 3, 4, 5, 1, 5, 2]:
        way.transport.call(Ask(portal, "GET", f"/of/{portal}"))

    assert all(one.token == f"token-of-{one.target.rpartition('/')[2]}" for one in server.heard)


def test_no_netrc_of_the_machine_replaces_the_token(
    scripted: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server, way = scripted(Script())

    way.transport.call(ASK)

    assert server.heard[0].token == "token-of-62515"


def test_cookies_of_one_portals_answer_never_travel_with_the_next_call(scripted: Start) -> None:
    server, way = scripted(said(200, {}, Set_Cookie="__cf_bm=abc; Path=/"))

    way.transport.call(ASK)
    way.transport.call(ASK)

    assert "Cookie" not in server.heard[1].headers


def test_a_refused_token_is_renewed_once_and_the_call_sent_once_more(scripted: Start) -> None:
    """Failure mode 5: a token that runs out in the middle of a long run."""
    server, way = scripted(EXPIRED, said(200, {"ok": True}))

    answer = way.transport.call(ASK)

    assert answer.body == {"ok": True}
    assert way.wallet.renewed == [(PORTAL, "token-of-62515")]
    assert [one.token for one in server.heard] == ["token-of-62515", "token-of-62515-1"]
    assert len(way.gate.taken) == 2


def test_a_token_refused_twice_goes_up(scripted: Start) -> None:
    server, way = scripted(EXPIRED)

    assert isinstance(refused(way), errors.Unauthorized)
    assert (len(server.heard), len(way.wallet.renewed)) == (2, 1)


def test_a_spent_budget_sends_nothing() -> None:
    """Failure mode 1."""
    gate = OpenGate(spent=errors.BudgetSpent(datetime(2026, 1, 1, tzinfo=UTC)))
    way = Way("http://127.0.0.1:9", gate)

    with pytest.raises(errors.BudgetSpent):
        way.transport.call(ASK)

    assert way.seen == []


class Disconnected(Wallet):
    """A wallet of a portal that removed the app."""

    def current(self, portal_id: int) -> str:
        """Have no token."""
        raise errors.PortalDisconnected


def test_a_disconnected_portal_spends_no_budget_and_calls_nobody() -> None:
    """Failure mode 7."""
    way = Way("http://127.0.0.1:9", wallet=Disconnected())

    with pytest.raises(errors.PortalDisconnected):
        way.transport.call(ASK)

    assert way.gate.taken == []


@pytest.mark.parametrize(
    ("path", "bucket"),
    [
        (PATH, Bucket.GENERAL),
        (PATH + "/search", Bucket.SEARCH),
        ("/crm/lists/2026-03/search", Bucket.GENERAL),
    ],
)
def test_searches_of_objects_are_counted_apart(scripted: Start, path: str, bucket: Bucket) -> None:
    """Failure mode 4."""
    _, way = scripted(Script())

    way.transport.call(Ask(PORTAL, "POST", path, lane=Lane.BULK))

    assert way.gate.taken == [(PORTAL, bucket, Lane.BULK)]


@pytest.mark.parametrize(
    ("headers", "policy", "seconds"),
    [
        ({"Retry_After": "4"}, "TEN_SECONDLY_ROLLING", 4.0),
        ({}, "TEN_SECONDLY_ROLLING", 10.0),
        ({"X_HubSpot_RateLimit_Interval_Milliseconds": "9000"}, "TEN_SECONDLY_ROLLING", 9.0),
        ({}, "SECONDLY", 1.0),
        ({}, "DAILY", None),
    ],
)
def test_a_rate_limit_pauses_this_portals_bucket_alone(
    scripted: Start, headers: dict[str, str], policy: str, seconds: float | None
) -> None:
    """Failure modes 1, 2 and 3."""
    body = {"errorType": "RATE_LIMIT", "policyName": policy, "message": "limit"}
    server, way = scripted(said(429, body, **headers))

    error = refused(way)

    assert isinstance(error, errors.RateLimited)
    assert isinstance(error, errors.DailyLimitReached) is (policy == "DAILY")
    assert way.gate.blocked == [(PORTAL, Bucket.GENERAL, seconds)]
    assert len(server.heard) == 1


def test_an_address_that_hubspot_would_not_take_is_never_sent(scripted: Start) -> None:
    """Failure mode 37."""
    server, way = scripted(Script())

    error = refused(way, Ask(PORTAL, "GET", PATH, {"properties": "x" * 8_000}))

    assert isinstance(error, errors.TooLong)
    assert (server.heard, way.gate.taken) == ([], [])


@pytest.mark.parametrize("status", [300, 301, 307, 308])
def test_a_redirect_is_an_error_and_nobody_else_gets_the_token(
    scripted: Start, status: int
) -> None:
    elsewhere, _ = scripted(Script())
    _, way = scripted(Script(status, b"", {"Location": elsewhere.url + "/steal"}))

    error = refused(way)

    assert (error.status, error.retryable) == (status, False)
    assert elsewhere.heard == []


def test_a_connection_reset_after_sending_leaves_the_outcome_unknown(scripted: Start) -> None:
    """Failure mode 41: look before doing again."""
    server, way = scripted(Script(cut=True))

    error = refused(way)

    assert isinstance(error, errors.Unavailable)
    assert error.outcome_unknown
    assert len(server.heard) == 1


def test_silence_ends_in_time_and_leaves_the_outcome_unknown(
    scripted: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failure mode 41."""
    monkeypatch.setattr(wire, "READ_SECONDS", 0.1)
    _, way = scripted(Script(mute=True))

    error = refused(way)

    assert isinstance(error, errors.Unavailable)
    assert error.outcome_unknown
    assert "in time" in error.message


def test_a_server_that_is_not_there_surely_did_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = refused(Way(f"http://127.0.0.1:{taken.getsockname()[1]}"))

    assert isinstance(error, errors.Unavailable)
    assert not error.outcome_unknown
    assert error.status == 0


def test_a_faulty_address_surely_did_nothing() -> None:
    error = refused(Way("http://"))

    assert isinstance(error, errors.Unavailable)
    assert not error.outcome_unknown


def test_every_call_has_time_outs() -> None:
    assert (wire.CONNECT_SECONDS, wire.READ_SECONDS) == (3.0, 20.0)


def test_a_good_status_with_nonsense_behind_it_is_no_answer(scripted: Start) -> None:
    """Failure mode 13."""
    _, way = scripted(Script(200, b"<html>Welcome</html>"))

    error = refused(way)

    assert isinstance(error, errors.Unavailable)
    assert error.outcome_unknown


def test_a_number_that_json_does_not_know_is_never_sent(scripted: Start) -> None:
    server, way = scripted(Script())

    with pytest.raises(ValueError, match="JSON"):
        way.transport.call(Ask(PORTAL, "POST", PATH, json={"amount": float("nan")}))

    assert server.heard == []


def test_the_text_of_a_call_shows_neither_token_nor_body() -> None:
    call = wire.Call("POST", "https://x", {"a": "secret-1"}, {"code": "secret-2"}, "secret-3")

    assert "secret" not in repr(call)


def test_an_empty_answer_is_one(scripted: Start) -> None:
    _, way = scripted(Script(204, b""))

    assert way.transport.call(ASK).body is None


def test_every_exchange_is_observed_by_kind_not_by_record(scripted: Start) -> None:
    _, way = scripted(said(500, {}), Script())
    path = "/automation/v2/workflows/77/enrollments/contacts/ada%40example.com"

    refused(way, Ask(PORTAL, "POST", path))
    way.transport.call(Ask(PORTAL, "POST", path))

    template = "/automation/v2/workflows/{}/enrollments/contacts/{}"
    assert [(one.path, one.status) for one in way.seen] == [(template, 500), (template, 200)]
    assert all(isinstance(one, Observed) and one.seconds >= 0 for one in way.seen)


def test_an_exchange_without_an_answer_is_observed_as_status_0(scripted: Start) -> None:
    _, way = scripted(Script(cut=True))

    refused(way)

    assert [one.status for one in way.seen] == [0]


@pytest.mark.parametrize(
    "script",
    [
        Script(cut=True),
        Script(502, b"<html>token-of-62515</html>"),
        said(400, {"message": "sent token-of-62515", "errors": [{"message": "token-of-62515"}]}),
        Script(200, b"token-of-62515 secret-value"),
    ],
)  # fmt: skip
def test_neither_token_nor_body_show_in_errors_or_logs(
    scripted: Start, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    _, way = scripted(script)
    caplog.set_level(logging.DEBUG)

    error = refused(way, Ask(PORTAL, "POST", PATH, json={"email": "secret-value"}))

    shown = "".join(traceback.format_exception(error)) + repr(error.fault) + caplog.text
    assert "token-of-62515" not in shown
    assert "secret-value" not in shown
