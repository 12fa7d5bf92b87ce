"""What a portal sets about its sources: patterns by name, held against what can be set."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mappings.catalogue import load_catalogue
from mappings.model import Event, Form, ObjectRecord, ObjectType, Submission
from mappings.patterns import LONGEST, MOST, PatternFaults, Set, assigned, check, fits
from mappings.sources import load_sources, object_events, property_events, submission_events
from tests.flows.desk import ANNA

SOURCES = load_sources()
CATALOGUE = load_catalogue()
AT = datetime(2026, 6, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("patterns", "text", "fit"),
    [
        (("/p/*",), "https://x.example/p/1?a=/q/", True),
        (("/p/*",), "https://x.example/q/?a=/p/1", False),
        (("*GUIDE*",), "Buying guide", True),
        (("/p/*", "not /p/compare*"), "https://x.example/p/compare/1", False),
        (("not /p/*",), "https://x.example/q", False),
        ((), "https://x.example/p/1", False),
        (("knot*",), "knots", True),
    ],
)
def test_a_pattern_fits_as_in_rules_and_not_takes_out(
    patterns: tuple[str, ...], text: str, fit: bool
) -> None:
    assert fits(patterns, text) is fit


def test_what_is_assigned_comes_once_in_the_patterns_order() -> None:
    patterns = ("a* is trial_started", "ab is subscribed", "*b is trial_started")

    assert assigned(patterns, "ab") == ["trial_started", "subscribed"]
    assert assigned(patterns, "x") == []
    assert assigned(("this is it is trial_started",), "this is it") == ["trial_started"]


def test_what_ships_is_well() -> None:
    check(
        SOURCES.patterns, {name: one.default for name, one in SOURCES.patterns.items()}, CATALOGUE
    )


def test_every_fault_is_said_at_once() -> None:
    own: Set = {
        "product_page": ("/p/*",),
        "blog_pages": ("", " /x", "y" * (LONGEST + 1), "not"),
        "trial_stages": ("closedwon",),
        "property_events": ("plan", " is trial_started", "plan is trial_start", "plan is custom.x"),
        "case_pages": tuple(f"/{number}" for number in range(MOST + 1)),
    }

    with pytest.raises(PatternFaults) as caught:
        check(SOURCES.patterns, own, CATALOGUE)

    long = "y" * (LONGEST + 1)
    assert caught.value.faults == (
        'product_page: there are no such patterns; did you mean "product_pages"?',
        'blog_pages: "" says nothing, or has spaces around it',
        'blog_pages: " /x" says nothing, or has spaces around it',
        f'blog_pages: "{long}" is longer than 500 characters',
        'blog_pages: "not" says nothing, or has spaces around it',
        'trial_stages: "closedwon" is not PIPELINE/STAGE, such as default/closedwon or */@won',
        'property_events: "plan" does not say "WHAT is KIND"',
        'property_events: " is trial_started" says nothing, or has spaces around it',
        'property_events: "plan is trial_start" names the unknown event kind "trial_start"; '
        'did you mean "trial_started"?',
        "case_pages: more than 200 patterns",
    )


def deal(pipeline: str, stage: str, *, won: bool = False) -> ObjectRecord:
    values = {
        "pipeline": pipeline,
        "dealstage": stage,
        "hs_is_closed_won": str(won).lower(),
        "closedate": "2026-06-20T10:00:00Z",
        "amount": "1200",
        "dealname": "Gold",
    }
    return ObjectRecord(
        ObjectType.DEAL, 7, values, AT, AT, associated={ObjectType.CONTACT: (ANNA,)}
    )


def test_a_deal_is_what_its_pipeline_and_stage_say() -> None:
    sources = SOURCES.with_own(
        {
            "purchase_stages": ("*/@won", "not renewals/*"),
            "trial_stages": ("default/trial",),
            "renewal_stages": ("renewals/@won",),
            "cancellation_stages": ("renewals/lost",),
        }
    )

    def told(record: ObjectRecord) -> list[tuple[str, str, dict[str, str]]]:
        made = object_events(sources, record)
        return [(event.id, event.kind, dict(event.properties)) for event in made]

    plan = {"plan": "Gold", "amount": "1200"}
    assert told(deal("default", "42", won=True)) == [
        ("deal:7", "purchase", {"order_id": "7", "amount": "1200"})
    ]
    assert told(deal("renewals", "9", won=True)) == [("deal:7:renewal", "plan_renewed", plan)]
    assert told(deal("renewals", "lost")) == [("deal:7:cancellation", "plan_cancelled", plan)]
    assert told(deal("default", "trial")) == [("deal:7:trial", "trial_started", {"plan": "Gold"})]
    assert told(deal("default", "new")) == []
    plain = object_events(SOURCES, deal("renewals", "9", won=True))
    assert [event.kind for event in plain] == ["purchase"]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Customer survey 2026", ["survey_answered"]),
        ("Summer giveaway", ["contest_entered"]),
        ("Webinar: knots", ["webinar_registered"]),
        ("Contact us", []),
        ("Guide to our webinar", ["resource_downloaded", "webinar_registered"]),
    ],
)
def test_a_form_is_what_its_name_says(name: str, kinds: list[str]) -> None:
    made = submission_events(SOURCES, Submission(Form("f-1", name), "c1", AT, "https://x", {}))

    assert [event.kind for event in made] == ["form_submitted", *kinds]
    named = {
        "survey_answered": "survey",
        "contest_entered": "contest",
        "webinar_registered": "webinar",
    }
    for event in made[1:]:
        assert event.id == f"form:c1:{event.kind}"
        if event.kind in named:
            assert event.properties == {named[event.kind]: name}


def test_a_form_is_also_known_by_its_id() -> None:
    """A name may say nothing: a portal names the form itself."""
    form = Form("3f9a-77", "Landing page 4")
    sources = SOURCES.with_own({"contest_forms": ("3F9A-77",)})

    made = submission_events(sources, Submission(form, "c1", AT, "", {}))

    assert [event.kind for event in made] == ["form_submitted", "contest_entered"]


def test_a_property_change_is_what_the_portal_says() -> None:
    sources = SOURCES.with_own(
        {
            "property_events": (
                "plan_status=trial is trial_started",
                "plan_status is custom.plan_changed",
                "lifecyclestage=customer is plan_started",
            )
        }
    )

    made = property_events(sources, ANNA, ("plan_status", "Trial"), AT)

    ms = 1782810000000
    assert made == [
        Event(
            ANNA,
            f"property:plan_status:{ms}:Trial:trial_started",
            "trial_started",
            AT,
            "property",
            {"plan": "Trial"},
        ),
        Event(
            ANNA,
            f"property:plan_status:{ms}:Trial:custom.plan_changed",
            "custom.plan_changed",
            AT,
            "property",
            {"value": "Trial"},
        ),
    ]
    both = property_events(sources, ANNA, ("lifecyclestage", "customer"), AT)
    assert [event.kind for event in both] == ["stage_changed", "plan_started"]
    assert property_events(sources, ANNA, ("plan_status", None), AT) == []
    assert property_events(SOURCES, ANNA, ("plan_status", "trial"), AT) == []


def test_what_was_set_and_is_no_pattern_any_more_counts_for_nothing() -> None:
    """A newer Segue may have given a name up; the portal's others stand."""
    sources = SOURCES.with_own({"gone": ("x",), "case_pages": ("/won/*",)})

    assert "gone" not in sources.patterns
    assert sources.patterns["case_pages"].value == ("/won/*",)
    assert SOURCES.with_own({}) is SOURCES
