"""The life of `strangler serve`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from strangler.config import Loaded
from strangler.errors import LedgerUnavailable, UsageError
from strangler.ledger.store import open_ledger
from strangler_shadow.supervisor import statefile
from strangler_shadow.supervisor.child import Child
from strangler_shadow.supervisor.lock import StateLock
from strangler_shadow.supervisor.plan import Plan, plan
from strangler_shadow.supervisor.ready import wait_ready
from strangler_shadow.supervisor.sockets import CannotListen, bind, bind_worker, url_of, worker_socket
from strangler_shadow.supervisor.statefile import Serving
from strangler_shadow.watched import keep_good

_log = logging.getLogger(__name__)

PLANE: Final = "strangler_shadow.planes.mitmproxy"
PAGES: Final = "strangler_dashboard"
"""A name: this room knows nothing of the one above it but how to start it."""
PAGES_GRACE_SECONDS: Final = 2.0
PAGES_AGAIN_SECONDS: Final = 10.0
GRACE_SECONDS: Final = 6.0
"""What a process may take to end beyond its own drain time."""
READY_SECONDS: Final = 120.0


async def serve(
    loaded: Loaded,
    *,
    candidate_version: str | None = None,
    on_ready: Callable[[Serving], None] | None = None,
    stop: asyncio.Event | None = None,
    log: int | None = None,
) -> None:
    """Run planes, worker and control until `stop` is set, or SIGINT or SIGTERM comes; a second one ends at once.

    `candidate_version`: goes before what the file says. `on_ready`: called once, with the addresses that were really
    bound, when requests are answered under the table in force. `log`: file descriptor for what the processes have to
    say; their standard error otherwise.

    Raises UsageError, CannotListen (AddressInUse), AlreadyServing and LedgerMismatch before anything is started. A
    ledger that is away does not keep it from starting.
    """
    state = _state(loaded)
    with ExitStack() as stack:
        stack.callback(StateLock(state).release)
        blueprint = plan(loaded, state, worker_socket(state), statefile.instance(state), candidate_version)
        listening = stack.enter_context(bind(loaded.config.serve.listen, "serve.listen"))
        controlling = stack.enter_context(bind(loaded.config.serve.control, "serve.control"))
        showing = _bound_pages(loaded, stack)
        intake = stack.enter_context(bind_worker(blueprint.worker))
        stack.callback(blueprint.worker.unlink, missing_ok=True)
        await asyncio.to_thread(_prepare_ledger, loaded)
        keep_good(loaded.file, state)
        stack.callback(statefile.remove, state)
        deployment = Deployment(
            blueprint,
            (listening.fileno(), url_of(listening, "https" if loaded.config.serve.tls else "http")),
            (controlling.fileno(), url_of(controlling, "http")),
            intake.fileno(),
            log,
            (showing.fileno(), url_of(showing, "https" if loaded.config.dashboard.tls else "http"))
            if showing
            else None,
        )
        stop = stop or asyncio.Event()
        stack.enter_context(_signals(stop, deployment.kill))
        await deployment.run(stop, on_ready)


class Deployment:
    """The processes of one `serve`: control, worker, planes."""

    def __init__(
        self,
        blueprint: Plan,
        listening: tuple[int, str],
        controlling: tuple[int, str],
        intake: int,
        log: int | None,
        showing: tuple[int, str] | None = None,
    ) -> None:
        """`listening`, `controlling`, `showing` (the pages): file descriptor and URL; `intake`: of the worker's
        socket.
        """
        self._plan = blueprint
        self._started_ns = time.time_ns()
        self._listen, self._control_url = listening[1], controlling[1]
        self._control = Child(
            "control",
            "strangler_shadow.control",
            lambda: blueprint.for_control(controlling[0]),
            self._changed,
            fds=(controlling[0],),
            log=log,
        )
        self._worker = Child(
            "worker",
            "strangler_shadow.worker",
            lambda: blueprint.for_worker(intake),
            self._changed,
            fds=(intake,),
            log=log,
        )
        self._planes = [
            self._plane(number + 1, listening[0], log)
            for number in range(blueprint.loaded.config.serve.planes)
        ]

        self._pages_url = showing[1] if showing else ""
        self._pages = [self._shown(showing[0], log)] if showing else []

    @property
    def children(self) -> list[Child]:
        """All of them, in the order of starting."""
        return [self._control, self._worker, *self._planes, *self._pages]

    @property
    def serving(self) -> Serving:
        """As `serve.json` shows it."""
        return Serving(
            pid=os.getpid(),
            listen=self._listen,
            control=self._control_url,
            worker=str(self._plan.worker),
            instance=self._plan.instance,
            started_ns=self._started_ns,
            processes=tuple(child.running for child in self.children),
            dashboard=self._pages_url,
        )

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Serving], None] | None) -> None:
        """Start everything, keep it running, and end it in order."""
        keeping = [asyncio.create_task(child.run()) for child in (self._control, self._worker, *self._planes)]
        # Not among those whose end would end everything: nothing waits for the pages, whatever becomes of them.
        showing = [asyncio.create_task(_shown_again(child)) for child in self._pages]
        ended = asyncio.create_task(stop.wait())
        ready = asyncio.create_task(self._tell(on_ready))
        try:
            await asyncio.wait((ended, ready), return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                ready.result()
            await asyncio.wait((ended, *keeping), return_when=asyncio.FIRST_COMPLETED)
            await self._end()
        finally:
            self.kill()
            for task in (ended, ready):
                task.cancel()
            await asyncio.gather(*keeping, *showing, return_exceptions=True)
            await asyncio.wait((ended, ready))

    def kill(self) -> None:
        """End all processes now."""
        for child in self.children:
            child.kill()

    async def _tell(self, on_ready: Callable[[Serving], None] | None) -> None:
        await wait_ready(self._control_url, len(self._planes), self._started_ns, READY_SECONDS)
        if on_ready is not None:
            on_ready(self.serving)

    async def _end(self) -> None:
        """Planes first, so that open requests end and what they captured arrives; then the worker; control last."""
        drain = self._plan.loaded.config.serve.drain / 1000 + GRACE_SECONDS
        pages = (child.stop(PAGES_GRACE_SECONDS) for child in self._pages)
        await asyncio.gather(*(plane.stop(drain) for plane in self._planes), *pages)
        await self._worker.stop(drain)
        await self._control.stop(GRACE_SECONDS)

    def _plane(self, number: int, fd: int, log: int | None) -> Child:
        return Child(
            f"plane-{number}",
            PLANE,
            lambda: self._plan.for_plane(number, fd, self._control_url),
            self._changed,
            fds=(fd,),
            log=log,
        )

    def _shown(self, fd: int, log: int | None) -> Child:
        settings = self._plan.for_pages(fd)
        return Child("dashboard", PAGES, lambda: settings, self._changed, fds=(fd,), log=log)

    def _changed(self) -> None:
        statefile.write(self._plan.state, self.serving)


def _bound_pages(loaded: Loaded, stack: ExitStack) -> socket.socket | None:
    """The socket of the pages, where they are wanted. Raises UsageError where they are not installed."""
    address = loaded.config.serve.dashboard
    if address is None:
        return None
    missing = [name for name in ("jinja2", PAGES) if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"what makes pages is not installed ({', '.join(missing)})",
            where="serve.dashboard",
            remedy='pip install "strangler[dashboard]", or take `serve.dashboard` out of the file',
        )
    try:
        return stack.enter_context(bind(address, "serve.dashboard"))
    except CannotListen as error:
        # `strangler dashboard` may stand there already. Traffic does not wait until somebody has ended it.
        _log.warning("serving without the pages: %s", error)
        return None


async def _shown_again(child: Child) -> None:
    """Keep the pages running; where not even a process can be made for them, try again later."""
    while True:
        try:
            await child.run()
        except OSError as error:
            _log.warning("the pages cannot be started: %s", error)
            await asyncio.sleep(PAGES_AGAIN_SECONDS)
        else:
            return


def _state(loaded: Loaded) -> Path:
    state = statefile.state_folder(loaded)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"the state folder cannot be made: {error}", where="serve.state") from error
    return state


def _prepare_ledger(loaded: Loaded) -> None:
    """Make its tables before two processes would; one that is away may come later."""
    try:
        open_ledger(loaded.config.ledger, loaded.folder).close()
    except LedgerUnavailable as error:
        _log.warning("serving without the ledger for now: %s", error)


@contextlib.contextmanager
def _signals(stop: asyncio.Event, kill: Callable[[], None]) -> Generator[None]:
    loop = asyncio.get_running_loop()

    def received() -> None:
        if stop.is_set():
            _log.warning("ending at once")
            kill()
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in numbers:
            loop.add_signal_handler(number, received)
    except (ValueError, RuntimeError):  # not the main thread: the caller has `stop`
        yield
        return
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
