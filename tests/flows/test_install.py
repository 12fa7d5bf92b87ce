"""Installs: the first, the second, and those that HubSpot doesn't make easy."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from integration import wiring
from integration.errors import GrantRefused
from integration.flows import install
from integration.store import portals, tables
from mappings.model import PortalState
from mappings.properties import load_properties
from sandbox import acts
from sandbox.faults import Fault, Kind
from sandbox.portal import Account
from tests.flows.entries import calls_of, code_for, connect, redirect_uri, rows
from tests.house import CLIENT_ID, HUB_ID, RULES, House, files_of, open_house

MINUTE = timedelta(minutes=1)
CARTS = frozenset({"crm.objects.carts.read", "e-commerce"})
OWN = [own.definition.name for own in load_properties().own]


def own_properties(house: House) -> dict[str, list[str]]:
    """Name Segue's properties in HubSpot with their options."""
    held = house.portal.properties["0-1"].definitions
    return {
        name: [option.value for option in definition.options]
        for name, definition in held.items()
        if name.startswith("segue_")
    }


def test_an_install_stores_the_grant_and_prepares_the_portal(house: House) -> None:
    """Issue 2, item 3; failure modes 10 and 26."""
    house.portal.account = Account(time_zone="Asia/Tokyo", currency="JPY", ui_domain="app-eu1.x")

    assert connect(house, HUB_ID) == HUB_ID

    [portal] = rows(house, tables.portals)
    assert (portal.portal_id, portal.time_zone, portal.currency) == (HUB_ID, "Asia/Tokyo", "JPY")
    assert portal.ui_domain == "app-eu1.x"
    assert portal.state == PortalState.SYNCING.value
    assert set(house.sandbox.apps[CLIENT_ID].required_scopes) <= set(portal.scopes.split('"'))
    made = own_properties(house)
    assert sorted(made) == sorted(OWN)
    segments = ["buyers", "cart_abandoners", "readers", "swedes"]
    assert sorted(made["segue_segments"]) == sorted(made["segue_last_left"]) == segments


def test_what_is_there_already_is_not_made_again(small_house: House) -> None:
    """Failure mode 26: making sure is done once, and asked for in few calls."""
    house = small_house
    house.install()
    writes = calls_of(house, "POST", "/crm/properties/2026-03/0-1/batch/create")

    house.pass_time(10 * MINUTE)
    house.install()

    assert calls_of(house, "POST", "/crm/properties/2026-03/0-1/batch/create") == writes == 1
    assert calls_of(house, "POST", "/crm/properties/2026-03/0-1/groups") == 1


def test_what_an_admin_archived_is_left_alone_and_said(small_house: House) -> None:
    """Failure mode 26: creating it again would restore it silently."""
    house = small_house
    house.install()
    house.portal.properties["0-1"].archive("segue_stage", house.clock.now())

    house.install()

    assert house.state is PortalState.LIVE
    assert "segue_stage" in rows(house, tables.portals)[0].reason
    assert house.portal.properties["0-1"].live("segue_stage") is None


def test_new_segments_become_options(small_house: House) -> None:
    """The portal is prepared anew when the rules have other segments."""
    house = small_house
    house.install()
    more = RULES.replace(
        "  swedes:", "  finns:\n    name: Finns\n    when: {property: country, is: FI}\n  swedes:"
    )
    house.segue.store.engine.dispose()
    house.segue = wiring.build(house.segue.settings, house.clock.now, files_of(more))

    finn = house.portal.contacts.create({"country": "FI"}).id

    house.settle()

    options = own_properties(house)["segue_segments"]
    assert sorted(options) == ["buyers", "cart_abandoners", "finns", "readers", "swedes"]
    assert house.in_hubspot(finn, "segue_segments") == "finns"
    assert rows(house, tables.portals)[0].reason == ""


def test_a_property_of_our_name_but_not_of_ours_is_left_alone_and_said(small_house: House) -> None:
    """Failure mode 26: somebody has made a property of that name for something else."""
    house = small_house
    foreign = {"label": "Stage", "type": "string", "fieldType": "text"}
    named = {"name": "segue_stage", "groupName": "contactinformation"}
    house.portal.properties["0-1"].create(named | foreign, house.clock.now())

    house.install()

    assert house.state.value == "live"
    assert "segue_stage of another type" in rows(house, tables.portals)[0].reason


