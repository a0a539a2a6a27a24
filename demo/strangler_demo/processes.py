"""The demo's services as child processes: started, redeployed on the same port, stopped.

A constructor starts its process and does not wait, so that several can start at once; `with` (or
`child.ready()`) waits. A child prints one JSON line when it is up. Its listening socket belongs to the
parent, so a redeploy drops no connection: what one process does not accept, the next one does. A child ends with
its parent.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from strangler.errors import Unreachable
from strangler_demo.candidate import schema
from strangler_demo.child import listening_socket
from strangler_demo.priority import give_way

_START_SECONDS: Final = 20
_STOP_SECONDS: Final = 10


class Child:
    """A starting or running service. Two can start at once; `ready` waits until this one is up."""

    def __init__(self, service: str, arguments: Sequence[str], *, log: Path, fd: int | None = None) -> None:
        self.service = service
        self._log = log
        self._facts: dict[str, Any] | None = None
        inherited = () if fd is None else (fd,)
        where = () if fd is None else ("--fd", str(fd))
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  our own module with our own arguments
                [sys.executable, "-m", f"strangler_demo.{service}", "--tied", *where, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=inherited,
            )
        give_way(self._process.pid)

    @property
    def pid(self) -> int:
        """The process id, also after its end."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def ready(self) -> dict[str, Any]:
        """Waits until the service is up, and gives what it said about itself. Raises `Unreachable`."""
        if self._facts is None:
            self._facts = msgspec.json.decode(self._first_line(), type=dict[str, Any])
        return self._facts

    def drain(self) -> None:
        """SIGTERM: from now on it accepts nothing more, and finishes what is under way."""
        if self.alive:
            self._process.terminate()

    def stop(self) -> int:
        """SIGTERM, then SIGKILL after ten seconds. Returns the exit code; may be called again."""
        self.drain()
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
        self.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

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


class _Deployed:
    """A child behind a listening socket that stays the parent's."""

    def __init__(self, service: str, folder: Path) -> None:
        self._service = service
        self._log = folder / f"{service}.log"
        self.db = folder / f"{service}.db"
        self._sock = listening_socket()
        self.root = f"http://127.0.0.1:{self._sock.getsockname()[1]}"
        self.child: Child

    def _launch(self, *arguments: str) -> Child:
        return Child(self._service, ["--db", str(self.db), *arguments], log=self._log, fd=self._sock.fileno())

    def stop(self) -> None:
        """Ends the service and gives its port back."""
        self.child.stop()
        self._sock.close()

    def __enter__(self) -> Self:
        try:
            self.child.ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Legacy(_Deployed):
    """The legacy service over the seeded `legacy.db` of a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__("legacy", folder)
        self.url = self.root
        self.child = self._launch()


class Candidate(_Deployed):
    """The candidate service over `candidate.db`, which can be redeployed. `url` is its API."""

    def __init__(
        self, folder: Path, *, version: str, defects: Sequence[str] = (), slow_ms: int = 8500
    ) -> None:
        super().__init__("candidate", folder)
        self.url = f"{self.root}/v2/billing"
        self._slow_ms = slow_ms
        # Made here once, so that service and replicator, starting together, both find it.
        schema.connect(self.db).close()
        self.child = self._deploy(version, defects)

    def redeploy(self, *, version: str, defects: Sequence[str] = ()) -> None:
        """Another process with another version, on the same port. It accepts while the one before it drains, as a
        rolling deployment does: for a moment both versions answer.
        """
        successor = self._deploy(version, defects, "--standby")
        try:
            successor.ready()
        except BaseException:
            successor.stop()
            raise
        self.child.drain()
        os.kill(successor.pid, signal.SIGUSR1)
        self.child.stop()
        self.child = successor

    def _deploy(self, version: str, defects: Sequence[str], *more: str) -> Child:
        told = ("--version", version, "--defects", ",".join(defects), "--slow-ms", str(self._slow_ms))
        return self._launch(*told, *more)


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
        self.child.ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
