"""An exchange on its way through the worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from strangler.comparison.model import Outcome
from strangler.comparison.noise import Finding
from strangler.exchange import Exchange, Failure, Response, Side, other
from strangler_shadow.worker.ground import Ground, Yardstick
from strangler_shadow.worker.memory import OVERHEAD

if TYPE_CHECKING:
    from strangler_shadow.telemetry.trail import Trail

_FIELD: Final = 160
"""Bytes that a header field is reckoned to take."""

type Answered = Response | Failure


@dataclass(slots=True)
class Case:
    """`ground`: what it is judged by, to the end. `size`: bytes it is reckoned to hold in memory. `arrived`: on a
    monotonic clock, nanoseconds.

    `shadow`: the other side's answer; `seen_ns`: when the candidate's answer came; `version`: the candidate's that
    gave it, before that the one known when the exchange came. `first`: the outcome that a re-ask is to confirm;
    `again`: what the sides answered to that. `trail`: its steps, where it is traced.
    """

    exchange: Exchange
    ground: Ground
    size: int
    arrived: int
    version: str
    shadow: Answered | None = None
    seen_ns: int = 0
    first: Outcome | None = None
    noise: list[Finding] = field(default_factory=list)
    twinned: bool = False
    again: dict[Side, Answered] = field(default_factory=dict[Side, "Answered"])
    trail: Trail | None = None

    @property
    def shadow_side(self) -> Side:
        """Who is asked after the primary."""
        return other(self.exchange.primary)

    @property
    def yardstick(self) -> Yardstick:
        """What its answers are compared by."""
        return self.ground.routes[self.exchange.route]

    @property
    def cutover(self) -> str:
        """What its route belongs to."""
        return self.ground.cutovers[self.exchange.route]

    def answer(self, side: Side) -> Answered | None:
        """What a side answered, as far as it was asked."""
        exchange = self.exchange
        if exchange.fallback is not None:
            return exchange.response if side == "legacy" else exchange.fallback
        return (exchange.response or exchange.failure) if side == exchange.primary else self.shadow


def size_of(exchange: Exchange) -> int:
    """Bytes that an exchange is reckoned to take."""
    asked, answered = exchange.request.message, exchange.response
    size = OVERHEAD + len(asked.body or b"") + _FIELD * len(asked.fields)
    if answered is None:
        return size
    return size + len(answered.message.body or b"") + _FIELD * len(answered.message.fields)
