"""What a probe is told and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

type Kind = Literal["view", "form", "past"]


@dataclass(frozen=True, slots=True)
class Observed:
    """A statement of an application. `place`: `FILE:LINE`, or who called it and how often."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement that would not be served.

    `kind`: the tables of the version would serve it and its `view`s do not; it needs another `form` than this version
    has; it names the base schema and goes `past` every version.
    """

    kind: Kind
    version: str
    statement: Observed
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Probe:
    """`seen` statements, of which `relevant` ones name what a version shows; `unread`: PostgreSQL could not read them
    over the tables as they are either, with its word.
    """

    seen: int
    relevant: int
    findings: tuple[Finding, ...]
    unread: tuple[tuple[Observed, str], ...]
