"""The demo's services as child processes: started, redeployed on the same port, stopped.

A child prints one JSON line when it is up. Its listening socket belongs to the parent, so a redeploy drops no
connection: requests wait in the backlog until the next process accepts them. A child ends with its parent.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from strangler.errors import Unreachable
from strangler_demo.serving import listening_socket

_START_SECONDS: Final = 20
_STOP_SECONDS: Final = 10


class Child:
    """A running service. `facts` is what it said about itself."""

    def __init__(
        self, service: str, arguments: Sequence[str], *, log: Path, sock: socket.socket | None = None
    ) -> None:
        self.service = service
        self._log = log
        self._sock = sock
        self.facts: dict[str, Any] = {}
        self._process = self._start(arguments)

    @property
    def pid(self) -> int:
        """The process id, also after its end."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def stop(self) -> int:
        """SIGTERM, then SIGKILL after ten seconds. Returns the exit code; may be called again."""
        if self.alive:
            self._process.terminate()
        try:
            return self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        inherited = () if self._sock is None else (self._sock.fileno(),)
        where = () if self._sock is None else ("--fd", str(self._sock.fileno()))
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own module with our own arguments
                [sys.executable, "-m", f"strangler_demo.{self.service}", "--tied", *where, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=inherited,
            )
        try:
            self.facts = msgspec.json.decode(self._first_line(), type=dict[str, Any])
        except BaseException:
            self.stop()
            raise
        return self._process

    def _first_line(self) -> bytes:
        out = self._process.stdout
        assert out is not None
        line, until = b"", time.monotonic_ns() + _START_SECONDS * 1_000_000_000
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = until - time.monotonic_ns()
                if left <= 0 or not selector.select(left / 1_000_000_000):
                    raise self._never_came_up("said nothing in time")
                piece = os.read(out.fileno(), 4096)
                if not piece:
                    raise self._never_came_up("ended at once")
                line += piece
        return line

    def _never_came_up(self, how: str) -> Unreachable:
        tail = self._log.read_text(errors="replace").strip().splitlines()[-3:]
        return Unreachable(
            f"the demo's {self.service} {how}: {' | '.join(tail)}", where=str(self._log), remedy="see its log"
        )


class Legacy:
    """The legacy service over a seeded database."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "legacy.db"
        self._sock = listening_socket()
        self.url = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        try:
            self.child = Child("legacy", ["--db", str(self.db)], log=folder / "legacy.log", sock=self._sock)
        except BaseException:
            self._sock.close()
            raise

    def stop(self) -> None:
        """Ends the service and gives its port back."""
        self.child.stop()
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Candidate:
    """The candidate service, which can be redeployed. `root` is its origin, `url` the API under it."""

    def __init__(
        self, folder: Path, *, version: str, defects: Sequence[str] = (), slow_ms: int = 1500
    ) -> None:
        self.db = folder / "candidate.db"
        self._folder = folder
        self._slow_ms = slow_ms
        self._sock = listening_socket()
        self.root = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.url = f"{self.root}/v2/billing"
        try:
            self.child = self._deploy(version, defects)
        except BaseException:
            self._sock.close()
            raise

    def redeploy(self, *, version: str, defects: Sequence[str] = ()) -> None:
        """Another process with another version, on the same port; requests wait in between."""
        successor = self._deploy(version, defects, "--standby")
        self.child.stop()
        os.kill(successor.pid, signal.SIGUSR1)
        self.child = successor

    def stop(self) -> None:
        """Ends the service and gives its port back."""
        self.child.stop()
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _deploy(self, version: str, defects: Sequence[str], *more: str) -> Child:
        arguments = [*more, "--db", str(self.db), "--version", version, "--defects", ",".join(defects)]
        arguments += ["--slow-ms", str(self._slow_ms)]
        return Child("candidate", arguments, log=self._folder / "candidate.log", sock=self._sock)


class Replicator:
    """The process that feeds the candidate's database from the legacy's."""

    def __init__(
        self, legacy: Path, candidate: Path, folder: Path, *, poll_ms: int = 20, delay_ms: int = 0
    ) -> None:
        arguments = ["--legacy", str(legacy), "--candidate", str(candidate)]
        arguments += ["--poll-ms", str(poll_ms), "--delay-ms", str(delay_ms)]
        self.child = Child("replicator", arguments, log=folder / "replicator.log")

    def stop(self) -> None:
        """Ends it; the candidate's lag rises from here."""
        self.child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
