"""The OpenAPI 3.1 document of the API, made of its table and of the types of what it takes and answers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from strangler_dashboard.api import operations
from strangler_dashboard.api.schemas import schemas
from strangler_dashboard.api.table import READS, WRITES
from strangler_dashboard.api.writes.acting import DoneView, GateProblem
from strangler_dashboard.problems import Problem

_ABOUT: Final = """\
What the dashboard shows, for programs: the same figures, in the shapes of the commands' `--json`.

Every answer is JSON; amounts are text, times RFC 3339 in UTC unless a name ends in `_ns` (Unix nanoseconds). Every
error is problem details (RFC 9457). Reads have an `ETag`; with `If-None-Match` what has not changed is answered 304. A
list goes on with `after`, from `following`; the same stands in `Link: rel="next"`. HEAD answers as GET. A write is done
once for its `Idempotency-Key`. What is unknown in a request is refused, never passed over.\
"""
_TAGS: Final = {
    "cutovers": "Plans that move routes together, from legacy to candidate.",
    "routes": "What is compared.",
    "divergences": "What differs between the two systems, grouped.",
    "migrations": "From one version of a schema to the next.",
    "records": "What is kept beside evidence.",
    "system": "What runs.",
}
_BEARER: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of `strangler token create`, where people log in. On the machine itself nobody need.",
}


@cache
def document() -> bytes:
    """As it is served, and stands in docs/openapi.json."""
    return msgspec.json.format(msgspec.json.encode(described()), indent=2) + b"\n"


def described() -> dict[str, Any]:
    """The document as a value."""
    answers, queries = [each.answer for each in READS], [each.query for each in READS]
    bodies = [each.body for each in WRITES]
    references, parts = schemas([*answers, *queries, *bodies, DoneView, Problem, GateProblem])
    said = {each: parts.pop(references[each]["$ref"].rpartition("/")[2]) for each in set(queries)}
    examples, paths = _examples(), {}
    for each in READS:
        operation = operations.read(each, references[each.answer], said[each.query], examples)
        paths[each.path] = {"get": operation}
    for act in WRITES:
        paths[act.path] = {
            "post": operations.write(act, references[DoneView], references[act.body], examples)
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "strangler", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "security": [{}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(parts.items())),
            "responses": {
                operations.phrase(status): operations.error(status) for status in operations.ERRORS
            },
            "headers": operations.HEADERS,
            "parameters": operations.PARAMETERS,
            "securitySchemes": {"bearer": _BEARER},
        },
    }


def _examples() -> dict[str, Any]:
    """Answers over a small ledger, as scripts/api_examples.py writes them."""
    told: dict[str, Any] = msgspec.json.decode(files(__package__).joinpath("examples.json").read_bytes())
    return told
