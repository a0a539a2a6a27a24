"""One exchange as a recording has it."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.exchange import Request, Response


@dataclass(frozen=True, slots=True)
class Recorded:
    """`where`: file and entry, for people. `response`: None where none was written down.

    `request.target` still has whatever path the base URL had; `request.scheme` and `request.authority` are empty where
    the recording names no host.
    """

    where: str
    request: Request
    response: Response | None


@dataclass(frozen=True, slots=True)
class Unread:
    """What is no exchange, and why not."""

    where: str
    why: str
