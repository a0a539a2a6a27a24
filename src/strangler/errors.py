"""One small tree of typed errors. Each says what is wrong, where, and what would be right.

The command line prints `str(error)` and leaves with `error.exit_code`; nothing else turns an
error into words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class StranglerError(Exception):
    """The root. `what` is a sentence, `where` a file and line (or a route, a URL), `remedy` what would be right."""

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file. `line` counts from 1; 0 when the file has no line for it."""

    line: int
    location: str
    what: str
    remedy: str | None = None


class ConfigError(StranglerError):
    """`strangler.yaml` (or a rules file) cannot be used. Carries every problem found, not just the first."""

    exit_code = 2

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(self._line(problem) for problem in self.problems))

    def _line(self, problem: Problem) -> str:
        place = f"{self.file}:{problem.line}" if problem.line else self.file
        at = f" {problem.location}:" if problem.location else ""
        remedy = f"\n    {problem.remedy}" if problem.remedy else ""
        return f"{place}:{at} {problem.what}{remedy}"


class UsageError(StranglerError):
    """The command was called with something that cannot be meant (an unknown route, a missing file)."""

    exit_code = 2


class DecodeError(StranglerError):
    """A body cannot be read as its media type. `at` is a byte offset where the format gives one."""

    def __init__(self, what: str, *, media: str, at: int | None = None) -> None:
        self.media = media
        self.at = at
        super().__init__(what, where=media if at is None else f"{media} at byte {at}")


class LedgerUnavailable(StranglerError):  # noqa: N818  it is a state, and reads as one
    """The ledger does not answer, is locked for too long, or is full: there is no evidence to look at."""

    exit_code = 3


class LedgerMismatch(StranglerError):  # noqa: N818
    """The ledger's schema is not the one this version knows."""

    exit_code = 2


class Conflict(StranglerError):  # noqa: N818
    """Somebody else moved the same cutover first: the generation that was read is no longer the one in force."""


class Refused(StranglerError):  # noqa: N818
    """A transition the phase table or the gate does not allow; `exit_code` is the verdict's, where there is one."""

    def __init__(
        self, what: str, *, where: str | None = None, remedy: str | None = None, exit_code: int = 1
    ) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.exit_code = exit_code


class Unreachable(StranglerError):  # noqa: N818
    """One of the two systems, or a part of strangler itself, does not answer where it should be."""
