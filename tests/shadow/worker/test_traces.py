"""Traces at a collector, logs with one id, and both sides asked as if there were neither."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import msgspec
import pytest

from strangler.config import load
from strangler.errors import UsageError
from strangler.exchange import Exchange, Origin
from strangler.ledger.facts import facts
from strangler_shadow import logs
from strangler_shadow.supervisor.plan import _check_telemetry
from strangler_shadow.telemetry.context import derived, named, parent_of, trace_of
from strangler_shadow.telemetry.pump import Pump
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange
from strangler_shadow.worker.ground import Ground

from .collector import Collector, attributes
from .conftest import QUICK, Rig, says

MakeRig = Callable[..., Rig]
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01".encode()


def asking(*fields: tuple[bytes, bytes], body: bytes = b'{"id": 1}') -> Exchange:
    """An exchange whose client sent these fields."""
    made = exchange("/invoices/4711-secret", body)
    message = msgspec.structs.replace(made.request.message, fields=fields)
    return msgspec.structs.replace(made, request=msgspec.structs.replace(made.request, message=message))


def telemetry(collector: Collector, **more: Any) -> str:
    said = {"endpoint": collector.url, "sampling": "100%", **more}
    return f"telemetry: {json.dumps(said)}\n"


def by_name(spans: list[Any]) -> dict[str, list[Any]]:
    out: dict[str, list[Any]] = {}
    for span in spans:
        out.setdefault(span.name, []).append(span)
    return out


def test_from_exchange_to_verdict_under_the_clients_span(rig: MakeRig) -> None:
    with Collector() as collector:
        made = rig(
            worker=QUICK,
            candidate=says(b'{"id": 2}'),
            more=f"{telemetry(collector, headers={'Authorization': 'Bearer ${OTLP_TOKEN}'})}",
        )
        made.plane.send(asking((b"TraceParent", PARENT), (b"X-Customer", b"4711")))
        made.settled(1)
        spans = by_name(until(lambda: collector.spans))
        (outer,), (inner,), (verdict,) = spans["exchange"], spans["comparison"], spans["verdict"]
        assert {span.trace_id.hex() for each in spans.values() for span in each} == {TRACE}
        assert outer.parent_span_id.hex() == SPAN
        assert inner.parent_span_id == outer.span_id
        assert verdict.parent_span_id == inner.span_id
        assert {span.parent_span_id for span in (*spans["ask candidate"], *spans["compare"])} == {
            inner.span_id
        }
        # Asked again, both of them: the candidate twice, legacy once.
        assert (len(spans["ask candidate"]), len(spans["ask legacy"])) == (2, 1)
        assert attributes(verdict)["strangler.verdict"] == "different"
        assert attributes(verdict)["strangler.findings"] == 1
        assert attributes(outer)["strangler.exchange"] == f"{made.plane.plane}/{made.plane.boot}/1"
        assert inner.start_time_unix_nano <= verdict.start_time_unix_nano <= inner.end_time_unix_nano
        assert collector.resources[0]["service.name"] == "strangler"
        assert collector.headers[0]["authorization"] == "Bearer otlp-secret"
        # No path, no customer, no value.
        everything = " ".join(str(attributes(span)) for each in spans.values() for span in each)
        assert "4711" not in everything
        # What the client sent goes to both sides as it came.
        for seen in (*made.candidate.seen, *made.legacy.seen):
            assert (b"TraceParent", PARENT) in seen.fields
        sent = until(lambda: sums(made).get("sent"))
        assert sent == len(collector.spans)


def sums(made: Rig) -> dict[str, int]:
    """What the worker says of its spans."""
    with made.ledger.read() as connection:
        found = facts(connection, "telemetry")
    return msgspec.json.decode(found[0].phase, type=dict[str, int]) if found else {}


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTLP_TOKEN", "otlp-secret")


def test_neither_side_is_sent_a_trace_that_the_client_did_not_send(rig: MakeRig) -> None:
    with Collector() as collector:
        traced = rig(worker=QUICK, candidate=says(b'{"id": 2}'), more=telemetry(collector))
        traced.plane.send(asking((b"Accept", b"application/json"), (b"X-Odd-CASE", b" a ")))
        traced.settled(1)
        spans = until(lambda: collector.spans)
        origin = Origin(traced.plane.plane, traced.plane.boot, 1)
        assert {span.trace_id.hex() for span in spans} == {f"{derived(origin):032x}"}
        assert by_name(spans)["exchange"][0].parent_span_id == b""
    with_traces = [seen.fields for seen in (*traced.candidate.seen, *traced.legacy.seen)]
    plain = rig(worker=QUICK, candidate=says(b'{"id": 2}'))
    plain.plane.boot = "boot-2"
    plain.plane.close()
    plain.plane.connect()
    plain.plane.send(asking((b"Accept", b"application/json"), (b"X-Odd-CASE", b" a ")))
    plain.settled(1)
    without = [seen.fields for seen in (*plain.candidate.seen, *plain.legacy.seen)]
    assert [comparable(each) for each in with_traces] == [comparable(each) for each in without]
    assert not any(
        name.lower() in {b"traceparent", b"tracestate"} for each in with_traces for name, _ in each
    )


def comparable(fields: Any) -> list[tuple[bytes, bytes]]:
    """Without the port, which is another for each origin."""
    return [(name, re.sub(rb":\d+$", b"", value)) for name, value in fields]


def test_a_client_that_does_not_trace_is_not_traced(rig: MakeRig) -> None:
    with Collector() as collector:
        made = rig(worker=QUICK, more=telemetry(collector))
        made.plane.send(asking((b"traceparent", PARENT[:-1] + b"0")))
        made.plane.send(asking((b"traceparent", PARENT)))
        made.settled(2)
        until(lambda: collector.spans)
        assert len(by_name(collector.spans)["exchange"]) == 1


def test_a_collector_that_hangs_costs_spans_and_nothing_else(rig: MakeRig) -> None:
    with Collector() as collector:
        collector.wait.clear()
        made = rig(worker=QUICK, more=telemetry(collector, queue=8, timeout="200ms"))
        for _ in range(60):
            made.plane.send(asking())
        assert made.settled(60).recorded == 60
        assert until(lambda: sums(made).get("dropped"))


def test_a_collector_that_refuses_is_counted(rig: MakeRig) -> None:
    with Collector() as collector:
        collector.status = 400
        made = rig(worker=QUICK, more=telemetry(collector))
        made.plane.send(asking())
        made.settled(1)
        assert until(lambda: sums(made).get("failed"))
        assert sums(made)["sent"] == 0


def test_a_collector_that_goes_and_comes_is_told_once_each(caplog: pytest.LogCaptureFixture) -> None:
    answers = iter((False, False, True, True))
    pump: Pump[int] = Pump(lambda _: next(answers), 10, every_s=0.01)
    for number in range(4):
        pump.put([number])
        until(lambda: pump.sent + pump.failed == number + 1)  # noqa: B023  it is waited for here
    pump.close(5)
    said = [record.message for record in caplog.records]
    assert (pump.failed, pump.sent) == (2, 2)
    assert [("away" in line, "back" in line) for line in said] == [(True, False), (False, True)]


def test_a_full_pump_counts_and_never_waits() -> None:
    taken: list[int] = []

    def send(batch: Any) -> bool:
        taken.extend(batch)
        return True

    pump: Pump[int] = Pump(send, 5, every_s=3_600)
    pump.put([1, 2, 3])
    pump.put([4, 5, 6])
    pump.put([7])
    pump.close(5)
    assert (taken, pump.sent, pump.dropped) == ([1, 2, 3, 7], 4, 3)


@pytest.mark.parametrize(
    ("value", "right"),
    [
        (PARENT, True),
        (b" " + PARENT + b" ", True),
        (b"01-" + PARENT[3:] + b"-more", True),
        (PARENT + b"-more", False),
        (b"ff" + PARENT[2:], False),
        (PARENT.upper(), False),
        (b"00-" + b"0" * 32 + PARENT[35:], False),
        (PARENT[:36] + b"0" * 16 + b"-01", False),
        (b"", False),
        (b"x" * 10_000, False),
    ],
)
def test_a_traceparent_is_read_by_the_letter(value: bytes, right: bool) -> None:
    found = parent_of(((b"traceparent", value),))
    assert (found is not None) is right
    assert parent_of(((b"traceparent", value), (b"Traceparent", PARENT))) is None


def test_an_exchange_has_one_id_for_ever() -> None:
    one, other = Origin("p", "b", 1), Origin("p", "b", 11)
    assert derived(one) == derived(Origin("p", "b", 1)) != derived(other)
    assert trace_of(asking((b"traceparent", PARENT))) == int(TRACE, 16)


def test_off_nothing_of_it_is_imported() -> None:
    program = (
        "import sys, strangler_shadow.worker.process, strangler_shadow.planes.mitmproxy.process\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'requests', 'google')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_a_variable_that_is_not_set_is_said_before_anything_starts(rig: MakeRig) -> None:
    with Collector() as collector:
        made = rig(worker=QUICK, more=telemetry(collector))
        made.file.write_text(
            made.file.read_text().replace(
                '"sampling"', '"headers": {"X-Key": "${NOT_SET_ANYWHERE}"}, "sampling"'
            )
        )
        with pytest.raises(UsageError, match="NOT_SET_ANYWHERE is not set"):
            _check_telemetry(load(made.file))


# Logs


@contextmanager
def logged(**environment: str) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("worker", environment, stream)
    try:
        yield stream
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name in ("strangler", "strangler_shadow", "strangler_dashboard"):
            logging.getLogger(name).setLevel(logging.NOTSET)


def test_each_line_is_json_with_the_exchange_it_is_about(rig: MakeRig) -> None:
    with logged(STRANGLER_LOG_FORMAT="json", STRANGLER_LOG_LEVEL="info") as stream:
        made = rig(worker=QUICK, candidate=says(b'{"id": 2}'))
        made.plane.send(asking((b"traceparent", PARENT)))
        made.settled(1)
        until(lambda: "different" in stream.getvalue())
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    line = next(each for each in lines if each.get("verdict") == "different")
    origin = Origin(made.plane.plane, made.plane.boot, 1)
    assert (line["exchange"], line["trace_id"]) == (named(origin), TRACE)
    assert (line["level"], line["process"], line["route"], line["cutover"]) == (
        "info",
        "worker",
        "invoice",
        "reads",
    )
    assert (line["findings"], line["candidate_version"], line["pid"]) == (1, "1", os.getpid())
    assert "4711" not in stream.getvalue()


def test_equal_ones_are_told_to_who_wants_every_exchange(rig: MakeRig) -> None:
    for level, told in (("info", 0), ("debug", 3)):
        with logged(STRANGLER_LOG_FORMAT="json", STRANGLER_LOG_LEVEL=level) as stream:
            made = rig(worker=QUICK)
            made.plane.boot = f"boot-{level}"
            made.plane.close()
            made.plane.connect()
            for _ in range(3):
                made.plane.send(asking())
            made.settled(3)
        assert stream.getvalue().count('"verdict":"equal"') == told


SECRETS = [
    "Authorization: Bearer abc.def.ghi",
    "authorization=Basic dXNlcjpwYXNz",
    "it said Bearer abc.def.ghi to us",
    "postgresql://strangler:abc.def.ghi@db/ledger",
    "password=abc.def.ghi; next",
    "token: abc.def.ghi",
    "whsec_YWJjLmRlZi5naGk=",
    "Set-Cookie: session=abc.def.ghi; Path=/",
]


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_credential_is_hidden(secret: str, form: str) -> None:
    with logged(STRANGLER_LOG_FORMAT=form) as stream:
        log = logging.getLogger("strangler_shadow.somewhere")
        log.warning("a line: %s", secret, extra={"fields": {"also": secret}})
        try:
            _fail(secret)
        except ValueError:
            log.exception("it failed")
    text = stream.getvalue()
    assert "[hidden]" in text
    for part in ("abc.def.ghi", "dXNlcjpwYXNz", "YWJjLmRlZi5naGk"):
        assert part not in text
    if form == "json":
        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["level"] for line in lines] == ["warning", "error"]
        assert lines[1]["error"]["type"] == "ValueError"


def _fail(secret: str) -> None:
    raise ValueError(secret)


def test_hostile_text_stays_on_its_line() -> None:
    with logged(STRANGLER_LOG_FORMAT="json") as stream:
        logging.getLogger("strangler").warning('one\n{"level":"error"}\r\n\x1b[31m')
        logging.getLogger("strangler").info("not told")
        logging.getLogger("somebody.else").info("nor this")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["level"] == "warning"
    assert "\x1b" not in line


def test_words_that_cannot_be_meant_count_as_not_said() -> None:
    with logged(STRANGLER_LOG_FORMAT="xml", STRANGLER_LOG_LEVEL="loud") as stream:
        logging.getLogger("strangler").warning("here")
    assert re.fullmatch(r"worker\[\d+\] here\n", stream.getvalue())


def test_what_is_traced_costs_little_where_it_is_off() -> None:
    """A comparison takes some 80 µs and more; what stands in its way for the log is well under one of them."""
    from strangler.comparison.model import Outcome
    from strangler_shadow.worker import tracing
    from strangler_shadow.worker.case import Case

    case = Case(exchange("/invoices/1", b"{}"), cast("Ground", None), 0, 0, "1")  # nothing of it is looked at
    equal = Outcome("equal")
    began = time.perf_counter_ns()
    for _ in range(20_000):
        tracing.judged(None, case, equal, 0)
    each = (time.perf_counter_ns() - began) / 20_000
    began = time.perf_counter_ns()
    for _ in range(20_000):
        msgspec.json.encode(case.exchange.origin)
    assert each < 40 * (time.perf_counter_ns() - began) / 20_000, (
        "some forty times what naming it takes, at most"
    )
