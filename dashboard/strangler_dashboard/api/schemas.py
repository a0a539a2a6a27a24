"""JSON Schemas of the types that the API takes and answers, with names that read well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

_WHERE: Final = "#/components/schemas/"


def schemas(types: Iterable[type]) -> tuple[dict[type, dict[str, Any]], dict[str, Any]]:
    """Each type's own schema (a reference), and every schema that any of them needs by its name."""
    known = list(dict.fromkeys(types))
    references, parts = msgspec.json.schema_components(known, ref_template=_WHERE + "{name}")
    names = {name: name.removesuffix("View") for name in parts}
    if len(set(names.values())) != len(names) or any("." in name for name in names):
        raise AssertionError(f"two types of the API have one name: {sorted(names)}")
    named = {names[name]: _renamed(part, names) for name, part in parts.items()}
    return dict(zip(known, (_renamed(each, names) for each in references), strict=True)), named


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _value(key, each, names) for key, each in value.items()}


def _value(key: str, value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        if key == "$ref":
            return _WHERE + names[value.removeprefix(_WHERE)]
        if key == "title":
            return names.get(value, value)
        if key == "description":
            return " ".join(value.split())
    return _renamed(value, names)
