"""The catalogue of behaviour."""

from pathlib import Path

import pytest

from mappings.catalogue import NUMBER_TYPES, OPEN_TYPE, TEXT_TYPES, load_catalogue

CATALOGUE = load_catalogue()


def test_every_kind_has_a_line_and_typed_properties() -> None:
    assert len(CATALOGUE.kinds) == 40
    for kind in CATALOGUE.kinds.values():
        assert kind.line
        assert kind.properties
        assert set(kind.properties.values()) <= TEXT_TYPES | NUMBER_TYPES


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("purchase", True),
        ("custom.wish_list.added", True),
        ("purchases", False),
        ("custom.", False),
        ("custom", False),
        ("custom.a b", False),
    ],
)
def test_a_kind_is_known_when_listed_or_the_portals_own(kind: str, known: bool) -> None:
    assert CATALOGUE.knows(kind) is known


def test_a_property_has_its_declared_type_and_in_custom_kinds_an_open_one() -> None:
    assert CATALOGUE.type_of("purchase", "amount") == "money"
    assert CATALOGUE.type_of("purchase", "colour") is None
    assert CATALOGUE.type_of("purchases", "amount") is None
    assert CATALOGUE.type_of("custom.wish", "amount") == OPEN_TYPE


def test_a_line_completes_a_sentence() -> None:
    assert CATALOGUE.line("purchase") == "made a purchase"
    assert CATALOGUE.line("custom.wish_list") == "did wish list"


def test_the_documentation_lists_the_catalogue_as_it_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "event-catalogue.md"
    listed: dict[str, dict[str, str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            _, kinds, properties, *_ = (cell.strip() for cell in line.split("|"))
            typed = dict(pair.split() for pair in properties.split(", "))
            listed.update(dict.fromkeys(kinds.replace("`", "").split(", "), typed))

    assert listed == {name: dict(kind.properties) for name, kind in CATALOGUE.kinds.items()}
