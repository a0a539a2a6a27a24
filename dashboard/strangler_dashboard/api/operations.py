"""Operations of the API as the OpenAPI document has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from strangler.config.model import NAME
from strangler_dashboard.api.asking import JSON
from strangler_dashboard.api.problems import MEDIA, TITLES
from strangler_dashboard.api.writes.acting import REPLAYED
from strangler_dashboard.api.writes.once import PATTERN

if TYPE_CHECKING:
    from strangler_dashboard.api.endpoint import Read, Write

type Node = dict[str, Any]

PARAMETERS: Final[dict[str, Node]] = {
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of an earlier answer, or several.",
        "schema": {"type": "string"},
        "example": '"0"',
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of the cutover's state as it was looked at: 412 where it is another one by now.",
        "schema": {"type": "string"},
        "example": "*",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "A text of its own for each thing that is to be done; the same when it is sent again. Kept for "
        "a day: the same key with the same content is answered the same, and nothing is done twice.",
        "schema": {"type": "string", "pattern": PATTERN, "maxLength": 200},
        "example": "9a1f0a52-6a2f-4f4e-9f39-1f3f6e1a7f60",
    },
}
HEADERS: Final[dict[str, Node]] = {
    "ETag": {
        "description": "Of this representation; another one with every change.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Link": {
        "description": 'The next page, `rel="next"`, where there is one (RFC 8288).',
        "schema": {"type": "string"},
    },
    "Replayed": {
        "description": "`true` where this was answered before, under the same key.",
        "schema": {"type": "string", "const": "true"},
    },
}
ERRORS: Final[dict[int, str]] = {
    400: "The content cannot be read, or there is no `Idempotency-Key`.",
    401: "Nobody knows who asks, where people log in.",
    403: "Whoever asks may not.",
    404: "There is nothing of that name.",
    406: "`Accept` leaves no room for what is answered here.",
    409: "It cannot be done as things stand, somebody was first, or a write with this key is at work. Where the gate "
    "did not agree, `gate` has its whole answer.",
    412: "`If-Match` is of another state: somebody moved the cutover since.",
    413: "The content is larger than any write is.",
    415: "The content is not `application/json`.",
    422: "Something unknown is said, or what cannot be meant; or the key was of something else.",
    429: "Too many wrong tokens from this address; `Retry-After` says when it is heard again.",
    500: "A mistake of ours.",
    503: "The ledger cannot be read, or written; `Retry-After` says when to ask again.",
}
_OF_WRITES: Final = {400, 409, 412, 413, 415}
_NAMES: Final = {
    "cutover": ("A cutover of the file.", NAME),
    "route": ("A route of the file.", NAME),
    "id": ("A divergence's id.", "^[0-9a-f]{12}$"),
    "migration": ("A migration of the database that the file names.", "^[^/]+$"),
}


def read(each: Read, answer: Node, query: Node, examples: Node) -> Node:
    """A read. `answer`: reference to its schema; `query`: the schema of its parameters."""
    names = re.findall(r"\{(\w+)\}", each.path)
    headers = ("ETag", "Link") if "following" in each.answer.__struct_fields__ else ("ETag",)
    errors = [status for status in ERRORS if status not in _OF_WRITES and (names or status != 404)]
    return {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "parameters": [
            *(_name(name, examples) for name in names),
            *(_parameter(name, said) for name, said in query["properties"].items()),
            {"$ref": "#/components/parameters/IfNoneMatch"},
        ],
        "responses": {
            "200": {
                "description": each.summary,
                "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
                "content": {JSON: {"schema": answer, **_example(examples, each.name)}},
            },
            "304": {
                "description": "What whoever asks has already.",
                "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
            },
            **_errors(errors),
        },
    }


def write(each: Write, answer: Node, body: Node, examples: Node) -> Node:
    """A write. `answer`, `body`: references to their schemas."""
    said = examples[each.name]
    return {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.act.title,
        "description": f"{each.act.says} It needs the permission `{each.needs}`.",
        "parameters": [
            _name("cutover", examples),
            {"$ref": "#/components/parameters/IdempotencyKey"},
            {"$ref": "#/components/parameters/IfMatch"},
        ],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": body, "example": said["request"]}},
        },
        "responses": {
            "200": {
                "description": "It is done, or stood so already.",
                "headers": {REPLAYED.title(): {"$ref": "#/components/headers/Replayed"}},
                "content": {JSON: {"schema": answer, "example": said["answer"]}},
            },
            **_errors(list(ERRORS)),
        },
    }


def error(status: int) -> Node:
    """One of `ERRORS`, as a component."""
    kind = "GateProblem" if status == 409 else "Problem"
    content: Node = {"schema": {"$ref": f"#/components/schemas/{kind}"}}
    return {"description": ERRORS[status], "content": {MEDIA: content}}


def phrase(status: int) -> str:
    """The name of that component."""
    return TITLES[status].replace(" ", "")


def _example(examples: Node, name: str) -> Node:
    """None where the sample has nothing of it."""
    return {"example": examples[name]} if name in examples else {}


def _errors(statuses: list[int]) -> Node:
    return {str(status): {"$ref": f"#/components/responses/{phrase(status)}"} for status in statuses}


def _name(name: str, examples: Node) -> Node:
    words, pattern = _NAMES[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": words,
        "schema": {"type": "string", "pattern": pattern},
        **_example(examples["names"], name),
    }


def _parameter(name: str, said: Node) -> Node:
    schema = dict(said)
    return {"name": name, "in": "query", "description": schema.pop("description"), "schema": schema}
