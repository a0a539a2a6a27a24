"""The real processes, started and stopped by a test."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from strangler.testing.closing import Closing
from strangler_shadow.supervisor.sockets import bind_worker
from strangler_shadow.supervisor.statefile import Running, Serving
from strangler_shadow.testing.waiting import until
from strangler_shadow.worker.settings import WorkerSettings

_STOP_SECONDS = 30


class _Process(Closing):
    """A subprocess whose standard error is kept in a file."""

    def __init__(self, folder: Path, name: str, environment: Mapping[str, str] | None) -> None:
        self.log = folder / f"{name}.log"
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._running.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._running.poll()

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self._running.kill()
        self._running.wait(_STOP_SECONDS)

    def stop(self, seconds: float = _STOP_SECONDS) -> int:
        """SIGTERM, and wait; its exit code."""
        if self._running.poll() is None:
            self._running.send_signal(signal.SIGTERM)
        return self._running.wait(seconds)

    def close(self) -> None:
        """End it, gently if it lets us."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
        if self.returncode is None:
            self.kill()
        self._close_streams()

    def _close_streams(self) -> None:
        for stream in (self._running.stdin, self._running.stdout):
            if stream is not None:
                stream.close()

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    def _start(self, arguments: list[str], *fds: int) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own modules
                [sys.executable, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environment,
                pass_fds=fds,
            )


class ServeProcess(_Process):
    """`strangler serve` on a configuration file. `with ServeProcess(file) as served: served.serving.listen`."""

    def __init__(self, config: Path, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(config.parent, "serve", environment)
        self._config = config
        self.serving: Serving

    def __enter__(self) -> Self:
        self._start(["-m", "strangler_shadow.supervisor", str(self._config)])
        line = _line(self._running.stdout)
        if not line:
            self._running.wait(_STOP_SECONDS)
            self._close_streams()
            raise RuntimeError(f"it did not start:\n{self.log.read_text()}")
        self.serving = msgspec.json.decode(line, type=Serving)
        return self

    def now(self) -> Serving:
        """What `serve.json` says now."""
        state = Path(self.serving.worker).parent
        return msgspec.json.decode((state / "serve.json").read_bytes(), type=Serving)

    def child(self, name: str) -> Running:
        """The process of this name, once it is there."""
        return until(lambda: next((p for p in self.now().processes if p.name == name and p.pid), None))

    def kill_child(self, name: str, *, back: bool = True) -> None:
        """SIGKILL one process, and wait until it is back."""
        before = self.child(name)
        os.kill(before.pid, signal.SIGKILL)
        if back:
            until(lambda: self.child(name).pid != before.pid)


class WorkerProcess(_Process):
    """A worker alone; planes may connect to `socket` before it is up."""

    def __init__(
        self,
        config: Path,
        state: Path,
        name: str = "test",
        environment: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(config.parent, "worker", environment)
        state.mkdir(exist_ok=True)
        self.socket = state / "worker.sock"
        self._listening = bind_worker(self.socket)
        self._settings: dict[str, Any] = {
            "config": str(config),
            "state": str(state),
            "identity_key": b"k" * 32,
            **more,
        }
        self._name = name

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it, for the first time or again."""
        fd = self._listening.fileno()
        self._start(["-m", "strangler_shadow.worker"], fd)
        name = f"{self._name}/worker/{secrets.token_hex(4)}"
        settings = WorkerSettings(name=name, listen_fd=fd, **self._settings)
        stdin = self._running.stdin
        if stdin is None:
            raise RuntimeError("no pipe")
        stdin.write(msgspec.json.encode(settings) + b"\n")
        stdin.flush()

    def close(self) -> None:
        """End it, and stop listening."""
        super().close()
        self._listening.close()


def _line(stream: IO[bytes] | None) -> bytes:
    return b"" if stream is None else stream.readline()
