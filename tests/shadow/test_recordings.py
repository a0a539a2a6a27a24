"""Recordings: what is read from each format, and what is told to be unreadable."""

from __future__ import annotations

import base64
import json

import pytest

from strangler.errors import UsageError
from strangler_shadow.recordings.har import read_har
from strangler_shadow.recordings.jsonl import read_jsonl
from strangler_shadow.recordings.recorded import Recorded, Unread


def entry(response: dict[str, object] | None, **request: object) -> dict[str, object]:
    asked = {"method": "get", "url": "https://a.test:8443/v1/x?b=1&c=%20", "headers": []} | request
    return {"request": asked, "response": response}


def har(*entries: object) -> str:
    return json.dumps({"log": {"entries": entries}})


def test_a_har_keeps_request_and_answer_without_the_coding_that_was_taken_off() -> None:
    headers = [
        {"name": ":authority", "value": "a.test"},
        {"name": "Content-Encoding", "value": "gzip"},
        {"name": "Content-Type", "value": "application/json"},
    ]
    content = {"text": '{"total": 10.00}', "size": 16}
    answer = {"status": 200, "statusText": "OK", "headers": headers, "content": content}
    posted = {"text": "q=ü"}
    (found,) = read_har(har(entry(answer, method="POST", postData=posted)), "x.har")
    asked = found.request
    assert (found.where, asked.method, asked.target) == ("x.har#1", "POST", "/v1/x?b=1&c=%20")
    assert (asked.scheme, asked.authority) == ("https", "a.test:8443")
    assert asked.message.body == "q=ü".encode()
    assert found.response is not None
    assert found.response.message.body == b'{"total": 10.00}'
    assert found.response.message.fields == ((b"Content-Type", b"application/json"),)


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ({"text": base64.b64encode(b"\x00\xff").decode(), "encoding": "base64"}, b"\x00\xff"),
        ({}, b""),
        ({"size": 10}, None),
        ({"text": "?", "encoding": "base64"}, None),
    ],
)
def test_what_a_har_has_of_a_body(content: dict[str, object], body: bytes | None) -> None:
    (found,) = read_har(har(entry({"status": 200, "content": content})), "x")
    assert (found.response and found.response.message.body) == body


def test_what_was_cancelled_has_no_answer() -> None:
    found = list(read_har(har(entry({"status": 0}), entry(None)), "x"))
    assert [each.response for each in found] == [None, None]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"log": {"entries": [{}]}}', "[" * 100_000])
def test_what_is_no_har_is_refused_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="no HAR"):
        list(read_har(text, "x"))


def test_json_lines_keep_the_digits_and_tell_the_line_that_is_none() -> None:
    lines = [
        b'{"request": {"url": "/a?b", "headers": {"Accept": "x"}}, "response": {"status": 200, "body": {"n": 1.10}}}',
        b"",
        b'{"request": {}}',
        b'{"request": {"url": "http://h/x", "method": "post", "body_base64": "?"}}',
        b'{"request": {"url": "http://h", "method": "post", "body": "t"}}',
    ]
    one, bad, worse, two = read_jsonl(lines, "f")
    assert isinstance(one, Recorded)
    assert one.response is not None
    assert (one.request.method, one.request.target, one.request.authority) == ("GET", "/a?b", "")
    assert one.response.message.body == b'{"n": 1.10}'
    assert isinstance(bad, Unread)
    assert isinstance(worse, Unread)
    assert (bad.where, worse.where) == ("f:3", "f:4")
    assert isinstance(two, Recorded)
    assert (two.request.method, two.request.target, two.request.message.body) == ("POST", "/", b"t")
