"""Names in request bodies; what parsers might disagree about is unreadable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.routing.names import READERS, Call, Unreadable, graphql, json_rpc, soap


def test_json_rpc() -> None:
    assert json_rpc(b'{"id": 1, "method": "model.party.read", "params": []}') == (Call("model.party.read"),)
    assert json_rpc(b'[{"method": "a"}, {"method": "b"}]') == (Call("a"), Call("b"))
    assert json_rpc(b'{"method": "a", "params": {"method": "inner"}}') == (Call("a"),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"method": 1}',
        b'{"method": "read", "method": "write"}',
        b'{"method": "read", "\\u006dethod": "write"}',
        b'[{"method": "read"}, {"method": "read", "method": "write"}]',
        b'{"method": "a"',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"method": "a"} {"method": "b"}',
    ],
)
def test_json_rpc_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        json_rpc(body)


def _query(text: str, name: str | None = None) -> bytes:
    import json

    return json.dumps({"query": text, "operationName": name} if name else {"query": text}).encode()


def test_graphql() -> None:
    assert graphql(_query("query Invoice { invoice { total } }")) == (Call("Invoice", reads=True),)
    assert graphql(_query("{ invoice { total } }")) == (Call("", reads=True),)
    assert graphql(_query("mutation Pay { pay }")) == (Call("Pay", reads=False),)
    both = "query A { a } mutation B { b }"
    assert graphql(_query(both)) == (Call("A", reads=True), Call("B", reads=False))
    assert graphql(_query(both, "A")) == (Call("A", reads=True),)
    assert graphql(_query('query A { a(text: "mutation B { b }") }')) == (Call("A", reads=True),)
    assert graphql(_query("subscription S { s }")) == (Call("S", reads=False),)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        _query(""),
        _query("query {"),
        _query("fragment F on T { a }"),
        _query("query A { a }", "B"),
        b"[]",
    ],
)
def test_graphql_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        graphql(body)


ENVELOPE = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>'


def test_soap() -> None:
    assert soap(ENVELOPE % b'<b:GetInvoice xmlns:b="urn:billing"/>') == (Call("GetInvoice"),)
    assert soap(ENVELOPE % b"<!-- a --><Pay/><Pay/>") == (Call("Pay"), Call("Pay"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a/>",
        ENVELOPE % b"",
        b'<!DOCTYPE a [<!ENTITY x "y">]><Envelope><Body/></Envelope>',
        b"<Envelope><Body><A/></Body><Body><B/></Body></Envelope>",
    ],
)
def test_soap_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        soap(body)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=200))
def test_never_another_error(kind: str, body: bytes) -> None:
    try:
        READERS[kind](body)  # type: ignore[index]
    except Unreadable:
        return
