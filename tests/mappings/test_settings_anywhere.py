"""Whatever a rule says, settings in place of its values make the same rule."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings

from mappings.catalogue import load_catalogue
from mappings.rules import parse
from tests.decide.kernel.languages import conditions

CATALOGUE = load_catalogue()
DURATIONS = {"within", "before", "inside", "in_next"}
LISTS = {"in", "not_in", "matches", "event", "same"}
NUMBERS = {"at_least", "at_most", "more_than", "less_than", "exactly", "minimum"}
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def named(rule: Any, defaults: dict[str, str]) -> Any:
    """Put a mention of a setting for every value that one may stand for; note the defaults."""
    if isinstance(rule, list):
        return [named(below, defaults) for below in rule]
    if not isinstance(rule, Mapping):
        return rule
    return {key: _named(key, value, defaults) for key, value in rule.items()}


def _named(key: str, value: Any, defaults: dict[str, str]) -> Any:
    is_value = (
        (key in DURATIONS and isinstance(value, str))
        or (key in NUMBERS and not isinstance(value, dict | list))
        or (key in LISTS and isinstance(value, list))
    )
    if not is_value:
        return named(value, defaults)
    name = f"s{len(defaults)}"
    defaults[name] = (
        json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)
    )
    return {"setting": name}


@settings(max_examples=150, deadline=None, suppress_health_check=QUIET)
@given(conditions())
def test_a_rule_with_settings_is_the_rule_with_their_values(condition: dict[str, Any]) -> None:
    plain = json.dumps({"segments": {"a": {"when": condition}}}, ensure_ascii=False)
    defaults: dict[str, str] = {}
    whole = json.dumps({"a": {"when": named(condition, defaults)}}, ensure_ascii=False)
    declared = ", ".join(f"{name}: {{default: {text}}}" for name, text in defaults.items())

    rules = parse(f"settings: {{{declared}}}\nsegments: {whole}", "named.yml", CATALOGUE)

    assert rules.segments == parse(plain, "plain.yml", CATALOGUE).segments
    assert set(rules.settings) == set(defaults)
