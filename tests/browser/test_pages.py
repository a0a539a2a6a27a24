"""Every page in a real browser: no complaint, nothing serious for axe, nothing too wide, all within reach of keys."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from .conftest import Heard, Opened, Site

pytestmark = pytest.mark.system

AXE = """async () => (await axe.run(document, {resultTypes: ["violations"], preload: false})).violations
  .filter((each) => ["serious", "critical"].includes(each.impact))
  .map((each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.html.slice(0, 160)).join(" … ")}`)"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")].filter((each) => {
    const box = each.getBoundingClientRect();
    return box.width && box.right > width + 1 && !each.closest(".scroll, pre, .top nav, svg");
  }).slice(0, 5).map((each) => each.outerHTML.slice(0, 120));
}"""
STOPS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(
    (each) => each.checkVisibility({visibilityProperty: true}) && !each.disabled).length"""
FOCUSED = """() => {
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  return {
    body: each === document.body, html: each.outerHTML.slice(0, 120), seen: box.width > 0 && box.height > 0,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    number: (window.stops ??= new Map(), window.stops.has(each) || window.stops.set(each, window.stops.size),
             window.stops.get(each)),
    scroller: !each.matches("a, button, input, select, textarea, summary, [tabindex]")};
}"""
WIDTHS = (360, 1280, 2560)


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE)
    return found


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def looked_at(
    page: Page, site: Site, widths: tuple[int, ...], judged: tuple[str, ...] = ("/",), left_out: str = "-"
) -> dict[str, list[str]]:
    """What is wrong with each page. `judged`: what the addresses begin with that axe is asked about."""
    wrong = dict[str, list[str]]()
    for address in site.addresses():
        if address.startswith(left_out):
            continue
        page.goto(site.url + address)
        assert page.locator("main").is_visible(), address
        wrong[address] = serious(page) if address.startswith(judged) else []
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            wrong[f"{address} at {width}"] = too_wide(page)
    return {address: found for address, found in wrong.items() if found}


def test_every_page_is_sound(site: Site, opened: Opened, heard: Heard) -> None:
    """What axe says of the others, and the forms of a cutover, come in the full run: a page takes a second."""
    judged = ("/board", "/divergences/")
    assert looked_at(opened(), site, (360, 2560), judged, left_out="/cutovers/reads/") == {}
    assert heard.complaints == []


@pytest.mark.full
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_sound_in_both_themes_and_at_every_width(
    site: Site, opened: Opened, heard: Heard, scheme: str, width: int
) -> None:
    assert looked_at(opened(width=width, color_scheme=scheme), site, (width,)) == {}
    assert heard.complaints == []


@pytest.mark.full
def test_keys_reach_all_of_a_page_and_it_shows_where_they_are(site: Site, opened: Opened) -> None:
    page = opened()
    for address in site.addresses():
        page.goto(site.url + address)
        count, reached = page.evaluate(STOPS), dict[int, Any]()
        for _ in range(count + 60):
            page.keyboard.press("Tab")
            now = page.evaluate(FOCUSED)
            if now["body"]:
                break
            reached[now["number"]] = now
        unseen = [each["html"] for each in reached.values() if not (each["seen"] and each["ring"])]
        assert unseen == [], address
        assert sum(not each["scroller"] for each in reached.values()) == count, address


def test_the_first_key_leads_past_the_navigation(site: Site, opened: Opened) -> None:
    page = opened()
    page.goto(f"{site.url}/board")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.is_visible()
    assert (skip.bounding_box() or {"x": -1})["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.full
def test_everything_reads_without_a_script(site: Site, opened: Opened, heard: Heard) -> None:
    bare, scripted = opened(java_script_enabled=False), opened(timezone_id="UTC")
    for address in site.addresses():
        said = []
        for page in (bare, scripted):
            page.goto(site.url + address)
            rows = page.locator("main tr, main li, main dd, main h1, main h2, main h3")
            said.append([" ".join(text.split()).replace(" UTC", "") for text in rows.all_inner_texts()])
        assert said[0] == [each.replace("Copy", "").strip() for each in said[1]], address
    bare.goto(f"{site.url}/divergences")
    bare.locator("select[name=severity]").select_option("minor")
    bare.locator("form.filters button").click()
    assert bare.locator("td.what").count() == 1
    bare.locator("form.theme button[value=dark]").click()
    assert bare.locator("html[data-theme=dark]").count() == 1
    assert bare.url.endswith("/divergences")
    assert heard.complaints == []
