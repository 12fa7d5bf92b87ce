"""Property definitions and groups."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox import facts, gate
from sandbox.answers import complete, missing_error
from sandbox.asking import body, flag, inputs, text
from sandbox.errors import ApiError
from sandbox.objects import types
from sandbox.routes import route

from .book import PropertyBook

blueprint = Blueprint("properties", __name__)
Json = dict[str, Any]


def _book(object_type: str, action: str) -> PropertyBook:
    kind = types.find(object_type)
    gate.check_scopes(*kind.schema_scope(action))
    return gate.portal().properties[kind.type_id]


@route(blueprint, "GET", "properties", "/<object_type>")
def list_properties(object_type: str) -> Json:
    """Answer all live (or all archived) definitions."""
    book, archived = _book(object_type, "read"), flag("archived")
    shown = [d for d in book.definitions.values() if (d.archived_at is not None) == archived]
    return {"results": [d.to_json() for d in shown]}


@route(blueprint, "POST", "properties", "/<object_type>")
def create(object_type: str) -> tuple[Json, int]:
    """Define a property."""
    book = _book(object_type, "write")
    return book.create(body(), gate.sandbox().clock.now()).to_json(), 201


@route(blueprint, "GET", "properties", "/<object_type>/<name>")
def read(object_type: str, name: str) -> Json:
    """Answer one definition."""
    return _book(object_type, "read").get(name, flag("archived")).to_json()


@route(blueprint, "PATCH", "properties", "/<object_type>/<name>")
def change(object_type: str, name: str) -> Json:
    """Change one definition; `options` are replaced as a whole."""
    book = _book(object_type, "write")
    return book.change(name, body(), gate.sandbox().clock.now()).to_json()


@route(blueprint, "DELETE", "properties", "/<object_type>/<name>")
def archive(object_type: str, name: str) -> tuple[str, int]:
    """Archive one definition."""
    _book(object_type, "write").archive(name, gate.sandbox().clock.now())
    return "", 204


@route(blueprint, "POST", "properties", "/<object_type>/batch/create")
def create_batch(object_type: str) -> tuple[Json, int]:
    """Define many properties: 201, or 207 (409 if none could be made) when names are taken."""
    book, now = _book(object_type, "write"), gate.sandbox().clock.now()
    made: list[Json] = []
    refused: list[tuple[str, ApiError]] = []
    for row in inputs(facts.BATCH_MAX):
        try:
            made.append(book.create(row, now).to_json())
        except ApiError as error:
            refused.append((text(row, "name"), error))
    if refused and not made:
        raise refused[0][1]
    errors = []
    for name, refusal in refused:
        entry = missing_error(refusal.message, [], refusal.category)
        errors.append({**entry, **refusal.extra, "context": {"name": [name]}})
    return complete(made, errors, now, created=True)


@route(blueprint, "POST", "properties", "/<object_type>/batch/read")
def read_batch(object_type: str) -> tuple[Json, int]:
    """Answer many definitions; unknown names are named in a 207."""
    book, archived = _book(object_type, "read"), bool(body().get("archived"))
    found, missing = [], []
    for row in inputs(facts.BATCH_MAX):
        name = text(row, "name")
        known = book.definitions.get(name)
        if known is None or (known.archived_at is not None) != archived:
            missing.append(name)
        else:
            found.append(known.to_json())
    errors = [missing_error("Some properties do not exist", [])] if missing else []
    for entry in errors:
        entry["context"] = {"name": missing}
    return complete(found, errors, gate.sandbox().clock.now())


@route(blueprint, "POST", "properties", "/<object_type>/batch/archive")
def archive_batch(object_type: str) -> tuple[str, int]:
    """Archive many definitions; unknown ones are no error."""
    book, now = _book(object_type, "write"), gate.sandbox().clock.now()
    for row in inputs(facts.BATCH_MAX):
        if book.live(text(row, "name")):
            book.archive(row["name"], now)
    return "", 204


@route(blueprint, "GET", "properties", "/<object_type>/groups")
def list_groups(object_type: str) -> Json:
    """Answer all groups."""
    return {"results": [g.to_json() for g in _book(object_type, "read").groups.values()]}


@route(blueprint, "POST", "properties", "/<object_type>/groups")
def create_group(object_type: str) -> tuple[Json, int]:
    """Add a group."""
    return _book(object_type, "write").create_group(body()).to_json(), 201


@route(blueprint, "GET", "properties", "/<object_type>/groups/<name>")
def read_group(object_type: str, name: str) -> Json:
    """Answer one group."""
    return _book(object_type, "read").group(name).to_json()
