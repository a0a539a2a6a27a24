"""Two independent pieces of arithmetic agree to the last minor unit: `Decimal`, and integers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from strangler_demo.candidate import pricing as candidate
from strangler_demo.candidate.behaviour import in_major_units
from strangler_demo.candidate.defects import behave
from strangler_demo.legacy import pricing as legacy
from strangler_demo.requests import Line
from strangler_demo.world import COUNTRIES, DECIMALS


def decimals(places: int, largest: int) -> st.SearchStrategy[Decimal]:
    return st.integers(1, largest * 10**places).map(lambda number: Decimal(number).scaleb(-places))


def days() -> st.SearchStrategy[tuple[date | None, date | None]]:
    may = st.integers(1, 31)
    spans = st.tuples(may, may).map(lambda pair: (date(2026, 5, min(pair)), date(2026, 5, max(pair))))
    return st.one_of(st.just((None, None)), spans)


LINES = st.builds(
    lambda quantity, price, discount, vat, span: Line("A", "a", quantity, price, discount, vat, *span),
    decimals(3, 100),
    decimals(4, 10_000),
    st.integers(0, 10_000).map(lambda number: Decimal(number).scaleb(-2)),
    st.sampled_from(("standard", "reduced")),
    days(),
)


@given(LINES, st.sampled_from(sorted(COUNTRIES)), st.sampled_from(sorted(DECIMALS)), st.booleans())
@example(Line("A", "a", Decimal(1), Decimal("1.50")), "DE", "EUR", False)
def test_both_price_a_line_alike(line: Line, country: str, currency: str, business: bool) -> None:
    vat_id = f"{country}1" if business else None
    left = legacy.price(line, country, vat_id, currency)
    right = candidate.price(1, line, country, vat_id, currency)
    assert left.net == in_major_units(right.net, currency)
    assert left.tax == in_major_units(right.tax, currency)
    used, of = line.days()
    exact = (
        Fraction(line.quantity) * Fraction(line.unit_price) * (100 - Fraction(line.discount_percent)) / 100
    )
    quantum = Fraction(1, 10 ** DECIMALS[currency])
    assert abs(exact * used / of - Fraction(left.net)) <= quantum / 2


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_half_even_differs_from_half_up_only_at_ties(numerator: int, denominator: int) -> None:
    up, even = candidate.half_up(numerator, denominator), candidate.half_even(numerator, denominator)
    assert even == round(Fraction(numerator, denominator))
    if up != even:
        assert 2 * numerator % (2 * denominator) == denominator
        assert even % 2 == 0
        assert up == even + 1


def test_the_rounding_defect_and_a_tie() -> None:
    line = candidate.price(1, Line("A", "a", Decimal(1), Decimal("1.50")), "DE", None, "EUR")
    assert (line.net, line.tax) == (150, 29)  # 0.285
    assert behave(["rounding"]).document_tax([line]) == 28
    assert behave([]).document_tax([line]) == 29


def test_a_prorated_line_is_charged_for_its_days() -> None:
    line = Line("A", "a", Decimal(1), Decimal(31), first=date(2026, 5, 1), last=date(2026, 5, 10))
    assert legacy.price(line, "US", None, "USD").net == Decimal("10.00")
    assert candidate.price(1, line, "US", None, "USD").net == 1000
