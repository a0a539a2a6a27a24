"""What the worker says of one exchange while it works on it: spans where they are wanted, and lines in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

import msgspec

from strangler.comparison.model import Outcome
from strangler.exchange import Exchange, Response, Side
from strangler.ledger.facts import Fact
from strangler_shadow.metrics.traffic import TELEMETRY
from strangler_shadow.worker.case import Answered, Case

if TYPE_CHECKING:
    from strangler.config import Config
    from strangler_shadow.telemetry.spans import Spans
    from strangler_shadow.telemetry.trail import Attributes, Trail

_log = logging.getLogger("strangler_shadow.worker.exchange")


class Traced(Protocol):
    """Whoever makes spans; `telemetry.spans.Spans`."""

    def begin(self, exchange: Exchange) -> Trail | None:
        """A trail for one that is traced."""
        ...

    def finish(self, trail: Trail, exchange: Exchange, verdict: Attributes, problem: str) -> None:
        """It is over."""
        ...


def spans_of(config: Config, worker: str) -> Spans | None:
    """Nothing is imported, and nothing is done, where the file has no `telemetry`. Raises UsageError."""
    if config.telemetry is None:
        return None
    from strangler_shadow.telemetry.spans import Spans

    return Spans(config.telemetry, worker)


def counts(spans: Spans, worker: str, now_ns: int) -> Fact:
    """What became of its spans, as the ledger keeps it: summed over workers by whoever reads it."""
    pump = spans.pump
    sums = {"sent": pump.sent, "dropped": pump.dropped, "failed": pump.failed}
    return Fact(TELEMETRY, worker, msgspec.json.encode(sums).decode(), "", now_ns)


async def timed(case: Case, side: Side, question: Awaitable[Answered]) -> Answered:
    """A question to a side, as a step of the case's trail where it has one."""
    trail = case.trail
    if trail is None:
        return await question
    began = time.time_ns()
    answered = await question
    said: dict[str, str | int | bool] = {"strangler.side": side}
    if isinstance(answered, Response):
        said["http.response.status_code"] = answered.status
    else:
        said["strangler.failure"] = answered.reason
    trail.add(f"ask {side}", began, time.time_ns(), **said)
    return answered


def judged(spans: Traced | None, case: Case, outcome: Outcome, findings: int) -> None:
    """It came to a verdict."""
    worse = outcome.verdict != "equal"
    if _log.isEnabledFor(logging.INFO if worse else logging.DEBUG):
        said = {"route": case.exchange.route, "cutover": case.cutover, "verdict": outcome.verdict}
        if outcome.failure:
            said |= {"failure": outcome.failure, "blame": outcome.blame or ""}
        fields = {**said, "candidate_version": case.version, "findings": findings}
        level = logging.INFO if worse else logging.DEBUG
        _log.log(
            level,
            "%s: %s",
            case.exchange.route,
            outcome.verdict,
            extra={"fields": fields, "exchange": case.exchange},
        )
    if spans is None or case.trail is None:
        return
    verdict: dict[str, str | int | bool] = {
        "strangler.verdict": outcome.verdict,
        "strangler.findings": findings,
        "strangler.candidate_version": case.version,
    }
    if outcome.failure:
        verdict |= {"strangler.failure": outcome.failure, "strangler.blame": outcome.blame or "nobody"}
    spans.finish(case.trail, case.exchange, verdict, outcome.failure or outcome.verdict if worse else "")


def lost(spans: Traced | None, case: Case, reason: str) -> None:
    """It was thrown away."""
    if _log.isEnabledFor(logging.INFO):
        fields = {"route": case.exchange.route, "verdict": "lost", "reason": reason}
        _log.info(
            "%s: not judged (%s)",
            case.exchange.route,
            reason,
            extra={"fields": fields, "exchange": case.exchange},
        )
    if spans is not None and case.trail is not None:
        verdict: dict[str, str | int | bool] = {"strangler.verdict": "lost", "strangler.reason": reason}
        spans.finish(case.trail, case.exchange, verdict, f"not judged: {reason}")