def test_an_install_that_hubspot_hinders_is_finished_by_the_worker(small_house: House) -> None:
    """Failure mode 13: the admin sees a portal that is being prepared, and it gets there."""
    house = small_house
    for path in ("/account-info/*", "/crm/properties/*", "/crm/properties/*/batch/create"):
        house.sandbox.faults.add(Fault(Kind.BAD_GATEWAY, path=path))

    connect(house, HUB_ID)
    assert house.state.value == "installing"
    house.settle()

    assert house.state.value == "live"
    assert sorted(own_properties(house)) == sorted(OWN)


def test_a_portal_that_refuses_properties_is_not_asked_for_ever(small_house: House) -> None:
    """Failure mode 11: the reason names the scope; only an install that grants it can help."""
    house = small_house
    app = house.sandbox.apps[CLIENT_ID]
    needed = app.required_scopes
    app.required_scopes = tuple(scope for scope in needed if "schemas" not in scope)
    connect(house, HUB_ID)
    calls = house.calls()

    for _ in range(20):
        house.clock.advance(MINUTE)
        house.step()

    assert house.state.value == "installing"
    assert "crm.schemas.contacts" in rows(house, tables.portals)[0].reason
    assert house.calls() == calls
    app.required_scopes = needed
    house.install()
    assert house.state.value == "live"
    assert rows(house, tables.portals)[0].reason == ""


def test_a_code_that_is_no_good_changes_nothing(small_house: House) -> None:
    """A code is good once."""
    house = small_house
    code = code_for(house, HUB_ID)
    tools, keeper = house.segue.tools, house.segue.keeper
    install.install(tools, keeper, code, redirect_uri(house))
    before = rows(house, tables.portals)

    for bad in (code, "made up", ""):
        with pytest.raises(GrantRefused):
            install.install(tools, keeper, bad, redirect_uri(house))

    assert rows(house, tables.portals) == before


def test_two_workers_prepare_a_portal_and_begin_its_sync_once(house: House) -> None:
    """The web process that installs and the worker that sees it are at it together."""
    house.sandbox.faults.add(Fault(Kind.BAD_GATEWAY, path="/account-info/*"))
    connect(house, HUB_ID)
    other = wiring.build(house.segue.settings, house.clock.now, house.segue.tools.books.files)
    threads = [
        threading.Thread(target=install.prepare_waiting, args=(segue.tools,))
        for segue in (house.segue, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert house.state.value == "syncing"
    house.settle()
    install.prepare_waiting(other.tools)
    assert house.state.value == "live"
    other.store.engine.dispose()


def test_preparing_anew_leaves_a_portal_where_it_is_by_then(small_house: House) -> None:
    """Its first sync ended while HubSpot was asked; that isn't undone."""
    house = small_house
    connect(house, HUB_ID)
    more = files_of(RULES.replace("name: Swedes", "name: The Swedes"))
    late = wiring.build(house.segue.settings, house.clock.now, more)
    with house.segue.store.read() as connection:
        before = portals.get(connection, HUB_ID)
    assert before is not None
    house.settle()
    assert house.state.value == "live"

    install._prepare(late.tools, before)

    assert house.state.value == "live"
    assert {row.state for row in rows(house, tables.sync)} == {"done"}
    late.store.engine.dispose()


def test_signing_in_again_reads_nothing_again(small_house: House) -> None:
    house = small_house
    house.install()
    before = house.calls()

    house.connect()
    house.settle()

    assert house.state is PortalState.LIVE
    asked = [call.template for call in house.sandbox.calls.calls[before:]]
    assert not [path for path in asked if path == "/crm/objects/2026-03/<object_type>"]


def test_a_scope_that_is_granted_later_opens_its_source_and_enrolls_nobody(
    database_url: str,
) -> None:
    """(11) The missing scope closes one source; granting it reads its past, without any news."""
    house = open_house(database_url, account=Account(withheld_scopes=CARTS))
    house.add_workflow("Abandoned cart")
    anna = house.portal.contacts.create({"email": "anna@example.com"}).id
    acts.fill_cart(house.portal, anna, {"hs_total_price": "5"})
    house.clock.advance(timedelta(hours=5))
    house.install()
    assert house.members("cart_abandoners") == set()

    house.portal.account = Account()
    house.connect()
    house.settle()

    assert house.state is PortalState.LIVE
    assert house.members("cart_abandoners") == house.listed("cart_abandoners") == {int(anna)}
    assert house.enrolled("Abandoned cart") == []
    house.close()
