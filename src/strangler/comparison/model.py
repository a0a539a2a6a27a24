"""The shapes of a comparison: one tree for every format, and what two of them disagree about.

Trees. JSON maps as it is, numbers as `int` or `Decimal` (never a float). XML children are ALWAYS lists under
their declared prefix (`cbc:ID`, else `{uri}local`), attributes `@x`, text `#text`. CSV is a list of rows
(`$[i].column`). A form is `$.name[i]`, and so are the parts of multipart. A page has `$.lines[i]` and
`$.tables[i][j].column`, a PDF `$.pages[i].lines[j]`.
So RFC 9535 JSONPath addresses them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import msgspec

from strangler.exchange import FailureReason, Fields, Side

type Node = dict[str, Node] | list[Node] | str | int | Decimal | bool | Opaque | None

type Path = tuple[str | int, ...]
"""Member names and array positions from the root."""

type Part = Literal["status", "header", "body", "trailer"]
type Kind = Literal["missing", "extra", "changed", "type", "order", "length", "failed"]
type Severity = Literal["money", "major", "minor", "info"]


@dataclass(frozen=True, slots=True)
class Opaque:
    """A body (or a part of one) that has no tree: known by media type, length in bytes and SHA-256."""

    media: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something in the bytes that a parser must not guess about: a duplicate key, a BOM, bad UTF-8, NaN."""

    code: str
    path: Path
    detail: str
    side: Side | None = None


class Decoded(msgspec.Struct, frozen=True):
    """A body as a tree. `where` says where a path stands in the source (PDF page and line, CSV row), if it can.

    `canonical`: the tree's canonical bytes (`values.canonical`), where the decoder had to make them anyway.
    """

    root: Node
    media: str
    anomalies: tuple[Anomaly, ...] = ()
    where: Mapping[Path, str] = {}
    canonical: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """One side's answer as `compare` wants it. `body` still carries its content coding."""

    status: int
    fields: Fields
    body: bytes
    trailers: Fields = ()


class Location(msgspec.Struct, frozen=True):
    """Where in an answer. For `status` the path is empty; for a header it is the lower-case name and position."""

    part: Part
    path: Path = ()

    def __str__(self) -> str:
        return self.part if self.part == "status" else f"{self.part} {jsonpath(self.path)}"


class Cause(msgspec.Struct, frozen=True):
    """Why a difference is there, as far as one pair can tell. `code` is the cause's name; `detail` for people."""

    code: str
    detail: str = ""


UNEXPLAINED = Cause("unexplained")


class Difference(msgspec.Struct, frozen=True):
    """One place where two documents disagree. `drift` is candidate minus legacy in `currency`, where both are amounts.

    `location` counts list positions as legacy has them (as the candidate has them for what is extra);
    `counterpart` is the path on the candidate where its positions are others. `pattern` is the path with -1 for
    every list position and every member name that is data: what a fingerprint is made of. `where` is its place in the
    source in words (`page 2, line 14`), where the format has such places.
    """

    location: Location
    kind: Kind
    left: Node
    right: Node
    cause: Cause = UNEXPLAINED
    severity: Severity = "major"
    drift: Decimal | None = None
    currency: str | None = None
    pattern: Path | None = None
    counterpart: Path | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two ids that an identity rule (by its digest) takes for the same thing, and where they stood."""

    rule: str
    left: str
    right: str
    location: Location


type Verdict = Literal["equal", "different", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one comparison: left is legacy, right is the candidate, whoever was primary.

    `silenced` counts what each rule (by its digest) let pass. `failure` is set when the verdict is failed,
    and `blame` says which side (None: ours). `pairings` are what identity rules saw, for `settle`; `unlisted`
    counts differences beyond the limit of how many are listed.
    """

    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    silenced: Mapping[str, int] = field(default_factory=dict)
    failure: FailureReason | None = None
    failure_detail: str = ""
    blame: Side | None = None
    anomalies: tuple[Anomaly, ...] = ()
    pairings: tuple[Pairing, ...] = ()
    unlisted: int = 0


def jsonpath(path: Path) -> str:
    """A path as a normalized RFC 9535 JSONPath, with `[*]` for a negative position (any)."""
    return "$" + "".join(_segment(step) for step in path)


def _segment(step: str | int) -> str:
    if isinstance(step, int):
        return "[*]" if step < 0 else f"[{step}]"
    if step.isidentifier() and step.isascii():
        return f".{step}"
    escaped = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"
