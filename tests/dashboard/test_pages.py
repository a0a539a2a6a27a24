"""Every page: what it says, its JSON, and what it says when there is nothing, or something is wrong."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from strangler.eprocess import alpha_of, needed
from strangler.routing import Table
from strangler_dashboard.routes import TABLE
from strangler_dashboard.source import Source
from strangler_shadow.override import on_legacy, put

from .conftest import Place, words
from .made import differing, id_of


@pytest.fixture
def filled(place: Place) -> Place:
    return differing(place)


def test_the_board_says_where_everything_stands_and_what_to_type(filled: Place) -> None:
    page = filled.ask("/board").html
    (reads,) = page.cssselect("#cutover-reads")
    said = words(reads)
    assert "is blocked" in said
    assert "In shadow since" in said
    assert "divergences list --cutover reads --epoch current" in said
    assert words(reads.cssselect("[aria-current=step]")[0]) == "shadow"
    assert [words(row).split()[0] for row in reads.cssselect("table.routes tbody tr")] == [
        "invoice",
        "invoices",
    ]
    assert reads.cssselect("svg.spark rect.different")
    assert reads.cssselect("svg.spark")[0].get("aria-label") == "reads: 76 compared, 6 of them mismatch"
    (later,) = page.cssselect("#cutover-later")
    assert "has not started" in words(later)
    assert "cutover start later" in words(later)


def test_the_board_as_json_is_status_json_with_trends(filled: Place) -> None:
    found = filled.ask("/board.json").json
    assert [each["name"] for each in found["status"]["cutovers"]] == ["reads", "later"]
    assert found["status"]["cutovers"][0]["gate"]["status"] == "blocked"
    assert sum(each["compared"] for each in found["trends"][0]["together"]) == 76
    assert found["working"] is True


def test_the_list_is_worst_first_and_every_filter_is_in_the_address(filled: Place) -> None:
    page = filled.ask("/divergences").html
    assert [words(each) for each in page.cssselect("td.what > a")] == [
        '$.total differs: legacy says "10.00", the candidate "9.99"',
        '$.at differs: legacy says "a", the candidate "b"',
        "the candidate gave no comparable answer: timeout",
    ]
    assert "-0.02 EUR" in words(page.cssselect("tbody tr")[0])
    cases = {
        "severity=minor": 1, "cause=rounding": 1, "search=TOTAL": 1, "state=open": 3, "state=resolved": 0,
        "version=1": 3, "version=2": 0, "stratum=country%3DDE": 1, "seen=now": 3, "route=invoices": 0,
    }  # fmt: skip
    for query, count in cases.items():
        assert len(filled.ask(f"/divergences?{query}").html.cssselect("td.what")) == count, query
    chosen = filled.ask("/divergences?severity=minor&search=at").html
    assert chosen.cssselect("select[name=severity] option[selected]")[0].get("value") == "minor"
    assert chosen.cssselect("input[name=search]")[0].get("value") == "at"


def test_pages_of_the_list_follow_one_another(filled: Place) -> None:
    seen: list[str] = []
    link = "?limit=1"
    while link:
        page = filled.ask(f"/divergences{link}").html
        seen += [each.get("href") for each in page.cssselect("td.what > a")]
        following = page.cssselect("nav.pages a[rel=next]")
        link = following[0].get("href") + "&limit=1" if following else ""
    assert len(set(seen)) == len(seen) == 3


@pytest.mark.parametrize(
    "query",
    [
        "after=zz",
        "after=W10",
        "limit=0",
        "limit=x",
        "limit=201",
        "state=odd",
        "severity=odd",
        "search=" + "a" * 201,
    ],
)
def test_what_cannot_be_meant_is_a_problem(place: Place, query: str) -> None:
    answer = place.ask(f"/divergences.json?{query}")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json["detail"]
    assert "That cannot be meant" in words(place.ask(f"/divergences?{query}").html)


def test_one_divergence_has_it_all(filled: Place) -> None:
    page = filled.ask(f"/divergences/{id_of(filled)}").html
    assert words(page.cssselect("h1")[0]) == '$.total differs: legacy says "10.00", the candidate "9.99"'
    (meant,) = page.cssselect("tr.meant")
    assert [words(each) for each in meant.cssselect("mark")] == ["10.00", "9.99"]
    assert len(page.cssselect("tr.other")) == 1
    assert words(page.cssselect("tr.fold summary")[0]).endswith("equal lines")
    request, accept = (words(each) for each in page.cssselect(".command code"))
    assert "--header 'Authorization: …'" in request
    assert "--header 'X-Customer: it'\\''s 4711'" in request
    assert "token:abc" not in request
    assert "divergences accept" in accept
    assert "+      - ignore: $.total" in [each.text.rstrip() for each in page.cssselect(".patch .added")]
    assert page.cssselect("figure.timeline rect.different")
    found = filled.ask(f"/divergences/{id_of(filled)}.json").json
    assert found["divergence"]["drift"] == {"EUR": "-0.02"}
    assert found["versions"][0]["seen"] == 2


def test_a_prefix_will_do_and_what_is_not_there_is_a_page_of_its_own(filled: Place) -> None:
    assert filled.ask(f"/divergences/{id_of(filled)[:8]}").status == 200
    for target in ("/divergences/zzz", "/nowhere", "/evidence/nope", "/static/nope.css"):
        answer = filled.ask(target)
        assert answer.status == 404
        assert answer.html.cssselect("section.problem h1")[0].text == "Not here"
        assert filled.ask(target, accept="application/json").json["status"] == 404


def test_what_failed_cannot_be_accepted_and_has_no_example(filled: Place) -> None:
    said = words(filled.ask(f"/divergences/{id_of(filled, 'status')}").html)
    assert "a failed answer cannot be accepted" in said
    assert "No example was kept" in said


def test_bodies_are_for_those_who_may_see_them(filled: Place) -> None:
    target = f"/divergences/{id_of(filled)}"
    filled.visitor = replace(filled.visitor, roles=frozenset({"viewer"}))
    answer = filled.ask(target)
    assert "shown to those who may see them" in words(answer.html)
    assert not answer.html.cssselect("table.documents")
    assert filled.ask(f"{target}.json").json["example"] is None
    filled.visitor = replace(filled.visitor, roles=frozenset())
    assert {
        filled.ask(entry.path.format(id="x", cutover="reads", migration="01_x")).status for entry in TABLE
    } == {403}
    assert filled.ask("/events").status == 403


def test_the_evidence_says_how_far_each_stratum_is_and_where_numbers_come_from(filled: Place) -> None:
    page = filled.ask("/evidence/reads").html
    assert len(page.cssselect("table.strata tbody tr")) == 3
    assert "Where each number comes from" in words(page)
    found = filled.ask("/evidence/reads.json").json
    mine = next(each for each in found["strata"] if each["route"] == "invoices")
    alpha = alpha_of(1, 0.05)
    assert found["alpha"] == f"{alpha:.4f}"
    assert (mine["n"], mine["k"], mine["decided"]) == (30, 0, "open")
    assert mine["more"] == (needed(0, 0.01, alpha) or 0) - 30
    assert Decimal(mine["rate_high"]) > Decimal("0.01") > Decimal(mine["rate_low"])


def test_an_empty_ledger_is_designed_too(place: Place) -> None:
    board = words(place.ask("/board").html)
    assert "It has not started" in board
    assert "Nothing is being compared" in board
    assert "No divergences" in words(place.ask("/divergences").html)
    assert "None match" in words(place.ask("/divergences?search=x").html)
    assert "None match" in words(place.ask("/divergences?seen=now").html)
    assert "No comparisons yet" in words(place.ask("/evidence").html)


def test_without_a_ledger_it_says_so_and_makes_none(place: Place) -> None:
    (place.folder / "strangler.db").unlink()
    answer = place.ask("/board")
    assert answer.status == 503
    assert "there is no ledger yet" in words(answer.html)
    assert "strangler serve" in words(answer.html)
    assert place.ask("/board.json").json["status"] == 503
    assert place.ask("/healthz").status == 200
    assert not (place.folder / "strangler.db").exists()


def test_a_broken_file_keeps_what_it_was_and_no_cutovers_is_a_page(place: Place) -> None:
    source = Source(place.file)
    before = source.loaded().digest
    place.file.write_text("nonsense: [")
    assert (source.loaded().digest, source.loaded().digest) == (before, before)
    place.file.write_text('version: 1\nlegacy: {url: "http://a"}\ncandidate: {url: "http://b"}\n')
    assert source.loaded().digest != before
    assert "Nothing can move yet" in words(place.ask("/board").html)
    assert place.ask("/evidence").status == 404


def test_an_override_stands_on_every_page(filled: Place) -> None:
    state = filled.folder / ".strangler"
    state.mkdir()
    put(state, on_legacy(Table(1, 0, ()), filled.now_ns, reason="fire", actor="ada"))
    for target in ("/board", "/divergences", "/evidence"):
        assert "Override in force" in words(filled.ask(target).html)
    assert filled.ask("/board.json").json["status"]["override"]["actor"] == "ada"
