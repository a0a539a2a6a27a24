"""The report as a file: opened from disk with the network off, it is whole, it asks nobody, and it is sound."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from tests.dashboard.conftest import Place
from tests.dashboard.test_report import a_thousand, report_of

from strangler_dashboard.report.page import as_html

from .conftest import Heard, Opened, furnished
from .test_pages import WIDTHS, serious, too_wide

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


def made(folder: Path, template: Path) -> Place:
    shutil.copy(template, folder / "strangler.db")
    place = Place(folder)
    place.now_ns = time.time_ns()
    return place


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_by_itself(
    scheme: str,
    opened: Opened,
    heard: Heard,
    tmp_path: Path,
    sqlite_template: Path,
) -> None:
    file = tmp_path / "report.html"
    file.write_text(as_html(report_of(furnished(made(tmp_path, sqlite_template)))), encoding="utf-8")
    page, asked = opened(offline=True, color_scheme=scheme), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    assert page.locator("article.cutover").count() == 2
    assert page.locator("body").evaluate("(body) => getComputedStyle(body).marginTop") == "0px", (
        "it has its style"
    )
    assert serious(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert too_wide(page) == [], width
    refused = page.evaluate("fetch('http://127.0.0.1:9/').then(() => '', (error) => `${error}`)")
    assert "TypeError" in refused
    assert any("Content Security Policy" in each for each in heard.complaints), "its own policy forbids it"
    assert asked == [file.as_uri()]


def test_a_thousand_divergences_open_from_disk(
    opened: Opened,
    heard: Heard,
    tmp_path: Path,
    sqlite_template: Path,
    record_property: pytest.FixtureRequest,
) -> None:
    file = tmp_path / "report.html"
    file.write_text(as_html(a_thousand(made(tmp_path, sqlite_template))), encoding="utf-8")
    record_property("measured", f"1,000 divergences: {file.stat().st_size:,} bytes")  # type: ignore[operator]
    assert file.stat().st_size < 2_000_000
    page = opened(offline=True)
    page.goto(file.as_uri())
    assert page.locator("td.what").count() == 1_000
    assert heard.complaints == []
