"""A plane process with everything around it faked: two origins, control, the worker. Any plane can stand in it.

A plane is a `Start`: it is given settings, starts a process that serves the inherited socket, and returns it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from strangler.exchange import Exchange, Side
from strangler.routing import Match, Route, Table
from strangler.routing.table import ordered
from strangler.routing.template import parse_template
from strangler.testing.background import Background
from strangler.testing.client import RawClient
from strangler.testing.closing import Closing
from strangler.testing.control import ControlFake
from strangler.testing.origin import Origin, Script
from strangler.testing.sink import FrameSink
from strangler_shadow.settings import PlaneSettings, SideSettings
from strangler_shadow.wire import Captured, Counts, Frame, FrameBuffer, Goodbye, Heartbeat, Hello

IDENTITY_KEY: Final = b"an identity key for tests only.."
HEARTBEAT_MS: Final = 50


class Start(Protocol):
    """Starts a plane: settings go to its standard input as one line of JSON, which then stays open."""

    def __call__(self, settings: PlaneSettings) -> subprocess.Popen[bytes]:
        """The process."""
        ...


def start_mitmproxy(settings: PlaneSettings) -> subprocess.Popen[bytes]:
    """The embedded plane."""
    process = subprocess.Popen(
        [sys.executable, "-m", "strangler_shadow.planes.mitmproxy"],
        stdin=subprocess.PIPE,
        pass_fds=(settings.listen_fd,),
    )
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(settings) + b"\n")
    process.stdin.flush()
    return process


class Launch(Protocol):
    """Starts a plane with this table and these settings, and everything around it."""

    def __call__(self, first: Table | None, **settings: Any) -> Rig:
        """The rig; it ends when the fixture does."""
        ...


PLANES: Final[Mapping[str, Start]] = {"mitmproxy": start_mitmproxy}
"""Every plane there is, by its name in the configuration."""


def match(path: str, **conditions: Any) -> Match:
    """A match for a path template; `conditions` as in `Match`."""
    return Match(parse_template(path), **conditions)


def table(generation: int, *routes: Route, halted: bool = False, owner: Side = "legacy") -> Table:
    """A table of these routes."""
    return Table(generation, 0, ordered(routes), halted=halted, owner=owner)


class Rig(Closing):
    """A plane between a client and two origins. `legacy`, `candidate`: what they answer, by path.

    `settings` are those of `PlaneSettings` that are to differ from the rig's; `sides` those of `SideSettings`.
    """

    def __init__(
        self,
        start: Start,
        background: Background,
        folder: Path,
        first: Table | None,
        *,
        legacy: Mapping[str, Script] | None = None,
        candidate: Mapping[str, Script] | None = None,
        default: Script | None = None,
        early: frozenset[str] = frozenset(),
        sides: Mapping[Side, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> None:
        self._start = start
        self.background = background
        self.folder = folder
        (folder / "state").mkdir(parents=True, exist_ok=True)
        self.legacy = Origin(legacy, default, background=background, early=early)
        self.candidate = Origin(candidate, default, background=background, early=early)
        self.control = ControlFake(background, first)
        self.sink: FrameSink[Frame] = FrameSink(folder / "worker", FrameBuffer, background)
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=4_096)
        self.port: int = self.listening.getsockname()[1]
        origins: dict[Side, Origin] = {"legacy": self.legacy, "candidate": self.candidate}
        given = sides or {}
        mine: dict[str, Any] = {
            "plane": "p1",
            "boot": "b1",
            "listen_fd": self.listening.fileno(),
            "control": self.control.url,
            "worker": str(folder / "worker"),
            "state": str(folder / "state"),
            "identity_key": IDENTITY_KEY,
            "heartbeat_ms": HEARTBEAT_MS,
        }
        for side, origin in origins.items():
            reached: dict[str, Any] = {"url": origin.url, **given.get(side, {})}
            mine[side] = SideSettings(**reached)
        self.settings = PlaneSettings(**(mine | settings))
        self.process = start(self.settings)
        self._processes = [self.process]
        if first is not None:
            self.in_force(first.generation)

    # --- asking ---

    def client(self, seconds: float = 40) -> RawClient:
        """A connection to the plane."""
        return RawClient(self.port, seconds)

    # --- the table ---

    def issue(self, new: Table) -> None:
        """Have control give this table, and wait until it is in force."""
        self.control.issue(new)
        self.in_force(new.generation)

    def in_force(self, generation: int) -> None:
        """Wait until the plane says, from now on, that this generation is in force."""
        asked = time.time_ns()

        def says(frame: Frame) -> bool:
            return isinstance(frame, Heartbeat) and frame.at_ns > asked and frame.generation == generation

        self.sink.wait(lambda frames: any(says(frame) for frame in frames[-50:]))

    # --- what the worker was told ---

    def exchanges(self) -> list[Exchange]:
        """Every exchange so far, in order of arrival."""
        return [frame.exchange for frame in self.sink.taken if isinstance(frame, Captured)]

    def exchange(self, target: str) -> Exchange:
        """The exchange of one target; waits for it."""

        def look(frames: list[Frame]) -> Exchange | None:
            found = [frame.exchange for frame in frames if isinstance(frame, Captured)]
            return next((exchange for exchange in found if exchange.request.target == target), None)

        return self.sink.wait(look)

    def counts(self, fits: Callable[[Counts], bool] = lambda _: True) -> Counts:
        """The plane's counters; waits until they fit, and for a picture made after this call."""
        asked = time.time_ns()

        def look(frames: list[Frame]) -> Counts | None:
            for frame in reversed(frames):
                if (
                    isinstance(frame, Hello | Heartbeat | Goodbye)
                    and frame.at_ns > asked
                    and fits(frame.counts)
                ):
                    return frame.counts
            return None

        return self.sink.wait(look)

    def dropped(self, boot: str) -> dict[str, int]:
        """What the plane process of this boot said last that it dropped."""
        current, last = "", dict[str, int]()
        for frame in self.sink.taken:
            if isinstance(frame, Hello):
                current = frame.boot
            if current == boot and not isinstance(frame, Captured):
                last = frame.counts.dropped
        return last

    # --- the process ---

    def restart(self, *, boot: str) -> None:
        """Another process on the same socket, as a supervisor would start it."""
        self.settings = msgspec.structs.replace(self.settings, boot=boot)
        self.process = self._start(self.settings)
        self._processes.append(self.process)

    def close(self) -> None:
        """End everything."""
        for process in self._processes:
            assert process.stdin is not None
            process.kill()
            process.wait(10)
            process.stdin.close()
        self.listening.close()
        for fake in (self.sink, self.control, self.legacy, self.candidate):
            fake.close()
