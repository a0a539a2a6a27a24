"""Any bytes under any label: a tree or a DecodeError, nothing else, and never more tree than the bytes can hold."""

import gzip
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.comparison.context import Context, Limits
from strangler.comparison.declared import CsvLayout, DeclaredFormat, FixedColumn, FixedLayout
from strangler.comparison.decode import decode
from strangler.comparison.model import Decoded, Opaque
from strangler.comparison.values import canonical
from strangler.errors import DecodeError
from strangler.testing import pdf as sheet
from strangler.testing.samples import answer, as_json, invoice

CSV = b'number;total;note\r\nINV-1;10.00;"a; ""b"""\r\nINV-2;20.00;\r\n'
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><!-- x --><i:Invoice xmlns:i="urn:x" xmlns="urn:y" i:id="7">'
    b"<Line>\xc3\xa4 &amp; <b>1</b> tail</Line><Line><![CDATA[<9.00>]]></Line></i:Invoice>"
)
HTML = (
    b"<!doctype html><title>x</title><table><tr><th>Net<th colspan=2>Tax<tr><td rowspan=2>1<td>2</table>"
    b"<form><input name=a value=1><select name=b><option>c</select></form><p>z<script>1</script>"
)
PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="n"\r\n\r\n7\r\n--b\r\nContent-Type: application/json; a="\\";"\r\n'
    b"Content-Disposition: form-data; name=f; filename*=UTF-8''%C3%A4\r\n\r\n{\"a\":1}\r\n--b\r\n"
    b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--c--\r\n--b--"
)
VALID = {
    "application/json": as_json(invoice(lines=1)),
    "application/xml": XML,
    "text/csv": CSV,
    "text/tab-separated-values": CSV.replace(b";", b"\t"),
    "application/x-www-form-urlencoded": b"a=1&b=%C3%A4&a=+&c",
    "text/html": HTML,
    "multipart/form-data; boundary=b": PARTS,
    "text/x-fixed": b"01ab  1234\r\n02cd     5\r\n",
    "text/x-headless": CSV,
    "application/pdf": sheet.pdf(
        sheet.at(100, 700, "Invoice") + sheet.at(300, 700, "9.00"), files={"x.xml": b"<a>1</a>"}
    ),
    "text/plain": "Grüße, 9,00 €".encode(),
    "application/octet-stream": bytes(range(64)),
    "": b'{"total": 1e5}',
}
CHARSETS = [
    "",
    "; charset=utf-8",
    "; charset=utf-16",
    "; charset=latin-1",
    "; charset=shift_jis",
    "; charset=x",
]
CODINGS = ["", "gzip", "deflate", "br", "zstd", "gzip, deflate"]
PIECES = [
    b"<",
    b">",
    b"&",
    b'"',
    b"'",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"[",
    b"{",
    b"%",
    b"=",
    b"1e999",
    b"<!DOCTYPE ",
    b"\r\n--b",
    b"(x) Tj ",
]
LABELS = st.builds(
    lambda media, charset: media + charset, st.sampled_from(list(VALID)), st.sampled_from(CHARSETS)
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "repeat", "flip"]),
        st.integers(0, 1 << 12),
        st.integers(1, 40),
        st.sampled_from(PIECES),
    ),
    max_size=6,
)
SMALL = Context(limits=Limits(decoded=1 << 16))
FIXED = FixedLayout((FixedColumn("record", 1, 2), FixedColumn("account", 3, 4), FixedColumn("amount", 7, 10)))
DECLARED = {
    b"text/x-fixed": DeclaredFormat("fixed", FIXED, ("record", "account")),
    b"text/x-headless": DeclaredFormat("csv", CsvLayout(";", header=False, columns=("a", "b", "c")), ("a",)),
}
MOST_PER_BYTE = 64
"""Bytes of tree, written out, for a byte of body: what a page's `rowspan` and a column's name may stand for."""


def read(message):
    label = dict(message.fields).get(b"Content-Type", b"").partition(b";")[0]
    try:
        return decode(message, replace(SMALL, declared=DECLARED.get(label)))
    except DecodeError:
        return None


def check(body, label, coding=""):
    fields = (("Content-Encoding", coding),) if coding else ()
    message = answer(body, media=label, fields=fields)
    found = read(message)
    assert read(message) == found
    if found is None:
        return
    assert isinstance(found, Decoded)
    if not isinstance(found.root, Opaque) and not coding:
        assert len(canonical(found.root)) <= MOST_PER_BYTE * len(body) + 1_024


def edited(body, edits):
    for kind, at, size, piece in edits:
        place = at % (len(body) + 1)
        head, part, tail = body[:place], body[place : place + size], body[place + size :]
        body = {
            "insert": head + piece + part + tail,
            "delete": head + tail,
            "repeat": head + part * 3 + tail,
            "flip": head + bytes(byte ^ 0x15 for byte in part[:1]) + part[1:] + tail,
        }[kind]
    return body


@given(st.binary(max_size=300), LABELS, st.sampled_from(CODINGS))
def test_any_bytes(body, label, coding):
    check(body, label, coding)


@pytest.mark.parametrize("media", VALID)
@given(edits=EDITS, charset=st.sampled_from(CHARSETS))
def test_documents_with_damage(media, edits, charset):
    check(edited(VALID[media], edits), media + charset)


@given(st.sampled_from(list(VALID)), LABELS, EDITS)
def test_documents_under_the_label_of_others(media, label, edits):
    check(edited(VALID[media], edits), label)


@given(EDITS, st.sampled_from(["gzip", "deflate"]))
def test_damaged_compression(edits, name):
    pack = gzip.compress if name == "gzip" else zlib.compress
    check(edited(pack(VALID["application/json"]), edits), "application/json", name)
