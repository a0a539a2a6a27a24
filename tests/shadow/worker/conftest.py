"""A real worker on a loop of its own, between two origins, a real ledger, and a plane that sends what it is told."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from strangler.evidence import Evidence
from strangler.ledger import streams
from strangler.ledger.divergences import Divergence, divergences
from strangler.ledger.evidence import read_evidence
from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.streams import Stream
from strangler.testing.background import Background
from strangler.testing.origin import RESET, Origin, Script, Seen, Steps, answer
from strangler_shadow.supervisor.sockets import bind_worker
from strangler_shadow.testing import FakePlane, until
from strangler_shadow.watched import WatchedConfig
from strangler_shadow.worker.ground import ground
from strangler_shadow.worker.process import Process
from strangler_shadow.worker.settings import WorkerSettings

CONFIG = """\
version: 1
legacy: {{url: "{legacy}/v1"}}
candidate: {{url: "{candidate}", version: {{header: X-Version}}}}
worker: {{{worker}}}
routes:
  invoice: GET /invoices/{{id}}
  search: {{match: {{method: POST, path: /search}}, safe: true}}
{more}
cutovers:
  reads: {{routes: [{routes}]{state}}}
"""
QUICK = "timeout: 500ms, reask: 30ms, twins: 0, referee: 0"


def resets(_: Seen) -> Steps:
    """Cuts the connection."""
    yield RESET


def says(body: bytes, *fields: tuple[str, str], status: str = "200 OK", version: str = "1") -> Script:
    """Answers every request with this."""
    named = (("Content-Type", "application/json"), ("X-Version", version), *fields)
    return lambda _: iter((answer(body, *named, status=status),))


@dataclass
class Rig:
    """The worker and everything around it."""

    legacy: Origin
    candidate: Origin
    plane: FakePlane
    ledger: Ledger
    file: Path
    worker: Process
    background: Background

    def stream(self) -> Stream:
        with self.ledger.read() as connection:
            found = streams.stream(connection, self.plane.plane, self.plane.boot)
        return found or Stream(self.plane.plane, self.plane.boot, 0, 0, 0, 0, 0, 0, ended=False)

    def settled(self, count: int) -> Stream:
        """The stream, once so many are recorded."""
        return until(lambda: stream if (stream := self.stream()).recorded >= count else None)

    def accounted(self) -> Stream:
        """The stream, once everything that was sent is accounted for."""
        self.plane.beat()
        return until(
            lambda: s if (s := self.stream()).sent == self.plane.sent and not s.outstanding else None
        )

    def evidence(self) -> Evidence:
        with self.ledger.read() as connection:
            watched = self.worker.shadow.ground.loaded
            return read_evidence(connection, watched, "reads", 1)

    def divergences(self) -> list[Divergence]:
        with self.ledger.read() as connection:
            return divergences(connection)

    def losses(self) -> dict[str, int]:
        with self.ledger.read() as connection:
            return streams.losses(connection)


type MakeRig = Callable[..., Rig]


@pytest.fixture
def rig(tmp_path: Path, sqlite_template: Path) -> Iterator[MakeRig]:
    """`rig(worker="…", more="…")`: the worker's settings in the file, further lines of it (below the routes), and
    the cutover's state and routes.
    """
    with ExitStack() as stack:

        def make(
            worker: str = QUICK,
            more: str = "",
            legacy: Script | None = None,
            candidate: Script | None = None,
            state: str = "",
            routes: str = "invoice, search",
        ) -> Rig:
            background = stack.enter_context(Background())
            sides = [
                stack.enter_context(Origin(default=script or says(b'{"id": 1}'), background=background))
                for script in (legacy, candidate)
            ]
            folder = tmp_path / "state"
            folder.mkdir(exist_ok=True)
            file = tmp_path / "strangler.yaml"
            file.write_text(
                CONFIG.format(
                    legacy=sides[0].url,
                    candidate=sides[1].url,
                    worker=worker,
                    more=more,
                    routes=routes,
                    state=f", state: {state}" if state else "",
                )
            )
            if not (tmp_path / "strangler.db").exists():
                shutil.copy(sqlite_template, tmp_path / "strangler.db")
            ledger = open_ledger("sqlite:///strangler.db", tmp_path)
            stack.callback(ledger.close)
            process = _start(stack, background, file, folder)
            plane = stack.enter_context(FakePlane(folder / "worker.sock"))
            return Rig(sides[0], sides[1], plane, ledger, file, process, background)

        yield make


def _start(stack: ExitStack, background: Background, file: Path, state: Path) -> Process:
    listening: socket.socket = stack.enter_context(bind_worker(state / "worker.sock"))
    name = f"test/worker/{os.urandom(4).hex()}"
    # The worker closes the descriptor it is given.
    settings = WorkerSettings(name, str(file), os.dup(listening.fileno()), str(state), b"k" * 32)
    watched = WatchedConfig(file, state)

    async def make() -> Process:
        process = Process(settings, watched, ground(watched.loaded, state))
        await process.start()
        return process

    process = background.call(make())
    stack.callback(lambda: background.call(process.stop(5)))
    return process
