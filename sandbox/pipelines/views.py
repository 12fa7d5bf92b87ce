"""Pipelines, to read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from sandbox import gate
from sandbox.errors import not_found
from sandbox.objects import types
from sandbox.objects.types import ObjectType
from sandbox.routes import route

blueprint = Blueprint("pipelines", __name__)
Json = dict[str, Any]
_ONE = "/<object_type>/<pipeline_id>"


def _kind(object_type: str) -> ObjectType:
    kind = types.find(object_type)
    gate.check_scopes(*kind.schema_scope("read"), *kind.scope("read"))
    return kind


@route(blueprint, "GET", "pipelines", "/<object_type>")
def list_pipelines(object_type: str) -> Json:
    """Answer a type's pipelines with their stages."""
    pipelines = gate.portal().pipelines.of(_kind(object_type))
    return {"results": [p.to_json(order) for order, p in enumerate(pipelines)]}


@route(blueprint, "GET", "pipelines", _ONE)
def read(object_type: str, pipeline_id: str) -> Json:
    """Answer one pipeline."""
    kind = _kind(object_type)
    pipeline = gate.portal().pipelines.get(kind, pipeline_id)
    return pipeline.to_json(gate.portal().pipelines.of(kind).index(pipeline))


@route(blueprint, "GET", "pipelines", f"{_ONE}/stages")
def list_stages(object_type: str, pipeline_id: str) -> Json:
    """Answer one pipeline's stages."""
    pipeline = gate.portal().pipelines.get(_kind(object_type), pipeline_id)
    return {"results": [pipeline.stage_json(stage) for stage in pipeline.stages]}


@route(blueprint, "GET", "pipelines", f"{_ONE}/stages/<stage_id>")
def read_stage(object_type: str, pipeline_id: str, stage_id: str) -> Json:
    """Answer one stage."""
    pipeline = gate.portal().pipelines.get(_kind(object_type), pipeline_id)
    for stage in pipeline.stages:
        if stage.id == stage_id:
            return pipeline.stage_json(stage)
    raise not_found(f"Stage {stage_id} does not exist")
