"""What makes a request a route's: method, path template, query, header, a name in the body."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from urllib.parse import parse_qsl

import msgspec

from strangler.exchange import Fields
from strangler.routing.names import BodyKind, Call
from strangler.routing.template import Template, fill, split_path


class RequestHead(msgspec.Struct, frozen=True):
    """What a plane knows of a request before its body. `target` in origin form (RFC 9112 section 3.2.1)."""

    method: str
    target: str
    fields: Fields


class BodyMatch(msgspec.Struct, frozen=True):
    """Names in the body, as shell patterns (`model.*.read`); every call of the body must match one of them."""

    kind: BodyKind
    names: tuple[str, ...]


class Match(msgspec.Struct, frozen=True):
    """All that is given must hold. `query` and `header`: name (header names in lower case) and a shell pattern."""

    path: Template
    methods: frozenset[str] = frozenset()
    query: tuple[tuple[str, str], ...] = ()
    header: tuple[tuple[str, str], ...] = ()
    body: BodyMatch | None = None

    def rank(self) -> tuple[object, ...]:
        """Sorts the most specific first: path, then body, query, header, method."""
        conditions = (self.body is None, -len(self.query), -len(self.header), not self.methods)
        width = sum(len(name) - 100 * name.count("*") for name in self.body.names) if self.body else 0
        return (self.path.rank(), *conditions, -width)


def head_values(match: Match, head: RequestHead) -> dict[str, str] | None:
    """The path's variables when everything but the body fits, else None."""
    if match.methods and head.method not in match.methods:
        return None
    path, _, query = head.target.partition("?")
    values = fill(match.path, split_path(path))
    if values is None:
        return None
    if match.query and not _fits(match.query, query_values(query)):
        return None
    if match.header and not _fits(match.header, header_values(head.fields)):
        return None
    return values


def _fits(wanted: tuple[tuple[str, str], ...], given: tuple[tuple[str, str], ...]) -> bool:
    return all(
        any(name == given_name and fnmatchcase(value, pattern) for given_name, value in given)
        for name, pattern in wanted
    )


def names_fit(match: BodyMatch, calls: tuple[Call, ...]) -> bool:
    """Whether every call has a name the route asks for."""
    return all(any(fnmatchcase(call.name, pattern) for pattern in match.names) for call in calls)


@lru_cache(maxsize=1024)
def query_values(query: str) -> tuple[tuple[str, str], ...]:
    """Names and values of a query string, percent-decoded, duplicates kept."""
    return tuple(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))


def header_values(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Fields with lower-case names, as text (ISO 8859-1, RFC 9110 section 5.5)."""
    return tuple((name.lower().decode("latin-1"), value.decode("latin-1").strip()) for name, value in fields)
