"""Formats that a route declares: tables without a header, columns of fixed width, keys of rows, forced families."""

from decimal import Decimal

import pytest

from strangler.comparison.context import Context
from strangler.comparison.declared import CsvLayout, DeclaredFormat, FixedColumn, FixedLayout
from strangler.comparison.decode import decode
from strangler.comparison.pair import compare
from strangler.comparison.referee import disagrees
from strangler.comparison.rules import Rules
from strangler.errors import DecodeError
from strangler.exchange import Message, Response
from strangler.redaction import Redactor
from strangler.testing.samples import answer

LEDGER = Context(
    declared=DeclaredFormat(
        "csv", CsvLayout(";", header=False, columns=("account", "date", "amount")), key=("account",)
    )
)
BANK = Context(
    declared=DeclaredFormat(
        "fixed",
        FixedLayout(
            (FixedColumn("amount", 9, 14), FixedColumn("record", 1, 2), FixedColumn("account", 3, 6))
        ),
        key=("record", "account"),
        charset="latin-1",
    )
)
ROWS = [f"{number};2026-01-31;{number}0.00" for number in range(1_000, 1_040)]
LINES = [f"02{number}  {number}00\r\n" for number in range(1_000, 1_040)]


def csv(rows, media="text/plain", status=200):
    return answer("\n".join(rows).encode(), media=media, status=status)


def bank(lines, media="application/octet-stream"):
    return answer("".join(lines).encode("latin-1"), media=media)


def places(outcome):
    return [(each.kind, str(each.location)) for each in outcome.differences]


def test_a_table_without_a_header_has_the_declared_columns():
    decoded = decode(csv(ROWS[:2]), LEDGER)
    assert decoded.root == [
        {"account": "1000", "date": "2026-01-31", "amount": "10000.00"},
        {"account": "1001", "date": "2026-01-31", "amount": "10010.00"},
    ]
    assert decoded.anomalies == ()
    assert decoded.where[1,] == "row 2"
    bare = Context(declared=DeclaredFormat("csv", CsvLayout(",", header=False)))
    assert decode(csv(["a,b", "c,d,e"]), bare).root == [
        {"#1": "a", "#2": "b"},
        {"#1": "c", "#2": "d", "#3": "e"},
    ]


def test_ragged_rows_and_a_lost_key():
    decoded = decode(csv(["1;2;3;4", "1"]), LEDGER)
    assert decoded.root == [{"account": "1", "date": "2", "amount": "3", "#4": "4"}, {"account": "1"}]
    assert [each.code for each in decoded.anomalies] == ["ragged-row", "ragged-row"]
    named = Context(declared=DeclaredFormat("csv", CsvLayout(), key=("account",)))
    assert decode(csv(["account,b", "1,2"]), named).root == [{"account": "1", "b": "2"}]
    with pytest.raises(DecodeError, match="no column 'account'"):
        decode(csv(["b,c", "1,2"]), named)


def test_fixed_columns():
    decoded = decode(bank(["01äöü  ab000100", "\n021234  000200\r\n"]), BANK)
    assert decoded.root == [
        {"record": "01", "account": "äöü ", "#7-8": " a", "amount": "b00010", "#15-": "0"},
        {"record": "02", "account": "1234", "amount": "000200"},
    ]
    assert [(each.code, each.path) for each in decoded.anomalies] == [("long-line", (0,))]
    assert decoded.where[1,] == "line 2"


def test_lines_of_another_length_are_anomalies_and_lose_nothing():
    decoded = decode(bank(["021", "\n", "\n021234  0002\n"]), BANK)
    assert decoded.root == [
        {"record": "02", "account": "1"},
        {},
        {"record": "02", "account": "1234", "amount": "0002"},
    ]
    assert [each.code for each in decoded.anomalies] == ["short-line"] * 3
    outcome = compare(bank(["021234  000200\n"]), bank(["021234  000200 \n"]), context=BANK)
    assert {each.cause.code for each in outcome.differences} >= {"long-line"}


