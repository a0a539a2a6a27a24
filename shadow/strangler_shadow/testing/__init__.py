"""Harnesses: `strangler serve` in a process of its own, a worker alone, a plane that is told what to send."""

from strangler_shadow.testing.plane import FakePlane
from strangler_shadow.testing.processes import ServeProcess, WorkerProcess
from strangler_shadow.testing.waiting import until

__all__ = ["FakePlane", "ServeProcess", "WorkerProcess", "until"]
