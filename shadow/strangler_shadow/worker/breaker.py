"""Leaves a side alone after failures in a row. A value: every event gives the next one.

state      allows                      failure                         success
closed     all                         open, when `limit` in a row     closed
open       none, until the pause ends  (late answers: no change)       (late answers: no change)
half-open  one trial                   open again                      closed
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

type State = Literal["closed", "open", "half-open"]


class Breaker(msgspec.Struct, frozen=True):
    """`limit`: failures in a row that open it; `pause_ns`: how long it then stays open. Any clock, nanoseconds."""

    limit: int
    pause_ns: int
    state: State = "closed"
    failures: int = 0
    until_ns: int = 0
    trial: bool = False

    def ask(self, now_ns: int) -> tuple[Breaker, bool]:
        """Whether a question may go out now; in half-open that question is the trial."""
        if self.state == "closed":
            return self, True
        if self.state == "open" and now_ns >= self.until_ns:
            return replace(self, state="half-open", trial=True), True
        if self.state == "half-open" and not self.trial:
            return replace(self, trial=True), True
        return self, False

    def succeeded(self) -> Breaker:
        """An answer came."""
        if self.state == "open" or (self.state == "closed" and not self.failures):
            return self
        return replace(self, state="closed", failures=0, trial=False)

    def failed(self, now_ns: int) -> Breaker:
        """No answer, or none worth the name."""
        if self.state == "open":
            return self
        if self.state == "closed" and self.failures + 1 < self.limit:
            return replace(self, failures=self.failures + 1)
        return replace(self, state="open", failures=0, until_ns=now_ns + self.pause_ns, trial=False)

    def withdrawn(self) -> Breaker:
        """A question that was allowed did not go out after all: the trial is free again."""
        return replace(self, trial=False) if self.state == "half-open" else self
