"""A process under `serve`: started, started again when it dies, stopped when it is asked to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from strangler_shadow.supervisor.statefile import Running

_log = logging.getLogger(__name__)

BACKOFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS: Final = 10.0
"""A process that ran for so long starts again without delay."""


class Child:
    """One process. `settings` gives its standard input's first line, anew for every start."""

    def __init__(
        self,
        name: str,
        module: str,
        settings: Callable[[], bytes],
        changed: Callable[[], None],
        *,
        fds: Sequence[int] = (),
        log: int | None = None,
    ) -> None:
        self.name = name
        self.restarts = 0
        self._module = module
        self._settings = settings
        self._changed = changed
        self._fds = tuple(fds)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def running(self) -> Running:
        """As `serve.json` shows it."""
        process = self._process
        alive = process is not None and process.returncode is None
        return Running(self.name, process.pid if process is not None and alive else 0, self.restarts)

    async def run(self) -> None:
        """Keep it running until `stop` (or `kill`)."""
        failures = 0
        while not self._stopping:
            started = time.monotonic()
            process = await self._start()
            code = await process.wait()
            self._changed()
            if self._is_stopping():
                return
            failures = 0 if time.monotonic() - started > STEADY_SECONDS else failures + 1
            self.restarts += 1
            _log.warning("%s ended (%s); it is started again", self.name, _how(code))
            await asyncio.sleep(BACKOFF[min(failures, len(BACKOFF) - 1)] if failures else 0)

    async def stop(self, seconds: float) -> None:
        """Ask it to end, and see that it does."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await process.wait()
        except TimeoutError:
            _log.warning("%s does not end; it is killed", self.name)
            self.kill()
            await process.wait()

    def kill(self) -> None:
        """End it now."""
        self._stopping = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def _is_stopping(self) -> bool:
        return self._stopping

    async def _start(self) -> asyncio.subprocess.Process:
        # A session of its own: Ctrl-C in a terminal reaches the supervisor alone, which ends the others in order.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=asyncio.subprocess.PIPE,
            stderr=self._log,
            pass_fds=self._fds,
            start_new_session=True,
        )
        self._process = process
        if self._stopping:
            self.kill()
        if process.stdin is not None:
            # It stays open: its end tells the child that the supervisor is gone.
            process.stdin.write(self._settings() + b"\n")
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
        self._changed()
        return process


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-code).name}"
    return f"signal {-code}"
