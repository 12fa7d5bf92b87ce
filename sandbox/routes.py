"""One view under its numbered path and its dated one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint

DATED = "2026-03"
View = Callable[..., Any]


def route(
    blueprint: Blueprint, method: str, family: str, rest: str = "", old: str = "v3"
) -> Callable[[View], View]:
    """Serve a view at `/crm/{old}/{family}{rest}` and at `/crm/{family}/2026-03{rest}`."""

    def register(view: View) -> View:
        for rule in (f"/crm/{old}/{family}{rest}", f"/crm/{family}/{DATED}{rest}"):
            blueprint.add_url_rule(rule, view_func=view, methods=[method])
        return view

    return register
