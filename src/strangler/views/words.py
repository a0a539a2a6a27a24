"""Figures in words: times, shares, money."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal


def iso(at_ns: int) -> str | None:
    """Unix nanoseconds as RFC 3339 in UTC, to the second; None for never (0)."""
    return f"{datetime.fromtimestamp(at_ns // 1_000_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}" if at_ns else None


def ago(at_ns: int, now_ns: int) -> str:
    """`just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`; `never` for 0."""
    if not at_ns:
        return "never"
    seconds = max(0, now_ns - at_ns) // 1_000_000_000
    if seconds < 2:
        return "just now"
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def percent(basis_points: int) -> str:
    """`5 %`, `12.5 %`."""
    whole, rest = divmod(basis_points, 100)
    return (f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)) + " %"


def counted(number: int, noun: str) -> str:
    """`1 route`, `2,000 routes`, `3 entries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{number:,} {noun}s"


def money(amount: Decimal, currency: str) -> str:
    """With its sign and its currency's digits: `+0.01 EUR`, `-1,200 JPY`; more digits where it has more."""
    from strangler.comparison.amounts import minor_digits

    digits = minor_digits(currency)
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > digits:
        trimmed = f"{amount:f}".rstrip("0")
        digits = max(digits, len(trimmed) - trimmed.index(".") - 1)
    return f"{amount:+,.{digits}f} {currency}".strip()
