"""Forms and their submissions."""

from __future__ import annotations

from datetime import timedelta

from sandbox.marketing import acts
from sandbox.populate import form_id

from .conftest import NOW, Caller

NEWSLETTER = form_id("Newsletter")
PATH = f"/form-integrations/v1/submissions/forms/{NEWSLETTER}"


def test_forms_are_listed_by_pages(caller: Caller) -> None:
    first = caller.get("/marketing/v3/forms", limit=2)
    rest = caller.get("/marketing/v3/forms", limit=2, after=first["paging"]["next"]["after"])

    names = [f["name"] for f in first["results"] + rest["results"]]
    assert sorted(names) == [
        "Contact sales",
        "E-book: Building a record collection",
        "Newsletter",
    ]
    assert "paging" not in rest


def test_forms_of_other_types_are_shown_only_on_request(caller: Caller) -> None:
    assert caller.get("/marketing/v3/forms", formTypes="captured")["results"] == []
    assert len(caller.get("/marketing/v3/forms", formTypes="all")["results"]) == 3
    caller.get("/marketing/v3/forms", 400, formTypes="paper")


def test_submissions_come_newest_first_twenty_at_a_time_without_a_contact_id(
    caller: Caller,
) -> None:
    page = caller.get(PATH)

    instants = [s["submittedAt"] for s in page["results"]]
    assert len(instants) == 20
    assert instants == sorted(instants, reverse=True)
    assert set(page["results"][0]) == {"conversionId", "submittedAt", "values", "pageUrl"}
    assert page["results"][0]["values"][0]["name"] == "email"


def test_paging_reaches_every_submission_once_even_while_new_ones_come(caller: Caller) -> None:
    kept = [s.conversion_id for s in caller.portal.marketing.submissions[NEWSLETTER]]
    page = caller.get(PATH, limit=7)
    seen = page["results"]

    acts.submit_form(caller.portal, NEWSLETTER, {"email": "x@example.com"}, "", NOW)
    while "paging" in page:
        page = caller.get(PATH, limit=7, after=page["paging"]["next"]["after"])
        seen += page["results"]

    assert [s["conversionId"] for s in seen] == kept[::-1]


def test_more_than_fifty_submissions_a_page_and_unknown_forms_are_refused(caller: Caller) -> None:
    caller.get(PATH, 400, limit=51)
    caller.get(PATH, 400, after="elsewhere")
    caller.get("/form-integrations/v1/submissions/forms/none", 404)
    caller.get("/marketing/v3/forms/none", 404)


def test_filling_a_form_creates_the_contact_once(caller: Caller) -> None:
    values = {"email": "New@example.com", "firstname": "New"}

    made = acts.fill_form(caller.portal, NEWSLETTER, values, "https://x.example", NOW)
    again = acts.fill_form(
        caller.portal,
        NEWSLETTER,
        {**values, "firstname": "Newer"},
        "https://x.example",
        NOW + timedelta(seconds=1),
    )

    assert made.id == again.id
    assert again.properties["firstname"] == "Newer"
    assert [s["values"][1]["value"] for s in caller.get(PATH, limit=2)["results"]] == [
        "Newer",
        "New",
    ]


def test_without_the_scope_no_form_is_shown(bare: Caller) -> None:
    """Failure mode 11."""
    assert bare.get("/marketing/v3/forms", 403)["category"] == "MISSING_SCOPES"
    assert bare.get(PATH, 403)["category"] == "MISSING_SCOPES"