def test_one_line_lost_and_one_amount_changed_among_lines_that_look_alike():
    other = [LINES[0], *LINES[2:20], LINES[20].replace("102000", "102001"), *LINES[21:]]
    outcome = compare(bank(LINES), bank(other), context=BANK)
    assert places(outcome) == [("changed", "body $[20].amount"), ("missing", "body $[1]")]
    assert [each.where for each in outcome.differences] == ["line 21", "line 2"]
    back = compare(bank(other), bank(LINES), context=BANK)
    assert [d.kind for d in back.differences] == ["changed", "extra"]
    assert disagrees(bank(LINES), bank(other), Rules(), outcome, BANK) is None


def test_rows_are_paired_by_the_key_and_by_nothing_else():
    left = ["1000;2026-01-31;5.00", "1001;2026-02-28;7.00"]
    right = ["1001;2026-01-31;5.00", "1000;2026-02-28;7.00"]
    by_key = compare(csv(left), csv(right), Rules.parse([{"unordered": "$", "by": "date"}]), LEDGER)
    assert sorted(str(each.location) for each in by_key.differences) == [
        "body $[0].amount", "body $[0].date", "body $[1].amount", "body $[1].date"
    ]  # fmt: skip
    assert places(compare(csv(left), csv(left[::-1]), context=LEDGER)) == [("order", "body $")]
    unordered = Rules.parse([{"unordered": "$"}])
    assert compare(csv(left), csv(left[::-1]), unordered, LEDGER).verdict == "equal"
    assert [kind for kind, _ in places(compare(csv(left[:1]), csv(right[:1]), context=LEDGER))] == [
        "missing",
        "extra",
    ]


def test_drift_under_a_rule():
    outcome = compare(
        csv(ROWS), csv([*ROWS[:3], ROWS[3].replace(".00", ".07"), *ROWS[4:]]),
        Rules.parse([{"decimal": "$[*].amount", "scale": 2}]), LEDGER,
    )  # fmt: skip
    (difference,) = outcome.differences
    assert (str(difference.location), difference.drift) == ("body $[3].amount", Decimal("0.07"))


def test_what_is_declared_wins_over_the_media_type_but_not_for_errors():
    forced = Context(declared=DeclaredFormat("json"))
    assert decode(answer(b'{"a": 1}', media="application/octet-stream"), forced).root == {"a": 1}
    with pytest.raises(DecodeError):
        decode(answer(b"a,b", media="text/csv"), forced)
    problem = b'{"title": "not found"}'
    assert decode(answer(problem, status=404), LEDGER).root == {"title": "not found"}
    outcome = compare(
        csv(ROWS, media="text/csv"), csv(ROWS, media="application/octet-stream"), context=LEDGER
    )
    assert [str(each.location) for each in outcome.differences] == ["header $['content-type'][0]"]


@pytest.mark.parametrize(
    ("family", "body", "root"),
    [
        ("text", b'{"a": 1}', '{"a": 1}'),
        ("html", b'{"a": 1}', {"title": "", "lines": ['{"a": 1}'], "tables": [], "links": [], "fields": {}}),
        ("form", b"a=1", {"a": ["1"]}),
        ("xml", b"<a/>", {"a": [{}]}),
        ("csv", b"a,b\n1,2", [{"a": "1", "b": "2"}]),
    ],
)
def test_forced_families(family, body, root):
    forced = Context(declared=DeclaredFormat(family))
    assert decode(answer(body, media="application/octet-stream"), forced).root == root
    assert compare(answer(body), answer(body, media="x/y"), context=forced).anomalies == ()


def test_a_declared_place_is_redacted_in_what_the_columns_say():
    redactor = Redactor(b"k" * 32, ["$[*].account", "$.account"])
    body = "\n".join(ROWS[:1]).encode()

    def kept(status, body):
        fields = ((b"content-type", b"text/csv"),)
        told = redactor.answer(Response(status, b"", Message(fields, body, len(body)), 1), LEDGER).message
        assert told is not None
        return told.body or ""

    assert "1000;" not in kept(200, body)
    assert '"1000"' not in kept(200, body)
    assert "10000.00" in kept(200, body)
    fields = ((b"content-type", b"application/json"),)
    error = Response(404, b"", Message(fields, b'{"account": "1000"}', 19), 1)
    told = redactor.answer(error, LEDGER).message
    assert told is not None
    assert "1000" not in (told.body or "1000")
