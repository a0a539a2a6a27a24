"""A cutover moved from its page by people at a browser: by keyboard alone, and the whole story over a real `serve`."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.dashboard.conftest import Place
from tests.dashboard.test_acting import equal_to_candidate, state
from tests.system.conftest import Bench

from strangler_demo.config import demo_config
from strangler_demo.systems import systems
from strangler_demo.traffic import READS
from strangler_shadow.testing import ServeProcess

from .conftest import Heard, Opened, Site, shown

pytestmark = pytest.mark.system

HERE = "document.activeElement.getAttribute('href') ?? document.activeElement.name ?? document.activeElement.type"


@pytest.fixture
def canary(browser: object, tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """Pages of a cutover in its canary."""
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    place = Place(tmp_path)
    place.now_ns = time.time_ns()
    equal_to_candidate(place)
    with shown(place) as served:
        yield served
    place.close()


def tabbed(page: Page, to: str) -> None:
    """To what the keyboard reaches next of that address or name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(HERE) == to:
            return
    raise AssertionError(f"no key leads to {to}")


def test_a_rollback_by_keyboard_alone(canary: Site, opened: Opened, heard: Heard) -> None:
    page = opened()
    page.goto(f"{canary.url}/board")
    tabbed(page, "/cutovers/reads")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cutovers/reads")
    tabbed(page, "/cutovers/reads/rollback")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rollback")
    tabbed(page, "reason")
    page.keyboard.type("wrong totals, CHG-7")
    tabbed(page, "confirm")
    page.keyboard.type("reads")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cutovers/reads?*")
    expect(page.locator("#done")).to_contain_text("cutover.rollback, canary 1 % → shadow")
    assert (state(canary.place).phase, state(canary.place).reason) == ("shadow", "wrong totals, CHG-7")
    assert heard.complaints == []


ROUTES = ("payment", "receipt")


@pytest.fixture
def served(browser: object, tmp_path: Path) -> Iterator[tuple[Bench, dict[str, str]]]:
    """The demo's two systems behind `serve` with its pages, and a token for each of two people."""
    with systems(tmp_path / "systems", 5) as running:
        file = tmp_path / "strangler.yaml"
        text = demo_config(legacy=running.legacy.url, candidate=running.candidate.url, lag=running.lag_url)
        for before, after in (
            (f"routes: [{', '.join(READS)}]", f"routes: [{', '.join(ROUTES)}]"),
            ("steps: [1, 5, 25, 50, 100]", "steps: [50, 100]"),
            ("policy:\n", "policy:\n  approvals: {canary: 1}\n"),
            ("serve: {", 'serve: {dashboard: "127.0.0.1:0", '),
        ):
            assert before in text
            text = text.replace(before, after)
        file.write_text(f"{text}dashboard: {{login: {{}}}}\n")
        with ServeProcess(file) as process:
            bench = Bench(running, process, file)
            people = {"mara": "operator", "jonas": "approver"}
            tokens = {
                name: bench.ok("token", "create", name, "--role", role, "--json")
                for name, role in people.items()
            }
            yield bench, {name: json.loads(said)["token"] for name, said in tokens.items()}


def beside[T](work: Callable[[], T]) -> T:
    """Done by another thread: a browser's event loop runs in this one."""
    with ThreadPoolExecutor(1) as other:
        return other.submit(work).result()


class Person:
    """Somebody at a browser."""

    def __init__(self, page: Page, url: str, token: str) -> None:
        self.page, self.url = page, url
        page.goto(f"{url}/login?next=/cutovers/reads")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/cutovers/reads")

    def does(self, title: str, reason: str) -> None:
        """Presses what the page offers, and says why."""
        self.page.goto(f"{self.url}/cutovers/reads")
        self.page.get_by_role("link", name=f"{title}…").click()
        self.page.get_by_label("Why").fill(reason)
        self.page.get_by_label("Type reads").fill("reads")
        self.page.get_by_role("button", name=f"{title} reads").click()

    def sees(self, words: str) -> None:
        """It is somewhere in what the page says, in a while."""
        expect(self.page.locator("main")).to_contain_text(words, timeout=30_000)


@pytest.mark.full
@pytest.mark.timeout(400)
def test_the_story_is_seen_and_done_from_the_pages(
    served: tuple[Bench, dict[str, str]], opened: Opened, heard: Heard
) -> None:
    bench, tokens = served
    url = bench.served.serving.dashboard
    mara, jonas = (Person(opened(), url, tokens[name]) for name in ("mara", "jonas"))
    mara.does("Start", "CHG-7")
    mara.sees("Done: cutover.start, legacy → shadow")
    mara.does("Advance", "too early")
    mara.sees("The gate does not agree.")
    beside(lambda: bench.traffic(450, ROUTES, rate=110))
    mara.page.goto(f"{url}/board")
    expect(mara.page.locator("#cutover-reads .figures")).to_contain_text("900", timeout=30_000)
    mara.does("Advance", "evidence is there")
    mara.sees("approval")
    jonas.page.goto(f"{url}/cutovers/reads")
    expect(jonas.page.get_by_role("link", name="Advance…")).to_have_count(0)
    jonas.does("Approve", "read the evidence")
    jonas.sees("jonas")
    mara.does("Advance", "approved")
    mara.sees("shadow → canary 50 %")
    mara.does("Pause", "lunch")
    mara.sees("Paused: it does not advance.")
    mara.does("Resume", "back")
    tally = beside(lambda: bench.traffic(30, ROUTES))
    assert 10 <= tally.by_candidate.total() <= 50
    jonas.page.goto(f"{url}/cutovers/reads")
    expect(jonas.page.locator("[aria-current=step]")).to_have_text("canary 50 %")
    mara.does("Roll back", "customers call")
    mara.sees("canary 50 % → shadow")
    expect(jonas.page.locator("[aria-current=step]")).to_have_text("shadow", timeout=20_000)
    assert beside(lambda: bench.traffic(10, ROUTES)).by_candidate.total() == 0
    said = bench.ok("audit", "list", "--json")
    assert all(
        f'"reason": "{each}"' in said for each in ("CHG-7", "lunch", "customers call", "read the evidence")
    )
    assert not any(token in said for token in tokens.values())
    refused = ("(Unauthorized)", "(Conflict)")  # the login page, and what the gate did not agree to
    assert [each for each in heard.complaints if not each.endswith(refused)] == []
