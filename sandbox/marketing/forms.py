"""Forms and what was sent through them."""

from __future__ import annotations

from flask import Blueprint, request

from sandbox.clock import to_wire
from sandbox.errors import invalid, not_found
from sandbox.gate import portal, require

from . import facts
from .asking import optional_whole, whole
from .model import Form, Submission

blueprint = Blueprint("forms", __name__)
_FORM_TYPES = ("hubspot", "captured", "flow", "blog_comment", "all")


@blueprint.get("/marketing/v3/forms", strict_slashes=False)
@blueprint.get("/marketing/forms/2026-09-beta", strict_slashes=False)
@require("forms")
def list_forms() -> dict[str, object]:
    """Page through the portal's forms; those of type `hubspot` where no type is named."""
    limit = whole("limit", facts.FORMS_PAGE_DEFAULT, facts.FORMS_PAGE_MAX)
    start = optional_whole("after") or 0
    types = request.args.getlist("formTypes") or ["hubspot"]
    if not set(types) <= set(_FORM_TYPES):
        raise invalid(f"formTypes must be among {', '.join(_FORM_TYPES)}")
    forms = [
        f
        for f in sorted(portal().marketing.forms.values(), key=lambda f: f.id)
        if "all" in types or f.form_type in types
    ]
    return _page([form_json(f) for f in forms[start : start + limit]], start + limit, len(forms))


@blueprint.get("/marketing/v3/forms/<form_id>")
@blueprint.get("/marketing/forms/2026-09-beta/<form_id>")
@require("forms")
def get_form(form_id: str) -> dict[str, object]:
    """Show one form."""
    form = portal().marketing.forms.get(form_id)
    if form is None:
        raise not_found()
    return form_json(form)


@blueprint.get("/form-integrations/v1/submissions/forms/<form_id>")
@require("forms")
def list_submissions(form_id: str) -> dict[str, object]:
    """Page through a form's submissions, the newest first; there is no filter by time."""
    state = portal().marketing
    if form_id not in state.forms:
        raise not_found(f"No form found with guid {form_id}")
    limit = whole("limit", facts.SUBMISSIONS_PAGE_DEFAULT, facts.SUBMISSIONS_PAGE_MAX)
    start = _start_after(newest := state.submissions.get(form_id, [])[::-1])
    page = newest[start : start + limit]
    shown: dict[str, object] = {"results": [_submission_json(s) for s in page]}
    if start + limit < len(newest):
        shown["paging"] = {"next": {"after": _cursor(page[-1])}}
    return shown


def _start_after(newest: list[Submission]) -> int:
    """Find where a page begins; the cursor is the last submission that was shown."""
    after = request.args.get("after")
    if after is None:
        return 0
    for place, submission in enumerate(newest):
        if _cursor(submission) == after:
            return place + 1
    raise invalid("after is not one that a previous call returned")


def _cursor(submission: Submission) -> str:
    return f"{submission.submitted_at}-{submission.conversion_id}"


def _submission_json(submission: Submission) -> dict[str, object]:
    return {
        "conversionId": submission.conversion_id,
        "submittedAt": submission.submitted_at,
        "values": [
            {"name": name, "value": value, "objectTypeId": "0-1"}
            for name, value in submission.values
        ],
        "pageUrl": submission.page_url,
    }


def _page(results: list[dict[str, object]], reached: int, total: int) -> dict[str, object]:
    shown: dict[str, object] = {"results": results}
    if reached < total:
        shown["paging"] = {"next": {"after": str(reached)}}
    return shown


def form_json(form: Form) -> dict[str, object]:
    """Write a form as the v3 forms API does."""
    created_at = to_wire(form.created_at)
    return {
        "id": form.id,
        "formType": form.form_type,
        "name": form.name,
        "createdAt": created_at,
        "updatedAt": created_at,
        "archived": False,
        "fieldGroups": [
            {"groupType": "default_group", "richTextType": "text", "fields": [_field_json(name)]}
            for name in form.fields
        ],
        "configuration": _CONFIGURATION,
        "displayOptions": _DISPLAY,
        "legalConsentOptions": {"type": "none"},
    }


def _field_json(name: str) -> dict[str, object]:
    field: dict[str, object] = {
        "objectTypeId": "0-1",
        "name": name,
        "label": name.capitalize(),
        "required": name == "email",
        "hidden": False,
        "dependentFields": [],
        "fieldType": "email" if name == "email" else "single_line_text",
    }
    if name == "email":
        field["validation"] = {"blockedEmailDomains": [], "useDefaultBlockList": False}
    return field


_CONFIGURATION = {
    "language": "en",
    "createNewContactForNewEmail": True,
    "editable": True,
    "archivable": True,
    "cloneable": True,
    "allowLinkToResetKnownValues": False,
    "prePopulateKnownValues": True,
    "notifyContactOwner": False,
    "notifyRecipients": [],
    "recaptchaEnabled": False,
    "lifecycleStages": [],
    "postSubmitAction": {"type": "thank_you", "value": "Thank you."},
}
_DISPLAY = {
    "renderRawHtml": False,
    "theme": "default_style",
    "submitButtonText": "Send",
    "cssClass": "hs-form",
    "style": {
        "backgroundWidth": "100%",
        "fontFamily": "arial, helvetica, sans-serif",
        "helpTextColor": "#7C98B6",
        "helpTextSize": "11px",
        "labelTextColor": "#33475b",
        "labelTextSize": "13px",
        "legalConsentTextColor": "#33475b",
        "legalConsentTextSize": "14px",
        "submitAlignment": "left",
        "submitColor": "#ff7a59",
        "submitFontColor": "#ffffff",
        "submitSize": "12px",
    },
}
