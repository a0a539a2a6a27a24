"""A candidate that is down, hangs, resets, fails, floods or lies: the client notices nothing, all of it is counted."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from functools import cache

import psutil
import pytest

from strangler.testing.origin import CLOSE, HANG, RESET, Pause, Script, Seen, Steps, answer

from .conftest import JSON, System, agrees

MakeSystem = Callable[..., System]
pytestmark = pytest.mark.system
VERSION = ("X-Version", "1")
WORKER = "timeout: 1s, reask: 50ms, breaker: 1000, memory: 64MiB, twins: 0"


def hangs(_: Seen) -> Steps:
    yield HANG


def drips(_seen: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    for _second in range(50):
        yield b"x"
        yield Pause(0.05)
    yield HANG


def resets(_: Seen) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    yield RESET


def fails(_: Seen) -> Steps:
    yield answer(b"sorry", VERSION, status="503 Service Unavailable")


def floods(_: Seen) -> Steps:
    yield answer(b'"' + b"x" * (10 << 20) + b'"', JSON, VERSION)


def garbage(_: Seen) -> Steps:
    yield bytes(range(256)) * 4
    yield CLOSE


def deep_json(_: Seen) -> Steps:
    yield answer(b"[" * 400_000 + b"]" * 400_000, JSON, VERSION)


def xml_bomb(_: Seen) -> Steps:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    document = f'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "bomb">{entities}]><b>&a11;</b>'
    yield answer(document.encode(), ("Content-Type", "application/xml"), VERSION)


def zip_bomb(_: Seen) -> Steps:
    yield answer(_zipped(), JSON, ("Content-Encoding", "gzip"), VERSION)


@cache
def _zipped() -> bytes:
    return gzip.compress(b'"' + b"0" * (200 << 20) + b'"', 9)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (hangs, "timeout"),
        (drips, "timeout"),
        (resets, "reset"),
        (fails, "server-error"),
        (floods, "too-large"),
        (garbage, "malformed"),
        (deep_json, "undecodable"),
        (xml_bomb, "undecodable"),
        (zip_bomb, "undecodable"),
    ],
)
def test_whatever_the_candidate_does_the_client_gets_legacy_s_answer(
    lasting: MakeSystem, script: Script, reason: str
) -> None:
    made = lasting(worker=WORKER)
    worker = psutil.Process(made.served.child("worker").pid)
    memory, before, recorded = worker.memory_info().rss, made.failures(), made.recorded()
    made.candidate.default = script
    made.ask(range(30))
    made.accounted()
    after = made.failures()
    found = {name for name in after if after[name] > before.get(name, 0)}
    # On a busy machine a large answer may also take longer than the worker waits.
    assert reason in found <= {reason, "timeout"}
    assert sum(after.values()) - sum(before.values()) == made.recorded() - recorded > 0
    assert worker.memory_info().rss - memory < 160 << 20
    assert made.served.child("worker").restarts == 0


def test_a_slow_candidate_slows_nobody(lasting: MakeSystem) -> None:
    def slow(seen: Seen) -> Steps:
        yield Pause(0.4)
        yield from agrees(seen)

    made = lasting(worker=WORKER)
    made.candidate.default = slow
    took = made.ask(range(100), at_once=1)
    assert took < 100 * 0.4 / 2, "a hundred in a row, each waited for, would take forty seconds"
    made.accounted()


@pytest.mark.full
def test_two_thousand_at_once(lasting: MakeSystem) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 10_000:
        pytest.skip(f"only {hard} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 10_000), hard))
    made = lasting(worker=WORKER)
    made.candidate.default = agrees
    recorded, before, mismatches = made.recorded(), made.failures(), made.evidence().k
    made.ask(range(2_000), at_once=2_000)
    streams = made.accounted()
    assert made.recorded() > recorded
    assert sum(stream.gaps for stream in streams) == 0
    late = made.failures().get("timeout", 0) - before.get("timeout", 0)
    assert made.evidence().k - mismatches == late, "none differs; some may have waited too long"


@pytest.mark.full
def test_a_candidate_that_is_down_and_comes_back(system: MakeSystem) -> None:
    made = system(worker="timeout: 500ms, reask: 50ms, breaker: 5, breaker_pause: 200ms, concurrency: 1")
    port, url = made.candidate.port, made.candidate.url
    made.candidate.close()
    made.ask(range(40))
    made.accounted()
    failures, losses = made.failures(), made.losses()
    assert set(failures) == {"refused"}
    assert failures["refused"] + losses["breaker"] == 40
    assert losses["breaker"] > 0, "it is left alone after five failures"
    from strangler.testing.origin import Origin

    with Origin(default=agrees, port=port) as back:
        assert back.url == url
        time.sleep(0.3)
        made.ask(range(100, 120))
        made.accounted()
        assert made.evidence().n > made.evidence().k, "it is compared again"
