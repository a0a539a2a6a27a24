"""The JSON Schema of a migration file, generated from the models: for editors, and for suggestions."""

from __future__ import annotations

from functools import cache
from typing import Any

from strangler.config.schema import described
from strangler_migrations.migration import Migration


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12)."""
    schema = described("Migration", Migration.model_json_schema(by_alias=True))
    entry = schema["$defs"]["Entry"]
    for value in entry["properties"].values():
        # In the file a key that is there has its operation under it.
        value.update(value.pop("anyOf")[0])
        del value["default"]
    entry.update({"minProperties": 1, "maxProperties": 1})
    columns = schema["$defs"]["CreateIndex"]["properties"]["columns"]
    columns["items"] = {"anyOf": [columns["items"], {"type": "string"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "a migration of strangler",
        **schema,
    }
