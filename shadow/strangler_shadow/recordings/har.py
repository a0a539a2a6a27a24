"""HAR (HTTP Archive 1.2), as browsers save it from their network panel. Its bodies have no content coding any more."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from strangler.errors import UsageError
from strangler.exchange import Fields, Message, Request, Response
from strangler_shadow.recordings.cycle import moment
from strangler_shadow.recordings.recorded import Recorded
from strangler_shadow.recordings.written import uncoded

_BROKEN: Final = (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError, RecursionError)


def read_har(text: bytes | str, file: str) -> Iterator[Recorded]:
    """In the order of the file. Raises UsageError when it is no HAR."""
    try:
        document = msgspec.json.decode(text)
        for number, entry in enumerate(document["log"]["entries"], 1):
            answer = _response(entry.get("response"))
            at_ns = _moment(entry.get("startedDateTime"))
            yield Recorded(f"{file}#{number}", _request(entry["request"]), answer, at_ns)
    except _BROKEN as error:
        raise UsageError(
            f"no HAR: {error or type(error).__name__}",
            where=file,
            remedy="browsers save one from their network panel: a JSON file with log.entries[].request",
        ) from None


def _moment(text: object) -> int:
    """0 where it says none that can be read: it matters to a census alone, which refuses it then."""
    try:
        return moment(text)
    except ValueError:
        return 0


def _request(request: dict[str, Any]) -> Request:
    url = urlsplit(request["url"])
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    posted = request.get("postData") or {}
    body = str(posted.get("text") or "").encode("utf-8", "replace")
    message = Message(_fields(request.get("headers")), body, len(body))
    return Request(str(request["method"]).upper(), target, url.scheme, url.netloc, "", message)


def _response(response: dict[str, Any] | None) -> Response | None:
    status = int((response or {}).get("status") or 0)
    if response is None or not status:
        return None  # browsers write status 0 for what was cancelled or came from nowhere
    content = response.get("content") or {}
    text = str(content.get("text") or "")
    if content.get("encoding") == "base64":
        try:
            body = base64.b64decode(text, validate=True)
        except binascii.Error:
            return None
    else:
        body = text.encode("utf-8", "replace")
    if not body and int(content.get("size") or 0) > 0:
        return None  # saved without content: there is nothing to compare with
    reason = str(response.get("statusText") or "").encode("utf-8", "replace")
    return Response(status, reason, Message(_fields(response.get("headers")), body, len(body)))


def _fields(headers: list[dict[str, Any]] | None) -> Fields:
    """HTTP/2's pseudo-headers (`:authority`) are no fields."""
    named = (
        (str(each["name"]).encode("utf-8", "replace"), str(each["value"]).encode("utf-8", "replace"))
        for each in headers or ()
        if not str(each["name"]).startswith(":")
    )
    return uncoded(tuple(named))
