"""An invoice as UBL 2.1, put together from text templates the way the legacy always did."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from xml.sax.saxutils import escape

from strangler_demo.legacy.dates import iso
from strangler_demo.legacy.documents import invoice_rows
from strangler_demo.world import DECIMALS, SELLER, SELLER_NAME, SELLER_VAT_ID

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">\n'
    "  <cbc:ID>{number}</cbc:ID>\n"
    "  <cbc:IssueDate>{issued}</cbc:IssueDate>\n"
    "  <cbc:DueDate>{due}</cbc:DueDate>\n"
    "  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\n"
    "  <cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>\n"
)
_PARTY = (
    "  <cac:{role}><cac:Party><cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>"
    "<cac:PostalAddress><cac:Country><cbc:IdentificationCode>{country}</cbc:IdentificationCode></cac:Country>"
    "</cac:PostalAddress>{tax}</cac:Party></cac:{role}>\n"
)
_LINE = (
    "  <cac:InvoiceLine><cbc:ID>{position}</cbc:ID><cbc:InvoicedQuantity>{quantity}</cbc:InvoicedQuantity>"
    '<cbc:LineExtensionAmount currencyID="{currency}">{net}</cbc:LineExtensionAmount>'
    "<cac:Item><cbc:Name>{text}</cbc:Name><cac:SellersItemIdentification><cbc:ID>{sku}</cbc:ID>"
    "</cac:SellersItemIdentification><cac:ClassifiedTaxCategory><cbc:Percent>{vat}</cbc:Percent>"
    '</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID="{currency}">{price}'
    "</cbc:PriceAmount></cac:Price></cac:InvoiceLine>\n"
)


def invoice(db: sqlite3.Connection, key: int) -> bytes | None:
    """GET /invoices/{id}.xml."""
    rows = invoice_rows(db, key)
    if rows is None:
        return None
    head, lines = rows
    parts = [
        _HEAD.format(
            number=head["nummer"],
            issued=iso(head["ausgestellt"])[:10],
            due=iso(head["faellig"]),
            currency=head["waehrung"],
        ),
        _party("AccountingSupplierParty", SELLER_NAME, SELLER, SELLER_VAT_ID),
        _party("AccountingCustomerParty", head["name"], head["land"], head["ustid"]),
        _taxes(head),
        _totals(head),
        *(_line(row, head["waehrung"]) for row in lines),
        "</Invoice>\n",
    ]
    return "".join(parts).encode()


def _party(role: str, name: str, country: str, vat_id: str | None) -> str:
    tax = (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{vat_id}</cbc:CompanyID></cac:PartyTaxScheme>"
        if vat_id is not None
        else ""
    )
    return _PARTY.format(role=role, name=escape(name), country=country, tax=tax)


def _taxes(head: sqlite3.Row) -> str:
    reason = head["steuergrund"]
    exemption = (
        f"<cbc:TaxExemptionReason>{escape(reason)}</cbc:TaxExemptionReason>" if reason is not None else ""
    )
    return (
        f'  <cac:TaxTotal><cbc:TaxAmount currencyID="{head["waehrung"]}">{head["steuer"]}</cbc:TaxAmount>'
        f"<cac:TaxCategory><cbc:ID>{'S' if reason is None else 'AE'}</cbc:ID>{exemption}</cac:TaxCategory>"
        "</cac:TaxTotal>\n"
    )


def _totals(head: sqlite3.Row) -> str:
    amounts = (("TaxExclusiveAmount", "netto"), ("TaxInclusiveAmount", "brutto"), ("PayableAmount", "brutto"))
    elements = (
        f'<cbc:{name} currencyID="{head["waehrung"]}">{head[column]}</cbc:{name}>' for name, column in amounts
    )
    return f"  <cac:LegalMonetaryTotal>{''.join(elements)}</cac:LegalMonetaryTotal>\n"


def _line(row: sqlite3.Row, currency: str) -> str:
    return _LINE.format(
        position=row["pos"],
        quantity=_plain(row["menge"]),
        currency=currency,
        net=row["netto"],
        text=escape(row["bezeichnung"]),
        sku=escape(row["artikel"]),
        vat=_plain(row["ust"]),
        price=_at_least(row["preis"], DECIMALS[currency]),
    )


def _plain(number: str) -> str:
    """Without trailing zeros and without an exponent."""
    return f"{Decimal(number).normalize():f}"


def _at_least(number: str, places: int) -> str:
    """As many digits after the point as it needs, and no fewer than `places`."""
    plain = _plain(number)
    digits = len(plain.partition(".")[2])
    return plain if digits >= places else f"{Decimal(plain):.{places}f}"
