"""What ships says what it is, and holds its own examples."""

import pytest

from integration.decide.examples import examples_of, failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import shipped, shipped_files
from mappings.rules.document import Entry, Listing, Scalar, Table, read_document
from mappings.rules.values import read_duration, read_number

BOOK = shipped(load_catalogue())
FAMILIES = {"purchase", "website", "engagement", "lifecycle"}
RULES = ("when", "on", "again", "goal", "split")
LIFECYCLE = BOOK.lifecycle
assert LIFECYCLE is not None
STAGES = {stage.key: stage for stage in LIFECYCLE.stages}


def test_every_example_that_ships_holds() -> None:
    assert failing_examples(BOOK) == []
    assert examples_of(BOOK) > 200


@pytest.mark.parametrize("key", BOOK.segments)
def test_a_shipped_segment_says_what_it_is_and_has_examples(key: str) -> None:
    segment = BOOK.segments[key]

    assert segment.name
    assert segment.description.endswith(".")
    assert segment.family in FAMILIES
    assert len(segment.examples) >= 3
    assert {example.expect for example in segment.examples} == {True, False}


@pytest.mark.parametrize("key", STAGES)
def test_a_shipped_stage_says_what_it_is_and_has_examples(key: str) -> None:
    stage = STAGES[key]

    assert stage.name
    assert stage.description.endswith(".")
    assert len(stage.examples) >= 3
    assert {example.expect for example in stage.examples} == {True, False}


@pytest.mark.parametrize("key", BOOK.triggers)
def test_a_shipped_trigger_says_what_it_is_and_has_examples(key: str) -> None:
    trigger = BOOK.triggers[key]

    assert trigger.name
    assert trigger.description.endswith(".")
    assert trigger.family in FAMILIES
    assert trigger.edits == "ignore"
    assert len(trigger.examples) >= 3
    assert {bool(example.enrolls) for example in trigger.examples} == {True, False}


@pytest.mark.parametrize("key", BOOK.settings)
def test_a_shipped_setting_explains_itself(key: str) -> None:
    assert BOOK.settings[key].description.endswith(".")


def test_stages_lead_from_subscriber_to_advocate_in_the_words_of_hubspot() -> None:
    assert LIFECYCLE is not None
    assert LIFECYCLE.otherwise == "Visitor"
    assert {key: stage.hubspot for key, stage in STAGES.items()} == {
        "advocate": "evangelist",
        "customer": "customer",
        "opportunity": "opportunity",
        "sales_lead": "salesqualifiedlead",
        "qualified_lead": "marketingqualifiedlead",
        "lead": "lead",
        "subscriber": "subscriber",
    }


def test_shipped_triggers_lead_to_workflows_and_ask_for_consent() -> None:
    assert {key: trigger.workflow for key, trigger in BOOK.triggers.items()} == {
        "abandoned_cart": "Abandoned cart",
        "welcome": "Welcome series",
        "re_engagement": "Re-engagement",
        "cross_sell": "Upsell and cross-sell",
        "recommendations": "Personalised recommendations",
        "product_visits": "Product visits",
        "welcome_reminder": "Welcome reminder",
        "recent_purchase": "After a purchase",
        "ebook_series": "E-book series",
        "ebook_confirmation": "E-book confirmation",
        "cases": "Most popular cases",
        "pricing_offer": "30-day trial offer",
    }
    asking = {key for key, one in BOOK.triggers.items() if one.consent == "Marketing Information"}
    assert set(BOOK.triggers) - asking == {"ebook_confirmation"}


def plain_numbers(entry: Entry) -> list[str]:
    """Give the numbers, durations and patterns that stand in a rule itself."""
    if isinstance(entry, Listing):
        return [found for below in entry.items for found in plain_numbers(below)]
    if isinstance(entry, Table):
        return [found for below in entry.items.values() for found in plain_numbers(below)]
    is_number = read_number(entry.text) is not None or read_duration(entry.text) is not None
    return [f"{entry.path}: {entry.text}"] if is_number or "*" in entry.text else []


def rules_of(entry: Entry) -> list[Entry]:
    if isinstance(entry, Scalar | Listing):
        return []
    below = [rules_of(one) for key, one in entry.items.items() if key not in RULES]
    return [entry.items[key] for key in RULES if key in entry.items] + [
        rule for found in below for rule in found
    ]


@pytest.mark.parametrize(("name", "text"), shipped_files())
def test_every_number_of_a_rule_is_a_setting(name: str, text: str) -> None:
    root, _ = read_document(text, name)

    rules = rules_of(root)

    assert len(rules) >= 4
    assert [found for rule in rules for found in plain_numbers(rule)] == []


def test_no_description_is_left_with_braces() -> None:
    texts = [one.description for one in BOOK.segments.values()]
    texts += [one.description for one in STAGES.values()]
    texts += [one.description for one in BOOK.triggers.values()]
    assert not [text for text in texts if set("{}") & set(text)]
