"""The way in which either side rounds, found by computing it again."""

from decimal import Decimal

import pytest

from strangler.comparison.pair import compare

LINES = [
    {"quantity": 1, "unit_price": Decimal("0.125"), "tax_rate": Decimal("0.19")},
    {"quantity": 3, "unit_price": Decimal("0.125"), "tax_rate": Decimal("0.19")},
    {"quantity": 1, "unit_price": Decimal("0.145"), "tax_rate": Decimal("0.19")},
]
"""Nets 0.125, 0.375, 0.145: each line half-up 0.13 + 0.38 + 0.15 = 0.66, half-even 0.12 + 0.38 + 0.14 = 0.64; the sum
0.645 half-up 0.65, half-even 0.64.
"""


def detail(left: object, right: object) -> str:
    (difference,) = compare(left, right).differences
    assert difference.cause.code == "rounding"
    return difference.cause.detail


def invoice(net: str, lines: object = LINES) -> object:
    return {"currency": "EUR", "net": Decimal(net), "lines": lines}


@pytest.mark.parametrize(
    ("left", "right", "how"),
    [
        ("0.66", "0.65", "legacy rounds each line half-up, the candidate the total half-up"),
        ("0.65", "0.64", "legacy rounds the total half-up, the candidate each line half-even"),
        ("0.66", "0.64", "legacy rounds each line half-up, the candidate each line half-even"),
    ],
)
def test_of_a_sum(left: str, right: str, how: str) -> None:
    assert detail(invoice(left), invoice(right)).endswith(how)


def test_of_one_line() -> None:
    def line(net: str) -> object:
        return {"currency": "EUR", "lines": [{"quantity": 5, "unit_price": "0.097", "net": net}]}

    assert detail(line("0.49"), line("0.48")).endswith("legacy rounds half-up, the candidate half-even")


def test_of_a_tax_in_per_cent_and_in_minor_units() -> None:
    lines = [{"quantity": 1, "unit_price": price, "tax_rate": 19} for price in (150, 250, 350)]
    # Taxes 28.5, 47.5, 66.5: each line half-up 144, the total 142.5 half-up 143, half-even 142.
    left, right = ({"currency": "JPY", "tax": tax, "lines": lines} for tax in (144, 143))
    assert detail(left, right).endswith("legacy rounds each line half-up, the candidate the total half-up")


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"sku": "A"}],
        [{"quantity": 1, "unit_price": "0.10"}],
        [{"quantity": 1, "unit_price": "1e400"}],
        ["text"],
    ],
    ids=["none", "no price", "another sum", "absurd", "no maps"],
)
def test_it_says_nothing_where_the_document_does_not_tell(lines: object) -> None:
    assert detail(invoice("0.66", lines), invoice("0.65", lines)) == "off by 1 in the last digit"
