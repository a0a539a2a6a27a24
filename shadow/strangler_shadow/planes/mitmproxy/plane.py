"""What the requests of one plane process share."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from strangler.exchange import Side
from strangler_shadow.capture import CaptureQueue, Tally
from strangler_shadow.destination import Destination
from strangler_shadow.settings import PlaneSettings
from strangler_shadow.tables import Tables

CONNECTING: Final = 64
"""Connections to one side being opened at once. Of two thousand at once, those whose answer waits in our own loop
would be taken for a side that is away."""


@dataclass(slots=True)
class Plane:
    """Settings, the table in force, counters, the queue; clocks and chance are passed in.

    `via`: our name in Via, the same in every plane of one deployment and in no other, so that a request that comes
    back to any of them is seen to go in a circle. `doors`: how many connections to a side are opened at once.
    """

    settings: PlaneSettings
    tables: Tables
    tally: Tally
    queue: CaptureQueue
    loop: asyncio.AbstractEventLoop
    now_ns: Callable[[], int] = time.time_ns
    ticks_ns: Callable[[], int] = time.perf_counter_ns
    draw: Callable[[], float] = field(default_factory=lambda: random.Random().random)  # noqa: S311  sampling only
    draining: bool = False
    destinations: dict[Side, Destination] = field(init=False)
    doors: dict[Side, asyncio.Semaphore] = field(init=False)
    via: str = field(init=False)
    scheme: str = field(init=False)

    def __post_init__(self) -> None:
        self.destinations = {
            "legacy": Destination(self.settings.legacy),
            "candidate": Destination(self.settings.candidate),
        }
        self.doors = {side: asyncio.Semaphore(CONNECTING) for side in self.destinations}
        self.via = "strangler-" + blake2b(self.settings.identity_key, digest_size=4).hexdigest()
        self.scheme = "https" if self.settings.certificate else "http"

    def hash_identity(self, identity: str | None) -> bytes:
        """A keyed hash of 16 bytes; empty for nobody."""
        if identity is None:
            return b""
        raw = identity.encode("utf-8", "surrogateescape")
        return blake2b(raw, key=self.settings.identity_key[:_MAX_KEY], digest_size=16).digest()


_MAX_KEY: Final = 64
