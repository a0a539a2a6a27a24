"""What a plane saw: a request, the primary's answer, and where both came from.

These shapes cross a process boundary (plane to worker) as MessagePack arrays, so fields are only ever
added at the end, with a default, and `VERSION` rises with them. Unredacted exchanges live in memory only.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

VERSION: Final = 3

type Side = Literal["legacy", "candidate"]

type Cohort = Literal[
    "",  # nothing was split: no canary
    "bucket",  # by the bucket and the weight
    "pinned",  # named in the file
    "nameless",  # no identity: the owner's
]
"""By what a canary's request was given to its side."""

type FailureReason = Literal[
    "timeout",  # the side's own deadline passed
    "refused",  # no connection
    "reset",  # the connection ended inside the answer
    "server-error",  # 5xx against non-5xx
    "undecodable",  # the body cannot be read as its media type
    "too-large",  # over the capture limit
    "malformed",  # not HTTP
    "unmapped",  # an id without a known counterpart
    "moved",  # the record changed between the two questions
    "lagged",  # the difference went away because the shadow caught up
    "shed",  # ours: rate limit, breaker, memory ceiling
]

Fields = tuple[tuple[bytes, bytes], ...]
"""Header or trailer fields as they stood on the wire: order, spelling and duplicates kept."""


def other(side: Side) -> Side:
    """The side across."""
    return "candidate" if side == "legacy" else "legacy"


class Origin(msgspec.Struct, frozen=True, array_like=True):
    """Names an exchange once. A gap in `seq` (from 1, per `boot` of a plane process) is a counted loss."""

    plane: str
    boot: str
    seq: int


class Message(msgspec.Struct, frozen=True, array_like=True):
    """Fields and body of a request or an answer.

    `body` is None when it was not captured (over the limit, an event stream, a WebSocket); `size` and
    `sha256` then still describe what went over the wire, as far as it went. The body is as it was sent:
    a content coding (gzip, br) is still on it; chunk framing is not.
    """

    fields: Fields
    body: bytes | None
    size: int
    sha256: bytes = b""
    trailers: Fields = ()


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A request as the client sent it: `target` in origin form, before any base URL was put in front."""

    method: str
    target: str
    scheme: str
    authority: str
    peer: str
    message: Message


class Response(msgspec.Struct, frozen=True, array_like=True):
    """An answer. `elapsed_ns` runs from the last byte of the request to the last byte of the answer."""

    status: int
    reason: bytes
    message: Message
    elapsed_ns: int = 0


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """No comparable answer, and why. `detail` is for people."""

    reason: FailureReason
    detail: str = ""
    elapsed_ns: int = 0


class Exchange(msgspec.Struct, frozen=True, array_like=True):
    """A request and what the client got for it.

    `at_ns`: Unix time in nanoseconds when the request was complete. `route`, `cutover`, `generation`,
    `primary`, `bucket`: what the routing table said then. `identity_hash`: keyed hash of the identity, never
    the identity. `strata`: label and value, from the request. `fell_back`: the candidate was to serve, did
    not, and legacy answered in its place; `fallback` then holds the candidate's failure. `cohort`: since version 2.
    Since version 3: `watched`, captured for the numbers in its answer alone, so never asked again; `sole`, the side
    that serves everybody on this route, None in canary.
    """

    version: int
    origin: Origin
    at_ns: int
    route: str
    cutover: str
    generation: int
    primary: Side
    bucket: int | None
    identity_hash: bytes
    strata: tuple[tuple[str, str], ...]
    request: Request
    response: Response | None
    failure: Failure | None = None
    fallback: Failure | None = None
    cohort: Cohort = ""
    watched: bool = False
    sole: Side | None = None

    @property
    def meant_for(self) -> Side:
        """Who was to serve: where legacy answered in the candidate's place, the candidate."""
        return "candidate" if self.fallback is not None else self.primary
