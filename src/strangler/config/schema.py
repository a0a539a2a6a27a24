"""The JSON Schema of `strangler.yaml`, generated from the model: for editors, and for suggestions."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from strangler.config.base import Part
from strangler.config.model import Config


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12)."""
    schema = described("Config", Config.model_json_schema(by_alias=True))
    schema["$defs"]["RouteConfig"] = _or_line(schema["$defs"]["RouteConfig"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "strangler.yaml", **schema}


def described(root: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model named `root`, with what the docstrings below the fields say put into it."""
    for name, part in ((root, schema), *schema["$defs"].items()):
        said = _said(name)
        for key, value in part.get("properties", {}).items():
            value.update({"description": said[key]} if key in said else {})
            if "patternProperties" in value:  # a name that does not fit is an error, not one more key
                value["additionalProperties"] = False
    return schema


def _said(name: str) -> dict[str, str]:
    """What the docstrings below its fields say of a part, and of those it is made from."""
    part = next((found for found in _parts(Part) if found.__name__ == name), None)
    if part is None:
        return {}
    said = {key: text for base in reversed(part.__mro__) for key, text in _docstrings(base)}
    return {field.alias or key: said[key] for key, field in part.model_fields.items() if key in said}


def _parts(part: type[Part]) -> Iterator[type[Part]]:
    for below in part.__subclasses__():
        yield below
        yield from _parts(below)


def _docstrings(part: type) -> Iterator[tuple[str, str]]:
    if not issubclass(part, Part):
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(part))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = below.value if isinstance(below, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield field.target.id, inspect.cleandoc(text.value)


def _or_line(route: dict[str, Any]) -> dict[str, Any]:
    # The model's own schema does not know the shorthand that its validator takes.
    line = {"type": "string", "pattern": r"^\S+ +/", "description": "Method and path: `GET /invoices/{id}`."}
    return {"anyOf": [route, line], "title": route["title"], "description": route["description"]}


def keys_at(location: tuple[str | int, ...], schema: dict[str, Any] | None = None) -> set[str]:
    """The keys known at a location of the file (strangler.yaml, or what `schema` is of), over all alternatives."""
    root = json_schema() if schema is None else schema
    nodes = [root]
    for step in location:
        nodes = [below for node in nodes for below in _below(node, step, root)]
    return {key for node in nodes for flat in _flat(node, root) for key in flat.get("properties", {})}


def _below(node: dict[str, Any], step: str | int, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for flat in _flat(node, root):
        if isinstance(step, int):
            if isinstance(items := flat.get("items"), dict):
                yield items
        elif step in flat.get("properties", {}):
            yield flat["properties"][step]
        elif isinstance(extra := flat.get("additionalProperties"), dict):
            yield extra
        yield from flat.get("patternProperties", {}).values()


def _flat(node: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in node:
        yield from _flat(root["$defs"][node["$ref"].rsplit("/", 1)[1]], root)
        return
    yield node
    for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())):
        yield from _flat(branch, root)
