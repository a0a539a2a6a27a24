"""One exchange as a recording has it."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.exchange import Request, Response


@dataclass(frozen=True, slots=True)
class Recorded:
    """`where`: file and entry, for people. `response`: None where none was written down. `at_ns`: when it was
    asked, Unix nanoseconds; 0 where the recording does not say.

    `request.target` still has whatever path the base URL had; `request.scheme` and `request.authority` are empty where
    the recording names no host.
    """

    where: str
    request: Request
    response: Response | None
    at_ns: int = 0


@dataclass(frozen=True, slots=True)
class Unread:
    """What is no exchange, and why not."""

    where: str
    why: str
