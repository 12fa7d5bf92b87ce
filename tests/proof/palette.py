"""What the rules and the people of one random case have in common, so that they meet."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

import yaml

import mappings

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
EVENTS = Path(mappings.__file__).parent / "data" / "events.yml"
TYPES: dict[str, dict[str, str]] = {
    kind: said["properties"]
    for kind, said in yaml.safe_load(EVENTS.read_text(encoding="utf-8"))["kinds"].items()
}
OPEN = {"n": "json", "amount": "json", "email": "json", "size in m²": "json"}
CUSTOM = ("custom.wish", "custom.Wish-list_2.done")
NUMERIC = frozenset({"number", "money", "seconds"})
LENGTHS = ("1m", "45m", "90m", "4h", "23h", "24h", "1d", "2d", "7d", "1w", "2w", "30d", "365d")
NOWS = (
    1_782_777_600_000,  # 2026-06-30T00:00:00Z: the change of a day
    1_782_777_600_000 + 12 * HOUR + 1,
    1_709_164_799_999,  # the last millisecond before a leap day
    1_767_225_600_001,  # the first after a new year
    3 * DAY,  # windows that reach to before 1970
)


@dataclass(frozen=True)
class Palette:
    """The kinds, durations and instants (epoch ms) that a case is made of, evaluated at `now`."""

    now: int
    kinds: tuple[str, ...]
    lengths: tuple[str, ...]
    instants: tuple[int, ...]


def some_palette(chance: Random) -> Palette:
    """Choose few of each: then events lie on the edges of most rules' windows."""
    now = chance.choice(NOWS)
    lengths = tuple(chance.sample(LENGTHS, 3))
    near = [now, now - chance.choice((HOUR, DAY, 7 * DAY)), now + chance.choice((1, HOUR, DAY))]
    midnight = now // DAY * DAY - chance.randrange(3) * DAY
    return Palette(now, _some_kinds(chance), lengths, (chance.choice(near), midnight))


def _some_kinds(chance: Random) -> tuple[str, ...]:
    first = chance.choice([*TYPES, *CUSTOM])
    akin = [kind for kind in (*TYPES, *CUSTOM) if set(types_of(kind)) & set(types_of(first))]
    others = [chance.choice(akin), chance.choice([*CUSTOM, *TYPES, first])]
    return (first, *others[: chance.randrange(1, 3)])


def types_of(kind: str) -> dict[str, str]:
    """Give the properties of a kind with their types; `json` where each value goes by its own."""
    return TYPES.get(kind, OPEN)


def written_utc(at: int) -> str:
    """Write an instant as `2026-06-30T00:00:00.000Z`."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def written(chance: Random, at: int) -> str:
    """Write an instant in one of the ways of ISO 8601, all of them meaning the same."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    plain = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    ways = [
        f"{plain}Z",
        plain,
        f"{plain}999+00:00",  # what is finer than a millisecond is cut off
        moment.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="milliseconds"),
        moment.astimezone(timezone(timedelta(hours=-9, minutes=-30))).isoformat(
            timespec="milliseconds"
        ),
    ]
    if at % DAY == 0:
        ways += [moment.date().isoformat()] * 3
    return chance.choice(ways)
