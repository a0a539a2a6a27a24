"""The candidate's version, where an endpoint of its own says it."""

from __future__ import annotations

import jsonpath
import msgspec

from strangler.config.systems import Version
from strangler.exchange import Message, Request, Response
from strangler_shadow.worker.ask import Asker
from strangler_shadow.worker.version import shortened


async def ask_version(candidate: Asker, declared: Version) -> str:
    """What it says now; empty when it says nothing that can be read."""
    target = declared.endpoint or "/"
    message = Message(((b"Accept", b"application/json"),), b"", 0)
    request = Request(
        "GET", target if target.startswith("/") else f"/{target}", "http", "", "127.0.0.1", message
    )
    answer = await candidate.ask(request)
    if not isinstance(answer, Response) or answer.status != 200:
        return ""
    return version_in(answer.message.body or b"", declared.path)


def version_in(body: bytes, path: str) -> str:
    """The version in an endpoint's JSON answer. Pure; empty when it is not there."""
    try:
        found = jsonpath.findall(path, msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, jsonpath.JSONPathError):
        return ""
    value = found[0] if found else ""
    return shortened(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else ""
