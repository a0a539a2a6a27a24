"""The JSON Schema of `strangler.yaml`, generated from the model: for editors, and for naming the keys known at a place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from strangler.config.model import Config


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12)."""
    schema = Config.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "strangler.yaml", **schema}


def keys_at(location: tuple[str | int, ...]) -> set[str]:
    """The keys known at a location of the file, over all alternatives."""
    nodes = [json_schema()]
    for step in location:
        nodes = [below for node in nodes for below in _below(node, step)]
    return {key for node in nodes for flat in _flat(node) for key in flat.get("properties", {})}


def _below(node: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    for flat in _flat(node):
        if isinstance(step, int):
            if isinstance(items := flat.get("items"), dict):
                yield items
        elif step in flat.get("properties", {}):
            yield flat["properties"][step]
        elif isinstance(extra := flat.get("additionalProperties"), dict):
            yield extra


def _flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _flat(json_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
        return
    yield node
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _flat(branch)
