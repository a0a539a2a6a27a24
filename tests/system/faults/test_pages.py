"""The pages killed, and hung, under traffic: they come back, and nothing else has noticed."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable

import pytest

from strangler_shadow.testing import until

from .conftest import System

MakeSystem = Callable[..., System]
pytestmark = [pytest.mark.system, pytest.mark.full]


def shown(made: System) -> bool:
    """Whether the pages answer."""
    try:
        with urllib.request.urlopen(f"{made.served.serving.dashboard}/board.json", timeout=20) as answer:
            return bool(json.load(answer)["status"]["cutovers"][0]["name"] == "reads")
    except OSError:
        return False


def test_nothing_notices_what_becomes_of_the_pages(system: MakeSystem) -> None:
    made = system(**{"drain: 5s": 'drain: 5s, dashboard: "127.0.0.1:0"'})
    until(lambda: shown(made), seconds=30)
    pages = made.served.child("dashboard")
    assert os.getpriority(os.PRIO_PROCESS, pages.pid) == 10
    made.ask(range(50))
    made.served.kill_child("dashboard")
    made.ask(range(50, 100))
    until(lambda: shown(made), seconds=30)
    assert made.served.child("dashboard").restarts == 1
    os.kill(made.served.child("dashboard").pid, signal.SIGSTOP)
    made.ask(range(100, 150))
    assert sum(stream.recorded for stream in made.accounted()) == 150
    made.move("pause")
    made.ask(range(150, 160))
    began = time.monotonic()
    made.served.stop()
    assert time.monotonic() - began < 12, "a hung page is killed beside the planes' own end"
