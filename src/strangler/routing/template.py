"""Path templates: `/invoices/{id}`, `/invoices/{id}.xml`, `/files/{rest*}`.

A variable stands for one non-empty segment (or the middle of one); `{name*}`, last only, for all that follows.
Segments are compared percent-decoded; `.` and `..` never fill a variable, so no path can climb into a route.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import msgspec

_VARIABLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(\*?)\}")


class Segment(msgspec.Struct, frozen=True):
    """A literal, or `prefix{variable}suffix`; `rest` takes everything that follows."""

    prefix: str
    variable: str = ""
    suffix: str = ""
    rest: bool = False


class Template(msgspec.Struct, frozen=True):
    """A path template, parsed. `text` is what the file says."""

    text: str
    segments: tuple[Segment, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables' names, in order."""
        return tuple(segment.variable for segment in self.segments if segment.variable)

    def rank(self) -> tuple[int, ...]:
        """Sorts the most specific first: literal, affixed variable, variable, rest, segment by segment."""
        return (*(_segment_rank(segment) for segment in self.segments), 2)


def _segment_rank(segment: Segment) -> int:
    if not segment.variable:
        return 0
    if segment.rest:
        return 4
    return 1 if segment.prefix or segment.suffix else 3


def parse_template(text: str) -> Template:
    """Parse a template. Raises ValueError saying what is wrong."""
    if not text.startswith("/"):
        raise ValueError(f"a path starts with /, as in /{text}")
    if "?" in text:
        raise ValueError("a path has no query; match it with `query:`")
    pieces = text[1:].split("/")
    segments = tuple(_segment(piece, last=index == len(pieces) - 1) for index, piece in enumerate(pieces))
    names = [segment.variable for segment in segments if segment.variable]
    if len(names) != len(set(names)):
        raise ValueError("a variable stands twice in the path")
    return Template(text, segments)


def _segment(piece: str, *, last: bool) -> Segment:
    found = list(_VARIABLE.finditer(piece))
    if not found:
        if "{" in piece or "}" in piece:
            raise ValueError(f"cannot read {piece!r}; a variable looks like {{name}}")
        return Segment(unquote(piece))
    if len(found) > 1:
        raise ValueError(f"{piece!r} has two variables in one segment; one is the limit")
    match = found[0]
    rest = bool(match[2])
    if rest and (not last or match.span() != (0, len(piece))):
        raise ValueError(f"{{{match[1]}*}} takes the rest of the path: it stands last, and alone")
    return Segment(unquote(piece[: match.start()]), match[1], unquote(piece[match.end() :]), rest)


@lru_cache(maxsize=4096)
def split_path(path: str) -> tuple[str, ...]:
    """The percent-decoded segments of a path (without its query)."""
    return tuple(unquote(piece, errors="surrogateescape") for piece in path[1:].split("/"))


def fill(template: Template, segments: tuple[str, ...]) -> dict[str, str] | None:
    """The variables' values, or None when the path does not fit."""
    values: dict[str, str] = {}
    for index, segment in enumerate(template.segments):
        if segment.rest:
            rest = segments[index:]
            if not rest or any(piece in (".", "..") for piece in rest):
                return None
            values[segment.variable] = "/".join(rest)
            return values
        if index >= len(segments) or not _fits(segment, segments[index], values):
            return None
    return values if len(segments) == len(template.segments) else None


def _fits(segment: Segment, piece: str, values: dict[str, str]) -> bool:
    if not segment.variable:
        return piece == segment.prefix
    end = len(piece) - len(segment.suffix)
    value = piece[len(segment.prefix) : end]
    if (
        not value
        or value in (".", "..")
        or not piece.startswith(segment.prefix)
        or piece[end:] != segment.suffix
    ):
        return False
    values[segment.variable] = value
    return True
