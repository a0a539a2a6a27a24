"""The way ahead of a cutover, and what is kept beside evidence."""

from __future__ import annotations

import pytest

from strangler.ledger import audit
from strangler.ledger.approvals import approve, ask
from strangler.ledger.evidence import read_evidence
from strangler.ledger.settled import StreamReport
from strangler.numbers import Sighting

from .conftest import CONFIG, Place, words
from .made import differing

EFFECTS = """    effects:
      month-end:
        legacy: {url: "http://127.0.0.1:1/l", path: $.on}
        candidate: {url: "http://127.0.0.1:1/c", path: $.on}
"""
FREEZE = """  approvals: 1
  freeze:
    - {deny: "0 0 * * *", for: 20d, zone: Europe/Berlin, reason: "the <b>run</b>"}
"""


@pytest.fixture
def filled(place: Place) -> Place:
    text = CONFIG.replace("    routes: [invoice, invoices]\n", f"    routes: [invoice, invoices]\n{EFFECTS}")
    place.file.write_text(text + FREEZE)
    return differing(place)


def test_a_cutover_has_the_way_ahead_approvals_windows_and_history(filled: Place) -> None:
    ledger = filled.ledger()
    with ledger.begin() as connection:
        evidence = read_evidence(connection, filled.loaded, "reads", filled.now_ns)
        ask(connection, evidence, "p" * 16, "canary 1 %", "mara", filled.now_ns)
        approve(connection, evidence, "", "jonas", "read <it>", filled.now_ns, 86_400_000)
    ledger.close()
    page = filled.ask("/cutovers/reads").html
    steps = [words(each) for each in page.cssselect("ol.ahead h3")]
    assert (steps[0], steps[-1], len(steps)) == ("1. canary 1 %", "7. retired", 7)
    people = words(page.cssselect("#people")[0])
    assert "mara" in people
    assert "jonas" in people
    assert "holds" in people
    assert "frozen now" in people
    assert "the <b>run</b>" in people
    started = page.cssselect("#history tbody tr")[-1]
    assert [words(each) for each in started][2:] == ["cutover.start", "legacy → shadow", "mara", "CHG-1"]
    found = filled.ask("/cutovers/reads.json").json
    assert [each["by"] for each in found["requests"][0]["approvals"]] == ["jonas"]
    assert found["requests"][0]["approvals"][0]["counts"] is True
    assert filled.ask("/cutovers").status == 200
    assert filled.ask("/cutovers/nope").status == 404


def test_a_window_begins_by_the_clocks_of_its_zone(filled: Place) -> None:
    windows = filled.ask("/cutovers/reads.json").json["windows"]
    assert [each["open"] for each in windows] == [True, False, False, False, False]
    assert {each["begins"][11:] for each in windows} == {"23:00:00Z"}


def test_effects_say_whose_they_are(filled: Place) -> None:
    page = filled.ask("/effects").html
    assert "month-end" in words(page)
    assert filled.ask("/effects.json").json["effects"][0]["owner"] == "legacy"


def test_numbers_say_what_is_wrong_in_each_series(filled: Place) -> None:
    judged = filled.judged()
    old = filled.now_ns - 10**15
    seen = [Sighting("INV-", number, "legacy", f"d{number}", "draw", old, old) for number in (1, 2, 5)]
    filled.write(judged.equal(numbers=tuple(seen)))
    page = filled.ask("/numbers").html
    (row,) = page.cssselect("tbody tr")
    assert "INV-" in words(row)
    assert "3 to 4" in words(row)
    assert filled.ask("/numbers.json").json["series"][0]["open"][0]["first"] == 3


def test_the_audit_goes_back_page_by_page(filled: Place) -> None:
    ledger = filled.ledger()
    with ledger.begin() as connection:
        for number in range(150):
            audit.append(connection, at_ns=filled.now_ns, actor="a", action="x", subject=f"s{number % 2}")
    ledger.close()
    first = filled.ask("/audit").html
    link = first.cssselect("nav.pages a[rel=next]")[0].get("href")
    second = filled.ask(link).html
    seen = [int(words(row)) for page in (first, second) for row in page.cssselect("tbody th")]
    assert seen == sorted(range(1, len(seen) + 1), reverse=True)
    assert len(filled.ask("/audit.json?subject=s1").json["entries"]) == 75
    assert "audit verify --head" in words(first)
    for wrong in ("x", "-1", "9" * 30):
        assert filled.ask(f"/audit?before={wrong}").status == 400


def test_the_system_says_what_runs(filled: Place) -> None:
    report = StreamReport("plane-7", "boot", 99, filled.now_ns, 1, 5, {"queue": 2})
    filled.write(reports=(report,))
    said = words(filled.ask("/system").html)
    assert "plane-7" in said
    assert "writes" in said
    assert "queue" in said
    found = filled.ask("/system.json").json
    assert found["streams"][0]["dropped"] == 2
    assert found["ledger"].startswith("sqlite:")
