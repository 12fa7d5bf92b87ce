"""`segue sources` as a CRM admin sees it, beside a stand-in HubSpot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from console.commands.sources import sources
from integration import wiring
from integration.store import tables
from sandbox import acts
from sandbox.marketing.acts import click_email, deliver_email, send_email, submit_form, visit_page
from sandbox.marketing.model import EmailCampaign, Form
from sandbox.portal import Account
from tests.console.test_settings import GOOD
from tests.flows.entries import rows
from tests.house import CLIENT_ID, KEY, House, open_house

HOUR = timedelta(hours=1)
SHOP = "https://www.cdshop.example"


@pytest.fixture
def enterprise(database_url: str) -> Iterator[House]:
    made = open_house(database_url, account=Account(tier="enterprise"))
    furnish(made)
    made.install()
    yield made
    made.close()


def furnish(house: House) -> None:
    """Let one contact do a little of everything in the last hours. Commands live by the real
    clock, and so does the house."""
    house.clock.advance(wiring.now() - house.clock.now())
    portal, now = house.portal, house.clock.now()
    with portal.quiet():
        anna = portal.contacts.create({"email": "anna@example.com"}).id
        acts.open_deal(portal, anna, {"dealname": "Gold", "dealstage": "closedwon"})
    portal.marketing.forms["f-1"] = Form("f-1", "NPS spring", ("email",), now - 9 * HOUR)
    submit_form(portal, "f-1", {"email": "anna@example.com"}, SHOP, now - 3 * HOUR)
    visit_page(portal, anna, (f"{SHOP}/shop/CD-001", "Northbound"), now - 2 * HOUR)
    visit_page(portal, anna, (f"{SHOP}/blog/ten", "Ten records"), now - HOUR)
    portal.marketing.campaigns[7] = EmailCampaign(7, 113, 1, 2, "Sale", "Sale!")
    send_email(portal, 7, "anna@example.com", now - 4 * HOUR)
    deliver_email(portal, 7, "anna@example.com", now - 4 * HOUR)
    click_email(portal, (7, "anna@example.com"), SHOP, now - 3 * HOUR)


def run(house: House, *words: str) -> Result:
    settings = house.segue.settings
    env = {
        **GOOD,
        "DATABASE_URL": settings.database_url,
        "HUBSPOT_API_URL": settings.api_url,
        "HUBSPOT_CLIENT_ID": CLIENT_ID,
        "TOKEN_KEYS": KEY,
    }
    return CliRunner().invoke(sources, words, env=env)


def shown(house: House) -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = json.loads(run(house, "show", "--json").output)
    return found


def line_of(result: Result, word: str) -> str:
    return next(line for line in result.output.splitlines() if line.startswith(f"{word} "))


def test_patterns_are_set_shown_and_taken_back(enterprise: House) -> None:
    house = enterprise
    changed = run(house, "set", "product_pages", "/shop/*", "not /shop/cart", "--by", "anna")

    assert changed.exit_code == 0, changed.output
    assert changed.output.splitlines() == [
        "Version 1: product_pages: its default -> /shop/*, not /shop/cart.",
        "It applies to what comes from now on; the past: segue sources reread occurrences",
    ]
    assert "/shop/*, not /shop/cart" in line_of(run(house, "show"), "product_pages")
    assert shown(house)["patterns"]["product_pages"]["value"] == ["/shop/*", "not /shop/cart"]
    assert run(house, "set", "product_pages", "--none").exit_code == 0
    assert shown(house)["patterns"]["product_pages"]["value"] == []
    assert run(house, "reset", "product_pages").exit_code == 0
    assert shown(house)["patterns"]["product_pages"]["own"] is False
    told = run(house, "set", "property_events", "plan=gold is plan_started").output
    assert told.splitlines()[1] == "It applies to what comes from now on."


def test_the_log_says_who_changed_what_and_what_was_before(enterprise: House) -> None:
    house = enterprise
    run(house, "set", "case_pages", "/won/*", "--by", "anna@example.com")
    run(house, "set", "case_pages", "/stories/*", "--by", "bert@example.com")
    run(house, "reset", "case_pages", "--by", "cleo@example.com")

    lines = run(house, "log").output.splitlines()[3:]

    assert [line.split()[0] + " " + " ".join(line.split()[2:]) for line in lines] == [
        "3 cleo@example.com case_pages: /stories/* -> its default",
        "2 bert@example.com case_pages: /won/* -> /stories/*",
        "1 anna@example.com case_pages: its default -> /won/*",
    ]
    first = json.loads(run(house, "log", "--json").output)[-1]
    assert (first["before"], first["after"]) == (None, ["/won/*"])


CANT = [
    (["set", "product_page", "/x"], 'no such patterns; did you mean "product_pages"?'),
    (["set", "trial_stages", "won"], '"won" is not PIPELINE/STAGE'),
    (["set", "custom_events", "a is b"], 'names the unknown event kind "b"'),
    (["set", "custom_events"], "say the patterns, or --none"),
    (["set", "custom_events", "a is b", "--none"], "say the patterns, or --none"),
    (["reset", "case_pages"], "It is so already: nothing was changed."),
    (["reread", "pages"], "The portal has no such source"),
    (["try", "pages"], "is not one of"),
    (["try", "forms", "--with", "x=y"], "x: there are no such patterns"),
    (["show", "--portal", "404"], "404 hasn't installed Segue"),
]


def test_what_cant_be_done_is_said_and_changes_nothing(enterprise: House) -> None:
    for words, said in CANT:
        result = run(enterprise, *words)

        assert result.exit_code == 2, words
        assert said in result.output + result.stderr

    assert json.loads(run(enterprise, "log", "--json").output) == []


def becomes(result: Result) -> list[str]:
    """Give the last column of a table."""
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    column = lines[1].index("becomes")
    return [line[column:] for line in lines[3:-1]]


def test_the_dry_run_shows_what_records_become_and_changes_nothing(enterprise: House) -> None:
    house = enterprise
    before = {name: rows(house, table) for name, table in tables.metadata.tables.items()}

    pages = run(house, "try", "occurrences")
    tried = run(house, "try", "occurrences", "--with", "product_pages=/shop/*")
    form = run(house, "try", "forms", "--with", "survey_forms=nps*")

    visit = f"page_viewed(url={SHOP}/shop/CD-001, title=Northbound"
    read = f"page_viewed(url={SHOP}/blog/ten, title=Ten records, category=blog)"
    assert becomes(pages) == [f"{read} + article_read(article=Ten records)", f"{visit})"]
    assert becomes(tried)[1] == (
        f"{visit}, category=product) + product_viewed(product_id=CD-001, url={SHOP}/shop/CD-001)"
    )
    assert tried.output.splitlines()[-1] == (
        "Of 2 records: 2 page_viewed, 1 article_read, 1 product_viewed"
    )
    assert "survey_answered(survey=NPS spring)" in becomes(form)[0]
    unchanged = {"budgets", "portals"}  # calls are counted, a token may be renewed
    after = {name: rows(house, table) for name, table in tables.metadata.tables.items()}
    assert {name for name in before if before[name] != after[name]} <= unchanged


def test_without_a_source_every_one_is_tried(enterprise: House) -> None:
    found = json.loads(run(enterprise, "try", "--json").output)

    kinds = {
        name: [[event["event"] for event in one["events"]] for one in tried]
        for name, tried in found.items()
    }
    assert kinds == {
        "forms": [["form_submitted"]],
        "emails": [["email_clicked"], ["email_delivered"], []],
        "deals": [["purchase"]],
        "occurrences": [["page_viewed", "article_read"], ["page_viewed"]],
    }
    assert found["deals"][0]["record"].startswith("deal in default/closedwon = default/@won")


def test_what_hubspot_refuses_is_said_in_its_place(house: House) -> None:
    """Failure mode 11: without Enterprise the rest is tried all the same."""
    furnish(house)
    house.install()

    result = run(house, "try")

    assert result.exit_code == 0
    assert "Page visits and custom events\nHubSpot doesn't give them:" in result.output
    assert "form NPS spring (f-1)" in result.output
    off = next(line for line in run(house, "show").output.splitlines() if "left out" in line)
    assert "Enterprise" in off


def test_a_source_is_read_again(enterprise: House) -> None:
    house = enterprise
    run(house, "set", "survey_forms", "nps*")

    result = run(house, "reread", "forms")

    assert result.output == ("forms is read again from its beginning: see `segue sources show`.\n")
    assert house.state.value == "syncing"
    house.settle()
    assert house.state.value == "live"
    assert "survey_answered" in {row.kind for row in rows(house, tables.events)}
    assert [row.kind for row in rows(house, tables.events)].count("form_submitted") == 1
    assert "2 of 1" not in run(house, "show").output
    assert "1 of 1" in line_of(run(house, "show"), "occurrences")
