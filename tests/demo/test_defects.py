"""Each defect, switched on alone, changes exactly what it says, and ordinary traffic meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from strangler.errors import UsageError
from strangler_demo import control
from strangler_demo.candidate.behaviour import SOUND, Disturbance
from strangler_demo.candidate.defects import DEFECTS, behave, title
from strangler_demo.load import Answered
from strangler_demo.systems import Systems
from strangler_demo.traffic import READS, Call

type Sweep = Callable[[str, Iterable[Call]], dict[Call, Answered]]
type Difference = tuple[str, Any, Any]
type Judge = Callable[[Answered, Answered], list[Difference]]
type Found = dict[str, dict[Call, list[Difference]]]

XML = "$.Invoice[*]"
LINE = f"{XML}.InvoiceLine[*]"

PLACES: Final[dict[str, dict[str, set[str]]]] = {
    "rounding": {
        "statement": {"$.balance", "$.invoices[*].gross"},
        "invoice": {"$.totals.tax", "$.totals.gross"},
        "invoice_xml": {
            f"{XML}.TaxTotal[*].TaxAmount[*].#text",
            f"{XML}.LegalMonetaryTotal[*].TaxInclusiveAmount[*].#text",
            f"{XML}.LegalMonetaryTotal[*].PayableAmount[*].#text",
        },
        "invoice_run": {"$[*].tax", "$[*].gross"},
        "quote": {"$.totals.tax", "$.totals.gross"},
    },
    "issue-date": {
        "statement": {"$.invoices[*].issued_on"},
        "invoice": {"$.issued_on"},
        "invoice_xml": {f"{XML}.IssueDate[*].#text"},
        "invoice_run": {"$[*].issued_on"},
        "credit_note": {"$.issued_on"},
        "receipt": {"$.issued_on"},
    },
    "reverse-charge": {
        "invoice": {"$.reverse_charge_reason"},
        "invoice_xml": {f"{XML}.TaxTotal[*].TaxCategory[*].TaxExemptionReason"},
        "quote": {"$.reverse_charge_reason"},
    },
    "last-line": {"invoice": {"$.lines"}, "invoice_xml": {f"{XML}.InvoiceLine"}},
    "line-order": {"invoice": {"$.lines"}, "invoice_xml": {f"{XML}.InvoiceLine"}, "quote": {"$.lines"}},
    "credit-sign": {"credit_note": {"$.net", "$.tax", "$.gross"}},
    "jpy": {
        "statement": {"$.balance", "$.invoices[*].gross"},
        "invoice": {"$.totals.net", "$.totals.tax", "$.totals.gross", "$.lines[*].net", "$.lines[*].tax"},
        "invoice_xml": {
            f"{XML}.TaxTotal[*].TaxAmount[*].#text",
            f"{XML}.LegalMonetaryTotal[*].TaxExclusiveAmount[*].#text",
            f"{XML}.LegalMonetaryTotal[*].TaxInclusiveAmount[*].#text",
            f"{XML}.LegalMonetaryTotal[*].PayableAmount[*].#text",
            f"{LINE}.LineExtensionAmount[*].#text",
        },
        "invoice_run": {"$[*].net", "$[*].tax", "$[*].gross"},
        "credit_note": {"$.net", "$.tax", "$.gross"},
        "payment": {"$.amount"},
        "receipt": {"$.amount"},
        "quote": {"$.totals.net", "$.totals.tax", "$.totals.gross", "$.lines[*].net", "$.lines[*].tax"},
    },
}


def article(line: dict[str, Any]) -> str:
    if "sku" in line:
        return str(line["sku"])
    return str(line["Item"][0]["SellersItemIdentification"][0]["ID"][0]["#text"])


def minor_units(left: str | Decimal, right: str | Decimal) -> Decimal:
    exponent = Decimal(left).as_tuple().exponent
    assert isinstance(exponent, int)
    return abs(Decimal(right) - Decimal(left)).scaleb(-exponent)


RELATION: Final[dict[str, Callable[[Any, Any], bool]]] = {
    # At most 60 lines, each off by half a minor unit, and a few invoices in a balance.
    "rounding": lambda left, right: 0 < minor_units(left, right) <= 120,
    "issue-date": lambda left, right: (
        date.fromisoformat(right) == date.fromisoformat(left) - timedelta(days=1)
    ),
    "reverse-charge": lambda left, right: "Reverse charge" in str(left) and right == "absent",
    "last-line": lambda left, right: len(left) >= 50 and right == left[:-1],
    "line-order": lambda left, right: right == sorted(left, key=article) != left,
    "credit-sign": lambda left, right: Decimal(left) < 0 and Decimal(right) == -Decimal(left),
    "jpy": lambda left, right: Decimal(left) != 0 and Decimal(right) == 100 * Decimal(left),
}


@pytest.fixture(scope="module")
def asked(running: Systems) -> list[Call]:
    counts = dict.fromkeys(READS, 90) | {"invoice": 120, "invoice_xml": 120, "invoice_run": 300}
    return [call for route, count in counts.items() for call in running.traffic.route(route, count)]


@pytest.fixture(scope="module")
def found(running: Systems, sweep: Sweep, differences: Judge, asked: list[Call]) -> Found:
    """By defect, by call: what differs while it is on alone."""
    legacy = sweep(running.legacy.url, asked)
    shows: Found = {}
    for name in PLACES:
        control.switch(running.candidate.root, [name])
        answers = sweep(running.candidate.url, asked)
        told = {call: differences(legacy[call], answers[call]) for call in asked}
        shows[name] = {call: differing for call, differing in told.items() if differing}
    control.switch(running.candidate.root, ())
    return shows


@pytest.fixture
def switched(running: Systems) -> Iterator[Callable[..., None]]:
    yield lambda *names: control.switch(running.candidate.root, names)
    control.switch(running.candidate.root, ())


@pytest.mark.full
@pytest.mark.parametrize("name", PLACES)
def test_a_defect_changes_what_it_says_and_nothing_else(found: Found, name: str) -> None:
    places: dict[str, set[str]] = {}
    broken: list[tuple[str, str, Any, Any]] = []
    for call, differing in found[name].items():
        for path, left, right in differing:
            places.setdefault(call.route, set()).add(path)
            if not RELATION[name](left, right):
                broken.append((call.target, path, left, right))
    assert broken == []
    assert places == PLACES[name]


@pytest.mark.full
def test_yen_are_wrong_and_no_other_currency_is(
    running: Systems, sweep: Sweep, asked: list[Call], found: Found
) -> None:
    with_currency = [call for call in asked if call.route in {"invoice", "payment", "receipt", "quote"}]
    answers = sweep(running.legacy.url, with_currency)
    assert {call for call in with_currency if b'"JPY"' in answers[call].body} == found["jpy"].keys() & set(
        with_currency
    )


@pytest.mark.full
def test_each_shows_alone_somewhere(found: Found) -> None:
    """Where several meet in one document they may cover each other; for each, some answer has it alone."""
    for name, mine in found.items():
        others = set[Call]().union(*(calls for other, calls in found.items() if other != name))
        assert mine.keys() - others, name


def test_unreliable_disturbs_one_in_two_hundred_in_turns() -> None:
    disturb = behave(["unreliable"]).disturb
    told = {count: what for count in range(1, 1001) if (what := disturb(count)) is not None}
    late, broken = Disturbance(delay=True), Disturbance(status=503)
    assert told == {200: late, 400: broken, 600: late, 800: broken, 1000: late}
    assert not any(SOUND.disturb(count) for count in range(1, 1001))


@pytest.mark.full
def test_unreliable_over_sockets(
    running: Systems, sweep: Sweep, asked: list[Call], switched: Callable[..., None]
) -> None:
    switched("unreliable")
    answers = sweep(running.candidate.url, asked[:800]).values()
    assert sum(answer.status == 503 for answer in answers) == 2
    assert {answer.status for answer in answers} == {200, 503}
    assert sum(answer.ended_ns - answer.began_ns >= 1_500_000_000 for answer in answers) >= 2


def test_there_are_eight_and_each_has_a_title() -> None:
    assert len(DEFECTS) == 8
    assert PLACES.keys() | {"unreliable"} == DEFECTS.keys()
    assert len({title(name) for name in DEFECTS}) == 8


def test_switching_keeps_the_version_and_refuses_what_it_does_not_know(
    running: Systems, switched: Callable[..., None]
) -> None:
    switched("jpy", "rounding")
    assert control.defects(running.candidate.root) == {"jpy", "rounding"}
    assert control.version(running.candidate.root) == "2.0.0"
    with pytest.raises(UsageError, match="no such defect: typo"):
        control.switch(running.candidate.root, ["typo"])
    assert control.defects(running.candidate.root) == {"jpy", "rounding"}
