"""The portal of the demonstration: real purchases, and behaviour made up around them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from . import behaviour, cdnow, trade
from .behaviour.nouns import Mail, Mailing, Person, World
from .behaviour.web import CONTACT_SALES, EBOOK, NEWSLETTER
from .marketing import acts
from .marketing.model import (
    Consent,
    EmailCampaign,
    Form,
    SubscriptionType,
    Trigger,
    Workflow,
)
from .portal import Account, Portal
from .state import Sandbox

HUB_ID = 24_611_997
MARKETING_INFORMATION = 407_311_201
PRODUCT_NEWS = 407_311_202
_SMALL = 60
_LEADS = {"full": 150, "small": 10}
_MAIL_APP_ID = 113
_FIRST_CAMPAIGN = 310_004_000


def populate(
    sandbox: Sandbox,
    now: datetime,
    size: str = "full",
    tier: str = "professional",
    hub_id: int = HUB_ID,
) -> Portal:
    """Open the demonstration's account and fill it, sending no webhooks.

    `full` holds all 2,357 customers of the CDNOW sample, `small` the first sixty; both have some
    leads beside them. The last purchase falls just before `now`.
    """
    account = Account(tier=tier, name="CD shop", currency=trade.CURRENCY)
    portal = sandbox.add_portal(hub_id, account)
    purchases = cdnow.ending_at(cdnow.read(), now)
    if size == "small":
        purchases = tuple(p for p in purchases if p.customer <= _SMALL)
    world = behaviour.world(purchases, now, _LEADS[size])
    with portal.quiet():
        opened_at = min(p.created_at for p in world.people) - timedelta(days=30)
        _set_up(portal, opened_at)
        contact_ids = _trade(portal, world, opened_at)
        _surf(portal, world, contact_ids)
        _mail(portal, world)
    return portal


def form_id(name: str) -> str:
    """Give the GUID of the demonstration's form of that name."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{trade.STORE}"))


def campaign_id(mailing: int) -> int:
    """Give the campaign id of the demonstration's mailing of that number."""
    return _FIRST_CAMPAIGN + mailing


def _set_up(portal: Portal, at: datetime) -> None:
    """Lay out what a marketer has prepared: forms, subscription types, workflows."""
    marketing = portal.marketing
    for name, fields in _FORMS.items():
        marketing.forms[form_id(name)] = Form(form_id(name), name, fields, at)
    marketing.subscriptions[MARKETING_INFORMATION] = SubscriptionType(
        MARKETING_INFORMATION, "Marketing Information", "Offers and news.", "Marketing", at
    )
    marketing.subscriptions[PRODUCT_NEWS] = SubscriptionType(
        PRODUCT_NEWS, "New records", "What came in this week.", "Marketing", at
    )
    for workflow in _workflows(at):
        marketing.workflows[workflow.flow_id] = workflow


_FORMS = {
    NEWSLETTER: ("email", "firstname"),
    EBOOK: ("email", "firstname", "lastname"),
    CONTACT_SALES: ("email", "firstname", "lastname", "company"),
}


def _workflows(at: datetime) -> tuple[Workflow, ...]:
    """List the marketer's workflows.

    Those that listen to a list name none yet: the list has to exist first.
    """
    return (
        Workflow(1_580_010_001, 61_200_001, "Abandoned cart", at, lasts=timedelta(days=3)),
        Workflow(1_580_010_002, 61_200_002, "Welcome series", at, Trigger.LIST),
        Workflow(1_580_010_003, 61_200_003, "Win back", at, Trigger.EVENT),
        Workflow(1_580_010_004, 61_200_004, "VIP thank you", at, re_enroll=True),
        Workflow(
            1_580_010_005,
            61_200_005,
            "After the e-book",
            at,
            Trigger.EVENT,
            event_type_id="4-1639801",
        ),
        Workflow(1_580_010_006, 61_200_006, "Summer 2019", at, enabled=False),
    )


def _trade(portal: Portal, world: World, opened_at: datetime) -> Mapping[int, str]:
    """Put in products, contacts, orders, carts and deals; return contact ids by person."""
    shelf = trade.stock(portal, behaviour.products(), opened_at)
    people = sorted(world.people, key=lambda p: (p.created_at, p.key))
    ids = {person.key: trade.put_contact(portal, person).id for person in people}
    for order in sorted(world.orders, key=lambda o: o.at):
        trade.put_order(portal, shelf, ids[order.person], order)
    for cart in sorted(world.carts, key=lambda c: c.at):
        trade.put_cart(portal, shelf, ids[cart.person], cart)
    for deal in world.deals:
        trade.put_deal(portal, ids[deal.person], deal)
    return ids


def _surf(portal: Portal, world: World, contact_ids: Mapping[int, str]) -> None:
    """Put in the pages seen and the forms sent."""
    for visit in world.visits:
        acts.visit_page(portal, contact_ids[visit.person], (visit.url, visit.title), visit.at)
    people = {p.key: p for p in world.people}
    for fill in world.form_fills:
        values = _form_values(people[fill.person], _FORMS[fill.form])
        acts.submit_form(portal, form_id(fill.form), values, fill.page_url, fill.at)


def _form_values(person: Person, fields: tuple[str, ...]) -> dict[str, str]:
    known = {
        "email": person.email or "",
        "firstname": person.first_name,
        "lastname": person.last_name,
        "company": person.company or "",
    }
    return {name: known[name] for name in fields}


def _mail(portal: Portal, world: World) -> None:
    """Put in consent, and what was sent, opened and clicked."""
    emails = {p.key: p.email for p in world.people if p.email}
    for person in world.people:
        if person.email and person.subscribed:
            consent = Consent("SUBSCRIBED", person.created_at, "FORM", "CONSENT_WITH_NOTICE")
            acts.set_consent(portal, person.email, MARKETING_INFORMATION, consent)
    for mailing in world.mailings:
        portal.marketing.campaigns[campaign_id(mailing.number)] = _campaign(mailing)
    for step in world.mail:
        put_mail(portal, emails[step.person], step)
    for leaver in world.opt_outs:
        acts.opt_out(portal, emails[leaver.person], "MARKETING_EMAIL", leaver.at)


def _campaign(mailing: Mailing) -> EmailCampaign:
    return EmailCampaign(
        id=campaign_id(mailing.number),
        app_id=_MAIL_APP_ID,
        group_id=campaign_id(mailing.number) + 500_000,
        content_id=74_000_000_000 + mailing.number,
        name=mailing.name,
        subject=mailing.subject,
    )


def put_mail(portal: Portal, email: str, step: Mail) -> None:
    """Put one step of one copy of a mailing into the portal."""
    campaign = campaign_id(step.mailing)
    match step.type:
        case "SENT":
            acts.send_email(portal, campaign, email, step.at)
        case "DELIVERED":
            acts.deliver_email(portal, campaign, email, step.at)
        case "BOUNCE":
            acts.bounce_email(portal, campaign, email, step.at)
        case "OPEN":
            acts.open_email(portal, campaign, email, step.at, step.machine)
        case _:
            acts.click_email(portal, (campaign, email), step.url, step.at, step.machine)
