"""Facts about the account, and leaving it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, g

from . import gate

blueprint = Blueprint("account", __name__)
Json = dict[str, Any]


@blueprint.get("/account-info/v3/details")
@blueprint.get("/account-info/2026-03/details")
@gate.require("oauth")
def details() -> Json:
    """Answer the account's id, place, time and currencies."""
    portal = gate.portal()
    account = portal.account
    offset = portal.clock.now().astimezone(ZoneInfo(account.time_zone)).utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return {
        "portalId": portal.hub_id,
        "accountType": account.account_type,
        "timeZone": account.time_zone,
        "companyCurrency": account.currency,
        "additionalCurrencies": list(account.additional_currencies),
        "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": account.ui_domain,
        "dataHostingLocation": account.data_hosting_location,
    }


@blueprint.delete("/appinstalls/v3/external-install")
@blueprint.delete("/appinstalls/2026-03/external-install")
def uninstall() -> tuple[str, int]:
    """Take the app out of the account whose token asks for it."""
    granted = g.token.grant
    gate.sandbox().uninstall(granted.hub_id, granted.client_id)
    return "", 204
