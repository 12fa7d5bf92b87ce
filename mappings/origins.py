"""Sites by their origin, as browsers name it: https://shop.example, with `*` for any subdomain."""

import re
from collections.abc import Iterable
from typing import Final

ANY: Final = "*"
_ORIGIN: Final = re.compile(r"https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


def read_origin(text: str) -> str:
    """Read an origin as a person writes it; raises ValueError with what one looks like."""
    spelled = text.strip().lower().rstrip("/")
    if spelled != ANY and _ORIGIN.fullmatch(spelled) is None:
        raise ValueError(
            f"{text!r} is no origin: it takes one such as https://shop.example, "
            "https://*.shop.example or *"
        )
    return spelled


def allows(origins: Iterable[str], origin: str) -> bool:
    """Say whether an origin as a browser sends it is one of these."""
    return any(_fits(allowed, origin.strip().lower()) for allowed in origins)


def _fits(allowed: str, origin: str) -> bool:
    if allowed == ANY:
        return True
    scheme, star, domain = allowed.partition("*.")
    if not star:
        return origin == allowed
    return origin.startswith(scheme) and origin.endswith(f".{domain}")
