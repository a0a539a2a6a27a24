"""The report in each form: what is in it, how large it may be, and that hostile text stays text in all of them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from decimal import Decimal

import lxml.html
import pytest

from strangler.ledger.filters import Filter
from strangler.views.status import OverrideView
from strangler_dashboard.report.gathered import MOST, Report, gathered
from strangler_dashboard.report.markdown import as_markdown, plain
from strangler_dashboard.report.page import as_html
from strangler_dashboard.report.table import as_csv, cell

from .conftest import Place, words
from .made import differing, finding
from .test_hostile import ATTACKS, hostile


def report_of(place: Place, **chosen: str) -> Report:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = gathered(connection, place.loaded, None, place.now_ns, Filter(**chosen))  # type: ignore[arg-type]
    ledger.close()
    return found


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_form_has_the_verdict_and_the_worst_first(place: Place) -> None:
    report = report_of(differing(place))
    assert (report.total, len(report.divergences), len(report.examples)) == (3, 3, 2)
    page = lxml.html.document_fromstring(as_html(report))
    assert "is blocked" in words(page.cssselect("article.cutover")[0])
    assert words(page.cssselect("td.what")[0]).startswith('$.total differs: legacy says "10.00"')
    assert [words(each) for each in page.cssselect("tr.meant mark")][:2] == ["10.00", "9.99"]
    found = as_markdown(report)
    assert "### reads is blocked" in found
    assert "| money | $\\.total differs\\: legacy says" in found
    first = rows(as_csv(report))[0]
    assert (first["currency"], first["drift"], first["seen"]) == ("EUR", "-0.02", "2")
    narrowed = report_of(place, cutover="later", state="open")
    assert (narrowed.total, len(narrowed.board.status.cutovers)) == (0, 1)
    assert "None." in as_markdown(narrowed)
    assert "nothing that was compared differed" in as_html(narrowed)


def test_an_override_is_told_first(place: Place) -> None:
    ledger = place.ledger()
    with ledger.read() as connection:
        override = OverrideView(1, None, "ada", "fire")
        report = gathered(connection, place.loaded, override, place.now_ns, Filter())
    ledger.close()
    assert "Override in force" in as_html(report)
    assert "Override in force" in as_markdown(report)


def test_the_page_stands_by_itself_and_allows_nothing_but_its_own_style(place: Place) -> None:
    text = as_html(report_of(differing(place)))
    page = lxml.html.document_fromstring(text)
    assert page.xpath("//script | //link | //img | //iframe | //@src | //@style") == []
    assert all(each.startswith("#") for each in page.xpath("//@href"))
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "url(" not in style[1]


def a_thousand(place: Place) -> Report:
    """More divergences than a report holds, each as long as one may be."""
    place.start()
    judged = place.judged()
    long = '"' + "x" * 190 + '"'
    found = [
        finding(f"body $.part{number}.field", drift=(("EUR", Decimal(number)),), legacy=long, candidate=long)
        for number in range(MOST + 20)
    ]
    place.write(
        *(judged.different(findings=tuple(found[start : start + 60])) for start in range(0, len(found), 60))
    )
    return report_of(place)


@pytest.mark.full
def test_a_thousand_divergences_are_under_two_megabytes(place: Place) -> None:
    report = a_thousand(place)
    assert (report.total, len(report.divergences)) == (MOST + 20, MOST)
    text = as_html(report)
    assert len(text.encode()) < 2_000_000
    assert "The worst 1,000 of them." in text
    assert "and 995 more" in as_markdown(report).lower()
    assert [each["drift"] for each in rows(as_csv(report))[:2]] == ["1019", "1018"]


def test_hostile_text_is_text_in_every_form(place: Place) -> None:
    report = report_of(hostile(place))
    text = as_html(report)
    page = lxml.html.document_fromstring(text)
    assert page.xpath("//x-evil | //script") == []
    assert page.xpath("//@*[starts-with(name(), 'on')] | //@style") == []
    assert all(each.startswith("#") for each in page.xpath("//@href"))
    assert "\x00" not in text
    assert "\u202e" not in text
    for each in rows(as_csv(report)):
        assert set(map(type, each.values())) == {str}, "every line has every column, and none more"
        for value in each.values():
            assert re.fullmatch(r"-?\d+(\.\d+)?", value) or value[:1] not in set("=+-@\t\r\n|"), value
    found = as_markdown(report)
    assert "<x-evil" not in found
    assert "<script" not in found
    table = [line for line in found.splitlines() if line.startswith(("| money", "| minor"))]
    assert len(table) == 2 * len(ATTACKS)
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 7 for line in table)
    assert json.dumps(ATTACKS[0])[1:-1] not in found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "' =1"),
        ("  =1", "'  =1"),
        ("\r=1", "'\\u000d=1"),
        ("\uff1d1", "'\uff1d1"),
        ("-0.02", "-0.02"),
        ("-12,5", "'-12,5"),
        ("10", "10"),
        ("a=b", "a=b"),
        ("\u202e=1", "\\u202e=1"),
    ],
)
def test_what_a_spreadsheet_would_calculate_is_text(text: str, shown: str) -> None:
    found = cell(text)
    assert found == shown or (text == "\r=1" and not found.startswith(("=", "\r")))


def test_markdown_mentions_nobody_and_stays_in_its_line() -> None:
    assert plain("@all\n# x") == "@\u200ball \\# x"
    assert len(plain("x" * 900)) == 200
