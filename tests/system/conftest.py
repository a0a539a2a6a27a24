"""The demo's two services behind a real `strangler serve`: short traffic, and what the command line says of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strangler_demo.config import demo_config
from strangler_demo.load import Tally, send
from strangler_demo.pace import Pace
from strangler_demo.systems import Systems, systems
from strangler_demo.traffic import READS
from strangler_shadow.testing import ServeProcess, until


@dataclass
class Bench:
    """Everything that runs, and the operator in front of it."""

    systems: Systems
    served: ServeProcess
    file: Path
    skip: int = 0

    def strangler(self, *arguments: str) -> tuple[int, str]:
        """A command: its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "strangler_cli.main", "--config", str(self.file), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def ok(self, *arguments: str) -> str:
        """A command that has to succeed."""
        code, said = self.strangler(*arguments)
        assert code == 0, said
        return said

    def status(self) -> dict[str, Any]:
        """The cutover `reads`, and the accounting beside it."""
        whole = json.loads(self.ok("status", "--json"))
        return {**whole["cutovers"][0], "accounting": whole["accounting"], "proposals": whole["proposals"]}

    def divergences(self) -> list[dict[str, Any]]:
        """Those of the present epoch."""
        found: list[dict[str, Any]] = json.loads(
            self.ok("divergences", "list", "--epoch", "current", "--json")
        )["divergences"]
        return found

    def traffic(self, per_route: int, routes: Sequence[str] = READS, rate: int = 80) -> Tally:
        """Reads through the plane; every one answered as it should be, and every capture settled afterwards."""
        calls = self.systems.traffic.reads(per_route, skip=self.skip, routes=routes)
        self.skip += per_route
        tally = asyncio.run(send(self.served.serving.listen, calls, pace=Pace(rate), concurrency=8))
        assert tally.clean, (tally.unexpected, tally.errors)
        until(self._settled, seconds=60, pause=0.3)
        return tally

    def _settled(self) -> bool:
        accounting = self.status()["accounting"]
        return bool(accounting["outstanding"] == 0)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A sound candidate, shadowed, its noise rules accepted."""
    folder = tmp_path_factory.mktemp("bench")
    with systems(folder / "systems", 11) as running:
        file = folder / "strangler.yaml"
        file.write_text(
            demo_config(legacy=running.legacy.url, candidate=running.candidate.url, lag=running.lag_url)
        )
        with ServeProcess(file) as served:
            made = Bench(running, served, file)
            made.ok("cutover", "start", "reads")
            yield made
