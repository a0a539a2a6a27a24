"""What every part of the configuration has in common."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, WithJsonSchema

BRANCH: Final = "branch:"
"""Begins the tag of a union's branch: no key of the file begins so, so a tag cannot be taken for one."""


ONE_OR_MORE: Final = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
)
"""The JSON Schema of what may be written as one text or as a list of them."""


def or_text(schema: dict[str, Any]) -> None:
    """To the JSON Schema of a field: a mapping, or one text that stands for it."""
    mapping = schema.pop("anyOf", None) or [{"$ref": schema.pop("$ref")}]
    schema["anyOf"] = [{"type": "string"}, *mapping]


class Part(BaseModel):
    """Frozen; an unknown key is an error, because a misspelt safeguard is no safeguard.

    What a key means stands below it as a docstring; `schema` puts it into the JSON Schema. (pydantic would read the
    sources for that at every start: a tenth of a second per command.)
    """

    model_config = ConfigDict(
        frozen=True,
        defer_build=True,
        extra="forbid",
        populate_by_name=False,
        hide_input_in_errors=True,
    )
