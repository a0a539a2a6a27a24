"""What the running candidate holds: its database, its version, and which defects are on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from strangler_demo.candidate.behaviour import SOUND, Behaviour, Disturbance
from strangler_demo.candidate.defects import behave

VERSION_HEADER = "X-Billing-Version"


@dataclass(slots=True)
class State:
    """`clock` gives an aware moment; `slow_ms` is how late a delayed answer is."""

    db: sqlite3.Connection
    version: str
    clock: Callable[[], datetime]
    slow_ms: int
    on: frozenset[str] = frozenset()
    behaviour: Behaviour = SOUND
    reads: int = field(default=0)

    def switch(self, names: Iterable[str]) -> None:
        """Exactly these defects from the next answer on. Raises KeyError for a name that is none."""
        wanted = frozenset(names)
        self.behaviour = behave(wanted)
        self.on = wanted

    def next_read(self) -> Disturbance | None:
        """Counts a read, and says what is to happen to its answer."""
        self.reads += 1
        return self.behaviour.disturb(self.reads)


STATE = web.AppKey("STATE", State)
