"""The JSON Schema of `strangler.yaml`, generated from the model: for editors, and for suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from strangler.config.model import Config


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12)."""
    schema = Config.model_json_schema(by_alias=True)
    for part in (schema, *schema["$defs"].values()):
        for value in part.get("properties", {}).values():
            if "patternProperties" in value:
                value["additionalProperties"] = (
                    False  # a name that does not fit is an error, not one more key
                )
    schema["$defs"]["RouteConfig"] = _or_line(schema["$defs"]["RouteConfig"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "strangler.yaml", **schema}


def _or_line(route: dict[str, Any]) -> dict[str, Any]:
    # The model's own schema does not know the shorthand that its validator takes.
    line = {"type": "string", "pattern": r"^\S+ +/", "description": "Method and path: `GET /invoices/{id}`."}
    return {"anyOf": [route, line], "title": route["title"], "description": route["description"]}


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
        yield from flat.get("patternProperties", {}).values()


def _flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _flat(json_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
        return
    yield node
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _flat(branch)
