"""Where a deal stands, by the patterns of its portal (purchase_stages and the like)."""

from dataclasses import replace
from typing import Final

from mappings.model import ObjectRecord, ObjectType
from mappings.patterns import Patterns, Sort, fits

WON: Final = "@won"


def placed(patterns: Patterns, record: ObjectRecord) -> ObjectRecord:
    """Give a deal with a property more for each of the patterns of deals: "true" where it stands
    there, "false" elsewhere. Other records stay as they are, and so does what an example says."""
    if record.type is not ObjectType.DEAL:
        return record
    places = places_of(record)
    stands = {
        name: "true" if fits(one.value, *places) else "false"
        for name, one in patterns.items()
        if one.of is Sort.DEALS
    }
    return replace(record, properties={**stands, **record.properties})


def places_of(record: ObjectRecord) -> list[str]:
    """Give PIPELINE/STAGE of a deal, and PIPELINE/@won of one that HubSpot counts as won: the ids
    of stages are the portal's own."""
    said = {name: (value or "").strip() for name, value in record.properties.items()}
    pipeline = said.get("pipeline", "")
    places = [f"{pipeline}/{said.get('dealstage', '')}"]
    if said.get("hs_is_closed_won", "").lower() == "true":
        places.append(f"{pipeline}/{WON}")
    return places
