"""The shop's catalogue: forty CDs of titles made up for it."""

from __future__ import annotations

from decimal import Decimal

from .nouns import Product

_TITLES = {
    "Rock": [
        "Northbound",
        "Paper Lanterns",
        "The Long Platform",
        "Static Summer",
        "Tin Roof",
        "Eleven Bridges",
        "Low Tide Radio",
        "Broken Compass",
    ],
    "Jazz": [
        "Blue Ferry",
        "Quiet Harbour",
        "Five After Two",
        "Smoke and Brass",
        "Lamplight Suite",
        "Slow Elevator",
        "Rain on Vinyl",
        "Corner Table",
    ],
    "Classical": [
        "Winter Quartets",
        "Songs for Cello",
        "The Small Organ Book",
        "Nocturnes by the Lake",
        "Preludes, Second Book",
        "Birch Symphony",
        "Chamber Works",
        "Morning Vespers",
    ],
    "Electronic": [
        "Phase Garden",
        "Glass Circuit",
        "Soft Machines of Night",
        "Copper Loops",
        "Tidal Logic",
        "Afterimage",
        "Pulse Atlas",
        "Cold Neon",
    ],
    "Folk": [
        "Hayloft Sessions",
        "Songs My Aunt Sang",
        "The Ferryman",
        "Wooden Spoons",
        "Kitchen Fiddle",
        "Letters from Åre",
        "Riverside Reels",
        "Old Orchard",
    ],
}
_PRICES = (Decimal("9.99"), Decimal("11.99"), Decimal("13.49"), Decimal("14.96"), Decimal("17.99"))


def products() -> tuple[Product, ...]:
    """List the catalogue's forty products, always the same."""
    titles = [(title, category) for category, names in _TITLES.items() for title in names]
    return tuple(
        Product(number, title, category, _PRICES[number % len(_PRICES)])
        for number, (title, category) in enumerate(titles, start=1)
    )
