"""Acting as visitors and marketers over HTTP."""

from __future__ import annotations

from sandbox.populate import campaign_id, form_id

from .conftest import Caller

EVENTS = "/email/public/v1/events"


def _path(caller: Caller, rest: str) -> str:
    return f"/sandbox/portals/{caller.portal.hub_id}/marketing/{rest}"


def test_a_form_sent_creates_its_contact(caller: Caller) -> None:
    newsletter = form_id("Newsletter")
    body = {"values": {"email": "eva@example.com"}, "pageUrl": "https://x.example"}

    made = caller.post(_path(caller, f"forms/{newsletter}/submissions"), body)

    contact = caller.portal.contacts.by_email("eva@example.com")
    newest = caller.get(f"/form-integrations/v1/submissions/forms/{newsletter}", limit=1)
    assert contact is not None
    assert contact.id == made["contactId"]
    assert newest["results"][0]["pageUrl"] == "https://x.example"


def test_mail_is_sent_opened_and_clicked(caller: Caller) -> None:
    root, to = f"emails/{campaign_id(8)}", {"recipient": "Eva@example.com"}

    caller.post(_path(caller, f"{root}/sends"), to)
    caller.post(_path(caller, f"{root}/opens"), {**to, "machine": True})
    caller.post(_path(caller, f"{root}/clicks"), {**to, "url": "https://x.example"})

    events = caller.get(EVENTS, recipient="eva@example.com")["events"]
    assert sorted((e["type"], e.get("filteredEvent")) for e in events) == [
        ("CLICK", False),
        ("DELIVERED", None),
        ("OPEN", True),
        ("SENT", None),
    ]


def test_a_visit_and_an_opt_out_are_seen_by_the_api(caller: Caller) -> None:
    contact_id = next(iter(caller.portal.contacts.records))

    visit = {"contactId": contact_id, "url": "https://x.example", "title": "X"}
    made = caller.post(_path(caller, "visits"), visit)
    caller.post(_path(caller, "opt-outs"), {"email": "eva@example.com"})

    seen = caller.get("/events/v3/events", id=made["id"])["results"]
    assert [o["objectId"] for o in seen] == [contact_id]
    assert caller.get(EVENTS, recipient="eva@example.com")["events"][0]["type"] == "STATUSCHANGE"


def test_a_workflow_is_switched_off(caller: Caller) -> None:
    flow_id = next(iter(caller.portal.marketing.workflows))

    caller.patch(_path(caller, f"workflows/{flow_id}"), {"isEnabled": False})

    shown = {w["id"]: w for w in caller.get(_path(caller, "workflows"))["workflows"]}
    assert shown[str(flow_id)]["isEnabled"] is False
    assert shown[str(flow_id)]["workflowId"] == 61_200_001


def test_what_makes_no_sense_is_refused(caller: Caller) -> None:
    newsletter, to = form_id("Newsletter"), {"recipient": "eva@example.com"}

    caller.get("/sandbox/portals/1/marketing/workflows", 404)
    caller.post(_path(caller, "forms/none/submissions"), {"values": {"email": "a@b.se"}}, 404)
    caller.post(_path(caller, f"forms/{newsletter}/submissions"), {"values": {}}, 400)
    caller.post(_path(caller, "emails/1/sends"), to, 404)
    caller.post(_path(caller, f"emails/{campaign_id(8)}/opens"), to, 404)
    caller.post(_path(caller, "opt-outs"), {}, 400)
    caller.patch(_path(caller, "workflows/1"), {}, 404)
    flow_id = next(iter(caller.portal.marketing.workflows))
    caller.patch(_path(caller, f"workflows/{flow_id}"), {"listIds": "7"}, 400)


def test_a_gateway_scans_an_e_mail_and_hubspot_filters_nothing_of_it(caller: Caller) -> None:
    root, to = f"emails/{campaign_id(8)}", {"recipient": "eva@example.com"}
    caller.post(_path(caller, f"{root}/sends"), to)

    urls = ["https://x.example/1", "https://x.example/2"]
    caller.post(_path(caller, f"{root}/scans"), {**to, "urls": urls, "agent": "Gateway/1"})

    events = caller.get(EVENTS, recipient="eva@example.com")["events"]
    seen = [e for e in events if e["type"] in ("OPEN", "CLICK")]
    assert sorted((e["type"], e.get("url"), e["filteredEvent"]) for e in seen) == [
        ("CLICK", urls[0], False),
        ("CLICK", urls[1], False),
        ("OPEN", None, False),
    ]
    assert {e["userAgent"] for e in seen} == {"Gateway/1"}
    clicked = sorted(e["created"] for e in seen if e["type"] == "CLICK")
    assert clicked[1] - clicked[0] == 100


def test_anything_can_occur_to_a_contact(caller: Caller) -> None:
    contact = caller.portal.contacts.create({"email": "eva@example.com"}).id
    said = {"contactId": contact, "eventType": "pe1_demo", "properties": {"room": "blue"}}

    made = caller.post(_path(caller, "occurrences"), said)

    [kept] = caller.portal.marketing.occurrences[contact]
    assert (kept.id, kept.event_type, kept.properties) == (made["id"], "pe1_demo", {"room": "blue"})
