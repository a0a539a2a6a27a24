"""Whose trace an exchange belongs to: W3C Trace Context, read and never written.

Neither side is ever sent a `traceparent` that the client did not send: what the client sent goes to both as it came, as
every other field does. Where it sent none, the trace's id is made of what names the exchange, so that logs, spans and
exemplars find each other.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final, NamedTuple

from strangler.exchange import Exchange, Fields, Origin

_FORM: Final = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<rest>-.*)?"
)
_NAME: Final = b"traceparent"


class Parent(NamedTuple):
    """The client's span. `sampled`: whether it is recorded there."""

    trace: int
    span: int
    sampled: bool


def parent_of(fields: Fields) -> Parent | None:
    """What a `traceparent` field says (https://www.w3.org/TR/trace-context/); None without one, with two, or with one
    that cannot be read.
    """
    named = [value for name, value in fields if name.lower() == _NAME]
    found = _FORM.fullmatch(named[0].strip()) if len(named) == 1 else None
    if found is None or found["version"] == b"ff" or (found["version"] == b"00" and found["rest"]):
        return None
    trace, span = int(found["trace"], 16), int(found["span"], 16)
    return Parent(trace, span, bool(int(found["flags"], 16) & 1)) if trace and span else None


def derived(origin: Origin) -> int:
    """A trace id for an exchange whose client has none: the same whenever it is asked for, and never 0."""
    name = f"{origin.plane}\0{origin.boot}\0{origin.seq}".encode()
    return int.from_bytes(blake2b(name, digest_size=16, person=b"strangler").digest()) or 1


def trace_of(exchange: Exchange) -> int:
    """The id of the trace that an exchange belongs to."""
    parent = parent_of(exchange.request.message.fields)
    return parent.trace if parent else derived(exchange.origin)


def named(origin: Origin) -> str:
    """What names an exchange in logs, spans and exemplars."""
    return f"{origin.plane}/{origin.boot}/{origin.seq}"
