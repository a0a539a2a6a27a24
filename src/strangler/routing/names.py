"""The names in a request body that a route may match: JSON-RPC methods, GraphQL operations, the SOAP action.

Each reader returns every call of the body, because a batch (JSON-RPC 2.0 section 6) or a document of several
operations belongs to a route, and is safe, only if each call is. `Unreadable` means the owner serves, uncaptured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

type BodyKind = Literal["json-rpc", "graphql", "soap"]


class Unreadable(Exception):  # noqa: N818  caught by `route`; never reaches a user
    """The body cannot be read for routing."""


class Call(msgspec.Struct, frozen=True):
    """One call in a body. `reads` is True or False where the protocol itself says so (a GraphQL query or
    mutation), None where only the route's declaration can.
    """

    name: str
    reads: bool | None = None


class _JsonRpc(msgspec.Struct):
    method: str


class _GraphQL(msgspec.Struct):
    query: str
    operationName: str | None = None  # noqa: N815  the wire's name


_JSON_RPC = msgspec.json.Decoder(_JsonRpc | list[_JsonRpc])
_GRAPHQL = msgspec.json.Decoder(_GraphQL | list[_GraphQL])


def json_rpc(body: bytes) -> tuple[Call, ...]:
    """The methods of a JSON-RPC call or batch."""
    try:
        found = _JSON_RPC.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    calls = found if isinstance(found, list) else [found]
    if not calls:
        raise Unreadable("an empty batch")
    if _says_method_twice(body, len(calls)):
        raise Unreadable("a call names two methods")
    return tuple(Call(call.method) for call in calls)


def _says_method_twice(body: bytes, calls: int) -> bool:
    # Parsers disagree on which of two "method" members counts (RFC 8259 section 4): a request that the
    # route reads as a query must not be executed as a write. Cheap test first, the exact one only then.
    if body.count(b'"method"') <= calls and b"\\u" not in body:
        return False
    duplicated = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicated
        duplicated = duplicated or sum(name == "method" for name, _ in members) > 1
        return dict(members)

    import json

    try:
        json.loads(body, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    return duplicated


def graphql(body: bytes) -> tuple[Call, ...]:
    """The operations of a GraphQL request that would be executed (GraphQL over HTTP, section 5)."""
    try:
        found = _GRAPHQL.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    requests = found if isinstance(found, list) else [found]
    calls = [call for request in requests for call in _operations(request)]
    if not calls:
        raise Unreadable("no operation")
    return tuple(calls)


def _operations(request: _GraphQL) -> list[Call]:
    from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse

    try:
        document = parse(request.query, no_location=True, max_tokens=10_000)
    except (GraphQLError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [
        Call(node.name.value if node.name else "", node.operation == OperationType.QUERY)
        for node in operations
    ]
    if request.operationName:
        named = [call for call in named if call.name == request.operationName]
        if len(named) != 1:
            raise Unreadable("operationName names no operation, or several")
    return named


def soap(body: bytes) -> tuple[Call, ...]:
    """The local name of the first element in a SOAP body (SOAP 1.1 section 4.3, 1.2 section 5.3)."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(str(error)) from error
    if etree.QName(root).localname != "Envelope":
        raise Unreadable("no SOAP envelope")
    bodies = [
        child for child in root if isinstance(child.tag, str) and etree.QName(child).localname == "Body"
    ]
    calls = [etree.QName(child).localname for part in bodies for child in part if isinstance(child.tag, str)]
    if len(bodies) != 1 or not calls:
        raise Unreadable("no call in the SOAP body")
    return tuple(Call(name) for name in calls)


READERS: dict[BodyKind, Callable[[bytes], tuple[Call, ...]]] = {
    "json-rpc": json_rpc,
    "graphql": graphql,
    "soap": soap,
}
