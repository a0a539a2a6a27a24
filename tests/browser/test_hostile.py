"""Hostile text in everything that comes from traffic or people: a browser that shows it runs none of it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.dashboard.conftest import Place
from tests.dashboard.test_hostile import hostile
from tests.dashboard.test_report import report_of

from strangler_dashboard.report.page import as_html

from .conftest import Heard, Opened, Site, shown

pytestmark = [pytest.mark.system, pytest.mark.full, pytest.mark.timeout(300)]

CANARIES = (
    "<img src=x onerror=canary(1)><svg onload=canary(2)>",
    "\"'><script>canary(3)</script><a autofocus onfocus=canary(4) tabindex=1>",
    "</title></textarea></style></pre></code></svg><script>canary(5)</script>",
    "javascript:canary(6)//<iframe srcdoc='<script>parent.canary(7)</script>'>",
    "`${canary(8)}`\u202e\x00<math><mtext><style><img src onerror=canary(9)>0123456789ab",
)
LINKS = """() => [...document.querySelectorAll("[href], [src], [action], [xlink\\\\:href]")].map((each) =>
  each.getAttribute("href") ?? each.getAttribute("src") ?? each.getAttribute("action")).filter(
  (each) => !/^[/#?]/.test(each))"""


def heard_singing(page: Page) -> list[int]:
    """Which canaries sang."""
    sung = list[int]()

    def canary(number: int) -> None:
        sung.append(number)

    page.context.expose_function("canary", canary)
    return sung


@pytest.fixture
def evil(browser: object, tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A site of which every text is hostile."""
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    place = Place(tmp_path)
    place.now_ns = time.time_ns()
    with shown(hostile(place, CANARIES)) as served:
        yield served
    place.close()


def test_no_page_runs_what_it_shows(evil: Site, opened: Opened, heard: Heard) -> None:
    page = opened()
    sung = heard_singing(page)
    targets = evil.addresses() + [f"/divergences/{each}" for each in evil.ids()]
    targets += [
        "/audit?subject=" + "%3Cimg%20src%3Dx%20onerror%3Dcanary(1)%3E",
        "/migrations/%3Csvg%20onload%3Dcanary(2)%3E",
    ]
    for target in targets:
        answer = page.goto(evil.url + target)
        assert answer is not None
        assert page.locator("html").count() == 1
        assert page.evaluate(LINKS) == [], target
        for each in page.locator("summary:visible").all():
            each.click()
        if answer.status == 200 and "?" not in target:
            page.goto(f"{evil.url}{target}.json")
    page.goto(f"{evil.url}/divergences")
    page.evaluate("canary(0)")  # it would have been heard
    assert sung == [0]
    assert [each for each in heard.complaints if "404" not in each] == []


def test_the_report_runs_nothing_and_asks_nobody(evil: Site, opened: Opened, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(as_html(report_of(evil.place)), encoding="utf-8")
    page, asked = opened(offline=True), list[str]()
    sung = heard_singing(page)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator("article.cutover").count() == 2
    assert (sung, asked) == ([], [file.as_uri()])
