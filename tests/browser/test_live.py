"""What is written to the ledger is on the pages that are open, without a look away."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dashboard.conftest import Place
from tests.dashboard.made import finding

from strangler.ledger import tokens

from .conftest import Heard, Opened, Site, furnished, shown

pytestmark = pytest.mark.system

NEW = finding("body $.fresh", severity="major", cause="unexplained", legacy='"1"', candidate='"2"')


@pytest.fixture
def living(browser: object, tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A site of one's own."""
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    place = furnished(Place(tmp_path))
    with shown(place) as served:
        yield served
    place.close()


def test_a_new_divergence_is_there_at_once_and_the_reader_stays_where_they_are(
    living: Site, opened: Opened, heard: Heard, record_property: pytest.FixtureRequest
) -> None:
    page = opened(width=900)
    page.goto(f"{living.url}/divergences")
    page.locator("#live.on").wait_for()
    page.locator("input[name=search]").fill("half a wo")
    page.evaluate("scrollTo(0, 40)")
    before = page.evaluate("scrollY")
    place = living.place
    place.now_ns = time.time_ns()
    began = time.monotonic()
    place.write(place.judged().different(findings=(NEW,)))
    written = time.monotonic()
    page.locator("td.what", has_text="$.fresh differs").wait_for(timeout=12_000)
    took = time.monotonic() - written
    said = f"a new divergence was on the page {took:.2f} s after it was written ({written - began:.2f} s)"
    print(said)  # noqa: T201  it is a measurement
    record_property("measured", said)  # type: ignore[operator]
    assert page.locator("input[name=search]").input_value() == "half a wo"
    assert page.evaluate("scrollY") == before
    assert heard.complaints == []


@pytest.mark.full
def test_a_page_whose_session_has_ended_shows_the_login(living: Site, opened: Opened) -> None:
    place = living.place
    place.file.write_text(place.file.read_text() + "dashboard: {login: {}}\n")
    token = place.token("viewer")
    with shown(place) as served:
        page = opened(width=900)
        page.goto(f"{served.url}/board")
        page.locator("input[name=token]").fill(token)
        page.keyboard.press("Enter")
        page.locator("#live.on").wait_for()
        with place.written() as connection:
            tokens.revoke(connection, tokens.hashed(token)[:12], "root", "lost", time.time_ns())
        page.wait_for_url("**/login?next=*", timeout=20_000)
