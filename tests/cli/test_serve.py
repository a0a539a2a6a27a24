"""`strangler serve` as a person starts it: what it prints, that commands find it, that it stops cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from strangler.testing.origin import CLOSE, Origin, Seen, Steps

from .conftest import Strangler

pytestmark = pytest.mark.system


def answering(version: str) -> object:
    def script(_: Seen) -> Steps:
        body = b'{"total": "10.00", "currency": "EUR"}'
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Version: {version}\r\nConnection: close\r\n"
        yield head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
        yield CLOSE

    return script


@pytest.fixture
def systems() -> Iterator[tuple[Origin, Origin]]:
    with Origin(default=answering("1")) as legacy, Origin(default=answering("2.0")) as candidate:  # type: ignore[arg-type]
        yield legacy, candidate


class Serving:
    """A process of `strangler serve` and the lines it prints."""

    def __init__(self, environment: dict[str, str], *more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "strangler_cli.main", "serve", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line)

    def wait_for(self, text: str) -> str:
        while True:
            try:
                self.lines.append(self._queue.get(timeout=60))
            except Empty:
                raise AssertionError(f"no line with {text!r}: {self.lines}") from None
            if text in self.lines[-1]:
                return self.lines[-1]

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        while not self._queue.empty():
            self.lines.append(self._queue.get())
        return code


@pytest.fixture
def configured(home: Path, systems: tuple[Origin, Origin], strangler: Strangler) -> Path:
    legacy, candidate = systems
    assert strangler("init", "--legacy", legacy.url, "--candidate", candidate.url).code == 0
    file = home / "strangler.yaml"
    text = file.read_text().replace("  # version: {header: X-Version} ", "  version: {header: X-Version} ", 1)
    file.write_text(text.replace("listen: 127.0.0.1:8600", "control: 127.0.0.1:0\n  listen: 127.0.0.1:0"))
    return file


def test_a_newcomers_first_minutes(
    configured: Path, systems: tuple[Origin, Origin], strangler: Strangler, environment: dict[str, str]
) -> None:
    assert strangler("check").code == 0
    serving = Serving(environment)
    try:
        url = serving.wait_for("listening on").split()[2].rstrip(";")
        serving.wait_for("Ctrl-C drains and stops")
        assert "the plane has it in force" in strangler("cutover", "start", "reads").out
        for number in range(5):
            with urllib.request.urlopen(f"{url}/invoices/{number}") as answer:
                assert answer.headers["X-Version"] == "1"
        serving_again = Serving(environment)
        assert serving_again.process.wait(60) == 2
        serving_again.stop()
        assert "already runs here" in "".join(serving_again.lines)
    finally:
        code = serving.stop()
    assert (code, serving.lines[-1]) == (0, "stopped\n")
    (cutover,) = strangler("status", "--json").json["cutovers"]
    assert (cutover["compared"], cutover["different"], cutover["version"]) == (5, 0, "2.0")
    assert "Traceback" not in "".join(serving.lines)


def test_an_address_that_is_taken(
    configured: Path, systems: tuple[Origin, Origin], environment: dict[str, str]
) -> None:
    port = systems[0].port
    configured.write_text(
        configured.read_text().replace("  listen: 127.0.0.1:0", f"  listen: 127.0.0.1:{port}")
    )
    configured.write_text(configured.read_text().replace(systems[0].url, "http://127.0.0.1:1"))
    serving = Serving(environment)
    assert serving.process.wait(60) == 2
    serving.stop()
    said = "".join(serving.lines)
    assert str(port) in said
    assert "Traceback" not in said


@pytest.mark.full
def test_the_version_may_be_said_on_the_command_line(
    configured: Path, strangler: Strangler, environment: dict[str, str], home: Path
) -> None:
    serving = Serving(environment, "--candidate-version", "2.0-rc1", "--log", "serve.log")
    try:
        url = serving.wait_for("listening on").split()[2].rstrip(";")
        serving.wait_for("Ctrl-C drains and stops")
        strangler("cutover", "start", "reads")
        urllib.request.urlopen(f"{url}/a").close()
    finally:
        assert serving.stop(signal.SIGTERM) == 0
    assert strangler("divergences", "list").code == 0
    assert (home / "serve.log").exists()
    found = strangler("status", "--json").json["cutovers"][0]
    assert found["versions"] == ["2.0-rc1"]
