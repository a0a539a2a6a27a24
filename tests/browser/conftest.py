"""A real Chromium in front of a real `strangler dashboard` over a filled ledger, and an ear for its complaints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright
from tests.dashboard.conftest import CONFIG, HOUR_NS, Place
from tests.dashboard.made import differing
from tests.dashboard.test_records import EFFECTS, FREEZE

from strangler.ledger import sessions
from strangler.ledger.approvals import approve, ask
from strangler.ledger.evidence import read_evidence
from strangler.ledger.sessions import Session
from strangler.ledger.settled import StreamReport
from strangler.numbers import Sighting
from strangler.testing.browser import VARIABLE, arguments, chromium
from strangler_dashboard.routes import TABLE

VIOLATION = """addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


@dataclass
class Heard:
    """What a page complained of: errors of the console and of scripts, reports of the policy, requests that failed."""

    complaints: list[str] = field(default_factory=list[str])

    def listen(self, context: BrowserContext) -> None:
        """To every page of it."""
        context.add_init_script(VIOLATION)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.page and message.page.url}: {message.text}")

    def _failed(self, request: Request) -> None:
        going = request.resource_type in {"fetch", "eventsource"} and request.failure == "net::ERR_ABORTED"
        if not going:  # what follows the ledger ends with its page
            self.complaints.append(f"{request.url}: {request.failure}")


@dataclass
class Site:
    """The pages of a place, by a process of their own."""

    place: Place
    url: str

    def ids(self) -> list[str]:
        """Of all divergences."""
        with urllib.request.urlopen(f"{self.url}/divergences.json?limit=200", timeout=30) as answer:
            found = json.load(answer)["divergences"]
        return [str(each["divergence"]["id"]) for each in found]

    def addresses(self) -> list[str]:
        """Every page; of a divergence the first."""
        known = {"id": (self.ids() or ["none"])[0], "cutover": "reads", "migration": "01_x"}
        return [entry.path.format(**known) for entry in TABLE if "{migration}" not in entry.path]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the tests of a module: while it is there, its event loop runs in this thread, and no other can."""
    program = chromium()
    if program is None:
        pytest.skip(f"no Chromium here: install one, or name one with {VARIABLE}")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=arguments())
        yield launched
        launched.close()


@pytest.fixture
def heard() -> Heard:
    """What was complained of."""
    return Heard()


type Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, heard: Heard) -> Iterator[Opened]:
    """Gives a new page in a context of its own: `opened(width=360, color_scheme="dark", java_script_enabled=False)`."""
    contexts = []

    def page(*, width: int = 1280, **options: Any) -> Page:
        values: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "timezone_id": "Europe/Berlin"}
        context = browser.new_context(**{**values, **options})
        contexts.append(context)
        heard.listen(context)
        return context.new_page()

    yield page
    for context in contexts:
        context.close()


@contextmanager
def shown(place: Place) -> Iterator[Site]:
    """`strangler dashboard` over the place."""
    command = [
        sys.executable,
        "-m",
        "strangler_cli.main",
        "--config",
        str(place.file),
        "dashboard",
        "--port",
        "0",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("at ")[1].split("/board")[0]
        yield Site(place, url)
        os.kill(process.pid, signal.SIGINT)


def furnished(place: Place) -> Place:
    """Something on every page that needs no other database."""
    text = CONFIG.replace("    routes: [invoice, invoices]\n", f"    routes: [invoice, invoices]\n{EFFECTS}")
    place.file.write_text(text + FREEZE)
    place.now_ns = time.time_ns()
    differing(place)
    old = place.now_ns - 10**15
    drawn = [Sighting("INV-", number, "legacy", f"d{number}", "draw", old, old) for number in (1, 2, 5)]
    report = StreamReport("plane-1", "boot", 99, place.now_ns, 1, 5, {"queue": 2})
    place.write(place.judged().equal(numbers=tuple(drawn)), reports=(report,))
    ledger = place.ledger()
    with ledger.begin() as connection:
        evidence = read_evidence(connection, place.loaded, "reads", place.now_ns)
        ask(connection, evidence, "p" * 16, "canary 1 %", "mara", place.now_ns)
        approve(connection, evidence, "", "jonas", "read it", place.now_ns, 86_400_000)
        times = (place.now_ns, place.now_ns, place.now_ns + HOUR_NS)
        sessions.begin(connection, "s", Session("", "mara", ("viewer",), "a provider", "", *times), HOUR_NS)
    ledger.close()
    return place


@pytest.fixture(scope="module")
def site(browser: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The pages of a furnished place, which only tests that change nothing may look at."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(sqlite_template, folder / "strangler.db")
    place = furnished(Place(folder))
    with shown(place) as served:
        yield served
    place.close()
