"""The marshmallow fields that HubSpot's JSON needs: tolerant where HubSpot is loose."""

from collections.abc import Callable, Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from mappings.values import Unreadable, happened, id_of, text_of


class Wire(Schema):
    """A schema of something HubSpot sends: what we don't know of is left out."""

    class Meta:
        """HubSpot adds fields whenever it likes."""

        unknown = EXCLUDE


def _read_by(reader: Callable[[Any], Any], options: dict[str, Any]) -> fields.Function:
    def read(value: Any) -> Any:
        try:
            return reader(value)
        except Unreadable as error:
            raise ValidationError(str(error)) from error

    return fields.Function(deserialize=read, **options)


def record_id(**options: Any) -> fields.Function:
    """Make a field of a record id, as a number or as text."""
    return _read_by(id_of, options)


def record_ids(**options: Any) -> fields.Function:
    """Make a field of record ids; one alone counts as one."""

    def read(value: Any) -> tuple[int, ...]:
        return tuple(id_of(one) for one in (value if isinstance(value, list) else [value]))

    return _read_by(read, options)


def moment(**options: Any) -> fields.Function:
    """Make a field of when something happened: milliseconds, seconds, ISO 8601, or a date."""
    return _read_by(happened, options)


def text(**options: Any) -> fields.Function:
    """Make a field of anything as text: HubSpot writes some ids as numbers here, as text there."""
    return _read_by(text_of, options)


def texts(**options: Any) -> fields.Function:
    """Make a field of a record's properties: text by name, None where there is no value."""

    def read(value: Any) -> dict[str, str | None]:
        if not isinstance(value, Mapping):
            raise Unreadable("not an object")
        return {text_of(name) or "": text_of(one) for name, one in value.items()}

    return _read_by(read, options)


def load(schema: Schema, data: Any) -> dict[str, Any]:
    """Load by a schema; Unreadable says which fields are at fault, never their values."""
    try:
        loaded: dict[str, Any] = schema.load(data)
    except ValidationError as error:
        raise Unreadable(_plain(error.messages)) from error
    return loaded


def _plain(messages: Any) -> str:
    if not isinstance(messages, Mapping) or "_schema" in messages:
        return "not an object"
    return ", ".join(f"{name}: {_first(said)}" for name, said in sorted(messages.items()))


def _first(said: Any) -> str:
    one = said[0] if isinstance(said, list) and said else "not readable"
    return str(one).rstrip(".").lower()
