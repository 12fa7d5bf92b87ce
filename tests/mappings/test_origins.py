"""Which sites' pages may use a write key."""

from __future__ import annotations

import pytest

from mappings.origins import allows, read_origin


@pytest.mark.parametrize(
    ("allowed", "origin", "may"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://shop.example", "https://SHOP.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("https://shop.example", "https://shop.example:8443", False),
        ("https://shop.example", "https://shop.example.evil.example", False),
        ("https://shop.example", "https://www.shop.example", False),
        ("https://shop.example", "null", False),
        ("https://*.shop.example", "https://www.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("https://*.shop.example", "http://www.shop.example", False),
        ("*", "https://anything.example", True),
        ("*", "null", True),
    ],
)
def test_an_origin_fits_or_not(allowed: str, origin: str, may: bool) -> None:
    assert allows([allowed], origin) is may


def test_no_origin_fits_where_none_is_allowed() -> None:
    assert not allows([], "https://shop.example")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://Shop.example/", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://*.shop.example", "https://*.shop.example"),
        (" * ", "*"),
    ],
)
def test_origins_are_read_as_people_write_them(text: str, read: str) -> None:
    assert read_origin(text) == read


@pytest.mark.parametrize(
    "text", ["shop.example", "https://shop.example/path", "https://*", "ftp://a.example", "", "**"]
)
def test_what_is_no_origin_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin: it takes one such as"):
        read_origin(text)
