"""Which route takes a request and why, route by route. The decision itself is `routing.route`'s; this is its why."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from strangler.routing import RequestHead, Route, Table
from strangler.routing.match import header_values, names_fit, query_values
from strangler.routing.names import READERS, Unreadable
from strangler.routing.template import fill, split_path


def whys(table: Table, head: RequestHead, body: bytes | None) -> Iterator[tuple[Route, str]]:
    """Every route, most specific first, with why it does not take the request; empty: it fits."""
    for route in table.routes:
        yield route, why_not(route, head, body)


def why_not(route: Route, head: RequestHead, body: bytes | None) -> str:
    """Why a route does not take a request; empty when it fits."""
    match = route.match
    path, _, query = head.target.partition("?")
    if match.methods and head.method not in match.methods:
        return f"the method is {head.method}, not {' or '.join(sorted(match.methods))}"
    if fill(match.path, split_path(path)) is None:
        return f"the path does not fit {match.path.text}"
    for what, wanted, given in (
        ("query", match.query, query_values(query)),
        ("header", match.header, header_values(head.fields)),
    ):
        for name, pattern in wanted:
            values = [value for key, value in given if key == name]
            if not any(fnmatchcase(value, pattern) for value in values):
                has = f"is {' and '.join(map(repr, values))}" if values else "is absent"
                return f"{what} `{name}` {has}, not {pattern!r}"
    return _body_why_not(route, body)


def _body_why_not(route: Route, body: bytes | None) -> str:
    wanted = route.match.body
    if wanted is None:
        return ""
    names = " or ".join(wanted.names)
    if body is None:
        return f"it asks for the {wanted.kind} name {names} in the body; give one with --body"
    try:
        calls = READERS[wanted.kind](body)
    except Unreadable as error:
        return f"the body cannot be read as {wanted.kind} ({error}): the owner serves, nothing is captured"
    if names_fit(wanted, calls):
        return ""
    return f"the body calls {', '.join(call.name or '(no name)' for call in calls)}, not {names}"
