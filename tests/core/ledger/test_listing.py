"""Divergences page by page: worst first, whatever the filters, without reading all of them."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, text, update

from strangler.comparison.learning.claims import Claim
from strangler.ledger import choices, filters, looking, tables
from strangler.ledger.drift import rank_of
from strangler.ledger.filters import Filter
from strangler.ledger.flush import flush
from strangler.ledger.listing import Place, listed
from strangler.ledger.looking import tally
from strangler.ledger.settled import Finding, Settled
from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.trend import latest_minute, seen_by_stratum, seen_over_time, span_over, trend
from strangler.testing.judged import MINUTE, START, Judged


def finding(name: str, drift: dict[str, str] | None = None, **more: Any) -> Finding:
    amounts = tuple((currency, Decimal(amount)) for currency, amount in (drift or {}).items())
    values = {"kind": "changed", "cause": "unexplained", "severity": "money" if drift else "major"}
    return Finding(name, 1, f"body $.{name}", **{**values, **more}, drift=amounts)


def write(ledger: Ledger, *batch: Settled) -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=START, worker="w")


def places(ledger: Ledger, chosen: Filter = Filter(), limit: int = 50) -> list[str]:  # noqa: B008  frozen
    out: list[str] = []
    after: Place | None = None
    with ledger.read() as connection:
        while True:
            page = listed(connection, chosen, after, limit)
            out += [each.location.removeprefix("body $.") for each in page.found]
            after = page.following
            if after is None:
                return out


def test_money_first_then_how_often_over_all_epochs_and_however_the_pages_are_cut(ledger: Ledger) -> None:
    judged = Judged()
    one = [judged.different(findings=(finding("often"),)) for _ in range(5)]
    two = [judged.different(findings=(finding("cent", {"EUR": "-0.01"}),)) for _ in range(3)]
    write(ledger, *one, *two, judged.different(findings=(finding("yen", {"JPY": "7", "EUR": "0.01"}),)))
    judged.version = "2"
    write(ledger, *(judged.different(findings=(finding("cent", {"EUR": "-9"}),)) for _ in range(1)))
    write(ledger, judged.different(findings=(finding("back", {"EUR": "5"}),)))
    write(ledger, judged.different(findings=(finding("back", {"EUR": "-5"}),)), *one[:0])
    write(ledger, judged.different(findings=(finding("rare"),)))
    wanted = ["cent", "yen", "often", "back", "rare"]
    for limit in (1, 2, 5, 50):
        assert places(ledger, limit=limit) == wanted
    with ledger.read() as connection:
        found = listed(connection, Filter()).found
    assert [(each.count, dict(each.drift)) for each in found[:2]] == [
        (4, {"EUR": Decimal("-9.03")}),
        (1, {"EUR": Decimal("0.01"), "JPY": Decimal(7)}),
    ]


def test_each_filter(ledger: Ledger) -> None:
    judged = Judged()
    write(
        ledger,
        judged.different(
            findings=(finding("a_b", legacy='"Ärger"', cause="rounding"),), labels=(("c", "DE"),)
        ),
        judged.different("invoices", findings=(finding("axb", severity="minor"),), labels=(("c", "FR"),)),
    )
    judged.version = "2"
    write(ledger, judged.different(findings=(finding("%"),), labels=(("c", "FR"),)))
    with ledger.begin() as connection:
        table = tables.divergences
        connection.execute(update(table).where(table.c.location == "body $.%").values(state="accepted"))
    cases = {
        Filter(route="invoices"): ["axb"],
        Filter(cause="rounding"): ["a_b"],
        Filter(state="accepted"): ["%"],
        Filter(severity="minor"): ["axb"],
        Filter(version="2"): ["%"],
        Filter(version="9"): [],
        Filter(stratum="c=DE"): ["a_b"],
        Filter(stratum="c=FR", version="1"): ["axb"],
        Filter(search="a_B"): ["a_b"],
        Filter(search="%"): ["%"],
        Filter(search="rger"): ["a_b"],
        Filter(cutover="other"): [],
        Filter(epochs=(1,), route="invoice"): ["a_b"],
    }
    for chosen, wanted in cases.items():
        assert places(ledger, chosen) == wanted, chosen
        with ledger.read() as connection:
            assert sum(sum(counts.values()) for counts in tally(connection, chosen).values()) == len(wanted)
    with ledger.read() as connection:
        assert choices.versions(connection) == ("1", "2")
        assert choices.strata(connection) == ("c=DE", "c=FR")
        assert choices.causes(connection) == ("rounding", "unexplained")


def test_a_part_stands_in_its_whole_unless_more_money_is_in_it(ledger: Ledger) -> None:
    judged = Judged()
    write(
        ledger,
        judged.different(findings=(finding("whole"),)),
        judged.different(findings=(finding("part"),)),
        judged.different(findings=(finding("costly", {"EUR": "3"}),)),
    )
    table = tables.divergences
    with ledger.begin() as connection:
        root = connection.execute(
            text("SELECT id FROM divergences WHERE location = 'body $.whole'")
        ).scalar_one()
        claim = Claim("enum-renamed", "$.whole", 9, ("whole",), (("a", "b", 3),))
        values = {"merged_into": root, "claims": msgspec.json.encode([claim]).decode()}
        connection.execute(update(table).where(table.c.id != root).values(values))
    assert places(ledger) == ["costly", "whole"]
    with ledger.read() as connection:
        (whole,) = (each for each in listed(connection, Filter()).found if each.id == root)
    assert (whole.count, len(whole.merged)) == (3, 2)
    assert places(ledger, Filter(cause="enum-renamed")) == ["costly"]


def test_a_page_asks_the_same_few_questions_however_many_there_are(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, *(judged.different(findings=(finding(f"p{n}", {"EUR": f"{n}.10"}),)) for n in range(1, 40)))
    asked: list[str] = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    places(ledger, limit=500)
    few = len(asked)
    asked.clear()
    write(ledger, *(judged.different(findings=(finding(f"q{n}"),)) for n in range(200)))
    asked.clear()
    assert len(places(ledger, limit=500)) == 239
    assert len(asked) == few


@pytest.mark.parametrize(
    ("amounts", "rank"),
    [
        ([], 0),
        (["0"], 0),
        (["-0.01"], 100),
        (["0.00001"], 1),
        (["3", "-4"], 40_000),
        (["1e30"], 2**62),
        (["-99999999999999"], 999_999_999_999_990_000),
        (["-999999999999999"], 2**62),
    ],
)
def test_a_rank_is_an_order_that_a_database_can_hold(amounts: list[str], rank: int) -> None:
    found = rank_of(map(Decimal, amounts))
    assert found == rank


def test_trends_by_route_and_by_version(ledger: Ledger) -> None:
    judged = Judged()
    judged.at_ns = START - START % MINUTE
    batch = [*judged.equals(5), judged.different(labels=(("c", "DE"),))]
    judged.at_ns += 10 * MINUTE
    judged.version = "2"
    batch += [judged.different(labels=(("c", "DE"),)), judged.different(labels=(("c", "FR"),))]
    batch += judged.equals(3, "invoices")
    write(ledger, *batch)
    with ledger.read() as connection:
        last = latest_minute(connection)
        assert last == (START // MINUTE) + 10
        span = span_over(last - 10, last, 2)
        found = trend(connection, ("invoice", "invoices"), span)
        divergence = listed(connection, Filter()).found[0].id
        over_time = seen_over_time(connection, divergence, 60)
        by_stratum = seen_by_stratum(connection, divergence)
        assert seen_over_time(connection, "nothing", 60) is None
    assert sum(each.n for each in found["invoice"]) == 8
    assert sum(each.k for each in found["invoice"]) == 3
    assert sum(each.n for each in found["invoices"]) == 3
    assert [each.at_ns for each in found["invoice"]] == span.starts()
    assert over_time is not None
    assert [(each.version, each.count) for each in over_time[1]] == [("1", 1), ("2", 2)]
    assert by_stratum == [("c=DE", 2), ("c=FR", 1)]


@pytest.mark.parametrize(("first", "last", "bins"), [(7, 7, 48), (0, 1439, 48), (10, 1449, 48), (13, 99, 5)])
def test_a_span_holds_what_it_is_over(first: int, last: int, bins: int) -> None:
    span = span_over(first, last, bins)
    assert span.first <= first
    assert last < span.end
    assert span.bins <= bins + 1
    assert span.first % span.width == 0


@pytest.mark.parametrize("counted", [3, 1_000])
def test_one_look_gives_what_a_list_and_a_count_give(
    ledger: Ledger, counted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether few are sorted, or many are found along the order."""
    monkeypatch.setattr(looking, "COUNTED", counted)
    monkeypatch.setattr(filters, "FEW", counted)
    judged = Judged()
    for version in ("1", "2"):
        judged.version = version
        for number in range(12):
            drift = {"EUR": str(number % 5)} if number % 3 == 0 else {}
            found = finding(f"p{number % 7}-{version}", drift, cause=("rounding", "order")[number % 2])
            labels = (("c", ("DE", "FR")[number % 2]),)
            write(
                ledger,
                judged.different(("invoice", "invoices")[number % 2], findings=(found,), labels=labels),
            )
    asked = (
        *(
            Filter(),
            Filter(route="invoice"),
            Filter(severity="money"),
            Filter(state="open", severity="major"),
        ),
        *(
            Filter(cause="order"),
            Filter(version="2"),
            Filter(stratum="c=DE"),
            Filter(search="P3-"),
            Filter(search="ab"),
        ),
        *(
            Filter(version="1", stratum="c=FR", cause="order"),
            Filter(search="nothing at all"),
            Filter(cutover="reads"),
        ),
    )
    with ledger.read() as connection:
        for chosen in asked:
            pages: list[str] = []
            plain: list[str] = []
            after = place = None
            while True:
                looked = looking.look(connection, chosen, after, 4)
                page = listed(connection, chosen, place, 4)
                pages += [each.id for each in looked.page.found]
                plain += [each.id for each in page.found]
                after, place = looked.page.following, page.following
                assert after == place
                if after is None:
                    break
            assert pages == plain
            exact = tally(connection, chosen)
            said, all_of_it = (
                sum(sum(each.values()) for each in sums.values()) for sums in (looked.matching, exact)
            )
            assert looked.matching == exact or (said == counted <= all_of_it)


@pytest.mark.parametrize(
    "chosen", [Filter(severity="info"), Filter(state="open"), Filter(route="r"), Filter(cause="c")], ids=str
)
def test_what_an_index_tells_is_not_looked_for_row_by_row(sqlite_template: Path, chosen: Filter) -> None:
    asked: list[tuple[str, Any]] = []
    url = f"sqlite:///{sqlite_template.name}"
    with closing(open_ledger(url, sqlite_template.parent)) as empty, empty.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *a: asked.append((a[2], a[3])))
        looking.look(connection, chosen)
        listed(connection, chosen)
        plans = [
            row[3]
            for statement, given in asked.copy()
            if "FROM divergences" in statement
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        ]
    assert any("ix_divergences_worst" in step for step in plans)
    assert not [step for step in plans if step.startswith("SCAN divergences") and "INDEX" not in step]
