"""One request, one decision."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Final

import msgspec

from strangler.exchange import Cohort, Side, other
from strangler.routing.cohort import bucket
from strangler.routing.match import RequestHead, head_values, header_values, names_fit, query_values
from strangler.routing.names import READERS, BodyKind, Call, Unreadable
from strangler.routing.table import IdentitySource, Phase, Route, Table

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Decision(msgspec.Struct, frozen=True):
    """Who serves a request, who is asked the same afterwards, and what the table said.

    `route` is empty when nothing matched. `shadow` is None when nobody is to be asked: then nothing is
    captured either. `sampling`: basis points of such requests to capture. `fallback`: legacy answers when the
    candidate refuses, times out (`deadline_ms`) or answers 5xx. `identity` never leaves the process unhashed.
    `unreadable`: a body match was asked for and the body could not be read. `cohort`: what gave a canary's request
    to `primary`.
    """

    route: str
    cutover: str
    phase: Phase
    primary: Side
    shadow: Side | None
    generation: int
    fallback: bool = False
    safe: bool = False
    sampling: int = 0
    bucket: int | None = None
    identity: str | None = None
    deadline_ms: int = 0
    strata: tuple[tuple[str, str], ...] = ()
    unreadable: bool = False
    cohort: Cohort = ""
    watched: bool = False


def needs_body(table: Table, head: RequestHead) -> bool:
    """Whether `route` must see the body: the first routes that fit by their head also ask for a name in it."""
    for entry in table.routes:
        if head_values(entry.match, head) is not None:
            return entry.match.body is not None
    return False


def route(table: Table, head: RequestHead, body: bytes | None = None) -> Decision:
    """Decide one request; never raises.

    `body`: the request's body without its content coding, where `needs_body` said so; None when it is too
    large or cannot be decoded.
    """
    calls: dict[BodyKind, tuple[Call, ...]] = {}
    for entry in table.routes:
        values = head_values(entry.match, head)
        if values is None:
            continue
        wanted = entry.match.body
        if wanted is None:
            return _decide(table, entry, head, values, ())
        try:
            if wanted.kind not in calls:
                calls[wanted.kind] = _read(wanted.kind, body)
        except Unreadable:
            return _unreadable(table, entry)
        if names_fit(wanted, calls[wanted.kind]):
            return _decide(table, entry, head, values, calls[wanted.kind])
    return Decision("", "", "legacy", table.owner, None, table.generation)


def _read(kind: BodyKind, body: bytes | None) -> tuple[Call, ...]:
    if body is None:
        raise Unreadable("the body is not at hand")
    return READERS[kind](body)


def _unreadable(table: Table, entry: Route) -> Decision:
    return Decision("", entry.cutover, entry.phase, entry.owner, None, table.generation, unreadable=True)


def _decide(
    table: Table, entry: Route, head: RequestHead, values: dict[str, str], calls: tuple[Call, ...]
) -> Decision:
    identity = find(entry.identity, head, values)
    cohort = None if identity is None else bucket(entry.cutover, identity)
    primary, by = _primary(entry, identity, cohort)
    safe = _is_safe(entry, head, calls)
    shadowed = safe and not table.halted and entry.phase in ("shadow", "canary", "candidate")
    return Decision(
        route=entry.name,
        cutover=entry.cutover,
        phase=entry.phase,
        primary=primary,
        shadow=other(primary) if shadowed else None,
        generation=table.generation,
        fallback=safe and entry.phase == "canary" and primary == "candidate",
        safe=safe,
        sampling=entry.sampling,
        bucket=cohort,
        identity=identity,
        deadline_ms=entry.deadline_ms,
        strata=tuple(
            (label, found) for label, source in entry.strata if (found := find(source, head, values))
        ),
        cohort=by,
        watched=entry.watched and not safe and not table.halted,
    )


def _primary(entry: Route, identity: str | None, cohort: int | None) -> tuple[Side, Cohort]:
    if entry.phase != "canary":
        return entry.owner, ""
    if identity is None or cohort is None:
        return entry.owner, "nameless"
    if identity in entry.pinned:
        return "candidate", "pinned"
    return "candidate" if cohort < entry.weight else "legacy", "bucket"


def _is_safe(entry: Route, head: RequestHead, calls: tuple[Call, ...]) -> bool:
    if any(call.reads is False for call in calls):
        return False
    return head.method in SAFE_METHODS or entry.safe or (bool(calls) and all(call.reads for call in calls))


def find(source: IdentitySource | None, head: RequestHead, values: dict[str, str]) -> str | None:
    """The value that a source names in a request, or None."""
    match source:
        case None:
            return None
        case IdentitySource(kind="path"):
            return values.get(source.name)
        case IdentitySource(kind="query"):
            return _first(query_values(head.target.partition("?")[2]), source.name)
        case IdentitySource(kind="header"):
            return _first(header_values(head.fields), source.name.lower())
        case _:
            return _cookie(head, source.name)


def _first(pairs: tuple[tuple[str, str], ...], wanted: str) -> str | None:
    return next((value for name, value in pairs if name == wanted and value), None)


def _cookie(head: RequestHead, name: str) -> str | None:
    for field, value in header_values(head.fields):
        if field == "cookie":
            try:
                morsel = SimpleCookie(value).get(name)
            except CookieError:
                return None
            if morsel is not None and morsel.value:
                return morsel.value
    return None
