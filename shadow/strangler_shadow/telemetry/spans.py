"""Spans of an exchange, through OpenTelemetry's SDK, to a collector that speaks OTLP over HTTP.

    exchange            from the request's last byte to the primary's
      comparison        from when the worker got it to its verdict
        ask …, compare  each question to a side, each comparison
        verdict         what came of it, handed to the ledger's writer

Attributes hold names from the configuration, codes and statuses: no path, no body, no value of anybody's document.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from strangler.config.environment import expand
from strangler.config.telemetry import Telemetry
from strangler.exchange import Exchange, Failure, Response
from strangler_shadow.telemetry.context import derived, named, parent_of
from strangler_shadow.telemetry.pump import Pump
from strangler_shadow.telemetry.trail import Attributes, Step, Trail

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_LOW: Final = (1 << 64) - 1
_SCOPE: Final = InstrumentationScope("strangler")


class Spans:
    """What the worker traces with. `worker`: its name. Raises UsageError for a variable that is not set."""

    def __init__(self, by: Telemetry, worker: str, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._bound = int(by.sampling * (_LOW + 1))
        self._now_ns = now_ns
        self._resource = Resource(
            {
                "service.name": "strangler",
                "service.version": version("strangler"),
                "service.instance.id": worker,
            }
        )
        # It says each batch that fails; the pump says when that begins and ends.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        exporter = OTLPSpanExporter(
            endpoint=f"{by.endpoint}/v1/traces",
            headers={name: expand(value) for name, value in by.headers.items()},
            timeout=by.timeout / 1000,
        )
        self._exporter = exporter
        self.pump: Pump[ReadableSpan] = Pump(
            lambda batch: exporter.export(batch) is SpanExportResult.SUCCESS, by.queue
        )

    def begin(self, exchange: Exchange) -> Trail | None:
        """A trail for an exchange that is traced: as its client's span says, else by the declared share."""
        parent = parent_of(exchange.request.message.fields)
        if parent is not None:
            return Trail(parent.trace, parent.span, self._now_ns()) if parent.sampled else None
        trace = derived(exchange.origin)
        return Trail(trace, 0, self._now_ns()) if trace & _LOW < self._bound else None

    def now_ns(self) -> int:
        """Unix nanoseconds."""
        return self._now_ns()

    def finish(self, trail: Trail, exchange: Exchange, verdict: Attributes, problem: str) -> None:
        """It came to a verdict: hand over its spans. `problem`: what a reader of traces looks for, empty for none."""
        ended = self._now_ns()
        status = Status(StatusCode.ERROR, problem) if problem else Status()
        outer = self._span(trail, trail.parent, _exchange(exchange), SpanKind.SERVER)
        inner = self._span(
            trail,
            _id(outer),
            Step("comparison", trail.began_ns, ended, {"strangler.route": exchange.route}),
            status=status,
        )
        steps = [
            *trail.steps,
            Step("verdict", trail.steps[-1].ended_ns if trail.steps else trail.began_ns, ended, verdict),
        ]
        self.pump.put([outer, inner, *(self._span(trail, _id(inner), step, _kind(step)) for step in steps)])

    def close(self, seconds: float) -> None:
        """Send what waits, for so long at most."""
        self.pump.close(seconds)
        self._exporter.shutdown()  # type: ignore[no-untyped-call]

    def _span(
        self,
        trail: Trail,
        parent: int,
        step: Step,
        kind: SpanKind = SpanKind.INTERNAL,
        status: Status | None = None,
    ) -> ReadableSpan:
        above = SpanContext(trail.trace, parent, is_remote=True, trace_flags=_SAMPLED) if parent else None
        here = SpanContext(trail.trace, secrets.randbits(64) or 1, is_remote=False, trace_flags=_SAMPLED)
        return ReadableSpan(
            step.name,
            here,
            above,
            self._resource,
            dict(step.attributes),
            kind=kind,
            status=status or Status(),
            start_time=step.began_ns,
            end_time=max(step.began_ns, step.ended_ns),
            instrumentation_scope=_SCOPE,
        )


def _id(span: ReadableSpan) -> int:
    return span.context.span_id if span.context is not None else 0


def _kind(step: Step) -> SpanKind:
    return SpanKind.CLIENT if step.name.startswith("ask ") else SpanKind.INTERNAL


def _exchange(exchange: Exchange) -> Step:
    answered: Response | Failure | None = exchange.response or exchange.failure
    attributes: dict[str, str | int | bool] = {
        "strangler.exchange": named(exchange.origin),
        "strangler.route": exchange.route,
        "strangler.cutover": exchange.cutover,
        "strangler.primary": exchange.primary,
        "http.request.method": exchange.request.method,
    }
    if isinstance(answered, Response):
        attributes["http.response.status_code"] = answered.status
    elapsed = answered.elapsed_ns if answered is not None else 0
    return Step("exchange", exchange.at_ns, exchange.at_ns + elapsed, attributes)
