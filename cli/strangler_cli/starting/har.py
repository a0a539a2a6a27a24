"""Routes out of a HAR (HTTP Archive 1.2): what was asked of legacy, ids in paths made variables."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from strangler.routing.names import READERS, BodyKind, Unreadable
from strangler_cli.starting.found import FoundRoute, template_of
from strangler_shadow.recordings.har import read_har

_ASSET: Final = re.compile(r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|woff2?|ttf|webp)$", re.IGNORECASE)
_ID: Final = re.compile(
    r"\d+"  # 4711
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a UUID
    r"|(?=[0-9a-f]*\d)[0-9a-f]{12,}"  # a hash
    r"|[0-9A-HJKMNP-TV-Z]{26}"  # a ULID
    r"|[A-Za-z]{1,6}[-_]?(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{3,}"  # INV-2024-00017, cus_9s6XKzkNRiz8i3
)
_VERSION: Final = re.compile(r"v\d+(?:[._]\d+)*|\d{4}-\d{2}(?:-\d{2})?")
_SIBLINGS: Final = 8
"""So many different names in one place are ids, whatever they look like."""


@dataclass(frozen=True, slots=True)
class _Asked:
    method: str
    origin: str
    path: str
    body: bytes


def routes(text: str, file: Path, *, legacy: str) -> tuple[list[FoundRoute], list[str]]:
    """The requests to legacy, grouped, the most frequent first, and notes. Raises UsageError when it is no HAR."""
    asked = list(_requests(text, file))
    base = urlsplit(legacy)
    chosen, notes = _of_one_origin(asked, f"{base.scheme}://{base.netloc}")
    prefix = base.path.rstrip("/")
    chosen = [replace(one, path=_below(one.path, prefix)) for one in chosen if not _ASSET.search(one.path)]
    templates = _templates([one.path for one in chosen])
    counted = Counter(route for one in chosen for route in _routes(one, templates[one.path]))
    found = [replace(route, seen=count) for route, count in counted.most_common()]
    return found, notes


def _below(path: str, prefix: str) -> str:
    return path.removeprefix(prefix) or "/" if path.startswith(prefix + "/") or path == prefix else path


def _of_one_origin(asked: list[_Asked], legacy: str) -> tuple[list[_Asked], list[str]]:
    origins = Counter(one.origin for one in asked)
    if not origins:
        return [], ["the recording holds no requests"]
    origin = legacy if legacy in origins else origins.most_common(1)[0][0]
    chosen = [one for one in asked if one.origin == origin]
    notes = (
        [] if origin == legacy else [f"nothing in it went to {legacy}; taken: {origin}, the most frequent"]
    )
    if others := len(asked) - len(chosen):
        notes.append(f"{others} requests to other hosts were left out")
    return chosen, notes


def _requests(text: str, file: Path) -> Iterator[_Asked]:
    for recorded in read_har(text, str(file)):
        asked = recorded.request
        origin = f"{asked.scheme}://{asked.authority}"
        yield _Asked(asked.method, origin, asked.target.partition("?")[0], asked.message.body or b"")


def _routes(asked: _Asked, template: str) -> Iterator[FoundRoute]:
    route = FoundRoute(asked.method, template)
    for kind in READERS if asked.method == "POST" and asked.body else ():
        calls = _calls(kind, asked.body)
        if calls:
            yield from (replace(route, body=(kind, name), reads=reads) for name, reads in calls)
            return
    yield route


def _calls(kind: BodyKind, body: bytes) -> list[tuple[str, bool | None]]:
    if kind == "json-rpc" and not (b'"params"' in body or b'"jsonrpc"' in body):
        return []  # any JSON may have a member "method": a payment's, for one
    # A name that would be read as a pattern, or none at all, cannot stand in a route.
    try:
        calls = READERS[kind](body)
    except Unreadable:
        return []
    return [(call.name, call.reads) for call in calls if call.name and not set(call.name) & set("*?[]")]


def _templates(paths: Iterable[str]) -> dict[str, str]:
    """Every path with its template: segments that look like ids, or of which there are many, are variables."""
    known = {path: path[1:].split("/") for path in paths}
    siblings: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    for pieces in known.values():
        for index, piece in enumerate(pieces):
            siblings[_place(pieces, index)].add(piece)
    return {path: _template(pieces, siblings) for path, pieces in known.items()}


def _place(pieces: list[str], index: int) -> tuple[object, ...]:
    before = tuple("{}" if _looks_like_id(piece) else piece for piece in pieces[:index])
    return (before, index, len(pieces), tuple(pieces[index + 1 :]))


def shape(path: str) -> str:
    """The path with `*` for every segment that looks like an id."""
    return "/".join("*" if piece and _looks_like_id(piece) else piece for piece in path.split("/"))


def _looks_like_id(piece: str) -> bool:
    text = unquote(piece).rpartition(".")[0] or unquote(piece)
    return _ID.fullmatch(text) is not None and _VERSION.fullmatch(text) is None


def _template(pieces: list[str], siblings: dict[tuple[object, ...], set[str]]) -> str:
    out: list[str] = []
    for index, piece in enumerate(pieces):
        many = len(siblings[_place(pieces, index)]) >= _SIBLINGS
        if piece and (_looks_like_id(piece) or many):
            stem, dot, suffix = piece.rpartition(".")
            end = f".{suffix}" if dot and stem and suffix.isalpha() else ""
            out.append("{" + _variable(out) + "}" + end)
        else:
            out.append(piece.replace("{", "%7B").replace("}", "%7D"))
    path = "/" + "/".join(out)
    return (
        path if template_of(path) == path else "/" + "/".join(pieces).replace("{", "%7B").replace("}", "%7D")
    )


def _variable(before: list[str]) -> str:
    """Named after what stands before it: /invoices/{invoice_id}."""
    owner = next((piece for piece in reversed(before) if piece and not piece.startswith("{")), "")
    word = re.sub(r"\W+", "_", unquote(owner).lower(), flags=re.ASCII).strip("_")
    word = f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
    name = f"{word}_id" if word and not word[0].isdigit() else "id"
    taken = sum(piece.startswith("{" + name) for piece in before)
    return f"{name}_{taken + 1}" if taken else name
