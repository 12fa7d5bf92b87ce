"""HubSpot-shaped error answers."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

Json = Mapping[str, object]


class ApiError(Exception):
    """HubSpot refuses a request; carries the status and the JSON body of its answer."""

    def __init__(self, status: int, message: str, category: str, extra: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.category = category
        self.extra = dict(extra or {})

    def body(self) -> dict[str, object]:
        """Build the answer's body, with a correlation id of its own."""
        return {
            "status": "error",
            "message": self.message,
            "correlationId": str(uuid.uuid4()),
            "category": self.category,
            **self.extra,
        }


def not_found(message: str = "resource not found") -> ApiError:
    """Build the 404 for a record, list, property or anything else that isn't there."""
    return ApiError(404, message, "OBJECT_NOT_FOUND")


def invalid(message: str, sub_category: str | None = None, errors: Sequence[Json] = ()) -> ApiError:
    """Build the 400 for a request that HubSpot cannot accept."""
    extra: dict[str, object] = {}
    if sub_category:
        extra["subCategory"] = sub_category
    if errors:
        extra["errors"] = list(errors)
    return ApiError(400, message, "VALIDATION_ERROR", extra)


def conflict(message: str, sub_category: str | None = None) -> ApiError:
    """Build the 409 for something that exists already."""
    extra = {"subCategory": sub_category} if sub_category else {}
    return ApiError(409, message, "CONFLICT", extra)


def missing_scopes(scopes: Sequence[str]) -> ApiError:
    """Build the 403 that names the scopes, any of which would do."""
    link = "https://developers.hubspot.com/scopes"
    detail = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": list(scopes)},
    }
    message = (
        "This app hasn't been granted all required scopes to make this call. "
        f"Read more about required scopes here: {link}."
    )
    extra = {"errors": [detail], "links": {"scopes": link}}
    return ApiError(403, message, "MISSING_SCOPES", extra)


def tier_too_small(tier: str) -> ApiError:
    """Build the 403 for what the account's subscription does not include."""
    message = f"Your HubSpot account must have a {tier} subscription to access this resource."
    return ApiError(403, message, "NOT_AUTHORIZED")


def unauthorized(message: str, category: str, context: Json | None = None) -> ApiError:
    """Build the 401 for a token that is absent, unknown, revoked or too old."""
    return ApiError(401, message, category, {"context": context} if context else None)


def rate_limited(policy: str) -> ApiError:
    """Build the 429 body, with the policy's name in HubSpot's two spellings."""
    error = ApiError(429, f"You have reached your {policy.lower()} limit.", "RATE_LIMITS")
    error.extra = {
        "errorType": "RATE_LIMIT",
        "policyName": policy,
        "requestId": str(uuid.uuid4()),
    }
    return error


def html_page(status: int, title: str) -> Response:
    """Answer as the network in front of HubSpot does: with a page of HTML."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(page, status=status, content_type="text/html; charset=utf-8")


def answer(error: ApiError) -> Response:
    """Write an error as a JSON answer."""
    body = json.dumps(error.body())
    return Response(body, status=error.status, content_type="application/json;charset=utf-8")


def install(app: Flask) -> None:
    """Make the application answer errors the way HubSpot does."""

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        return answer(error)

    @app.errorhandler(HTTPException)
    def refuse_route(error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404:
            return html_page(404, "Not Found")
        category = "METHOD_NOT_ALLOWED" if status == 405 else "VALIDATION_ERROR"
        message = error.description or error.name
        return answer(ApiError(status, message, category))
