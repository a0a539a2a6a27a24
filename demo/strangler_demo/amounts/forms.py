"""What each service says to the database: legacy knows a float, the candidate whole cents and a currency.

Neither makes a float of it: PostgreSQL writes and reads the double's shortest text, as legacy always did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, LiteralString


@dataclass(frozen=True, slots=True)
class Form:
    """A service's statements. Amounts come and go as text with two digits; `version`: None for legacy."""

    version: str | None
    path: str
    invoice: LiteralString
    balance: LiteralString
    book: LiteralString
    credit: LiteralString


LEGACY: Final = Form(
    None,
    "public",
    "SELECT id, number, customer, issued::text, round(amount::numeric, 2)::text, 'EUR' FROM invoices WHERE id = %s",
    "SELECT coalesce(round(sum(amount)::numeric, 2), 0.00)::text FROM invoices WHERE customer = %s",
    "INSERT INTO invoices (number, customer, issued, amount)"
    " VALUES ('R-' || nextval('public.invoice_numbers'), %s, current_date, %s::text::float8)"
    " RETURNING id, number, customer, issued::text, round(amount::numeric, 2)::text, 'EUR'",
    "UPDATE invoices SET amount = round((amount - %s::text::float8)::numeric, 2)::float8 WHERE id = %s"
    " RETURNING id, number, customer, issued::text, round(amount::numeric, 2)::text, 'EUR'",
)
CANDIDATE: Final = Form(
    "3.0.0",
    "public_01_amounts",
    "SELECT id, number, customer, issued::text, round(amount / 100.0, 2)::text, currency FROM invoices WHERE id = %s",
    "SELECT coalesce(round(sum(amount) / 100.0, 2), 0.00)::text FROM invoices WHERE customer = %s",
    "INSERT INTO invoices (number, customer, issued, amount, currency)"
    " VALUES ('R-' || nextval('public.invoice_numbers'), %s, current_date, (%s::text::numeric * 100)::bigint, 'EUR')"
    " RETURNING id, number, customer, issued::text, round(amount / 100.0, 2)::text, currency",
    "UPDATE invoices SET amount = amount - (%s::text::numeric * 100)::bigint WHERE id = %s"
    " RETURNING id, number, customer, issued::text, round(amount / 100.0, 2)::text, currency",
)
