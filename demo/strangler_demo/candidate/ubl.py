"""An invoice as UBL 2.1, built as a tree."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import Final

from lxml import etree

from strangler_demo.candidate.behaviour import Behaviour
from strangler_demo.candidate.pricing import PricedLine, unscaled
from strangler_demo.candidate.records import Invoice, moment
from strangler_demo.candidate.records import invoice as find_invoice
from strangler_demo.world import DECIMALS, SELLER, SELLER_NAME, SELLER_VAT_ID

_UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
_CAC: Final = f"{{{_UBL}CommonAggregateComponents-2}}"
_CBC: Final = f"{{{_UBL}CommonBasicComponents-2}}"
_NAMESPACES: Final[dict[str | None, str]] = {None: f"{_UBL}Invoice-2", "cac": _CAC[1:-1], "cbc": _CBC[1:-1]}


def invoice(db: sqlite3.Connection, behaviour: Behaviour, key: int) -> bytes | None:
    """GET /invoices/{id}.xml."""
    found = find_invoice(db, behaviour, key)
    if found is None:
        return None
    row = found.row
    root = etree.Element(f"{{{_UBL}Invoice-2}}Invoice", nsmap=_NAMESPACES)
    _basic(root, "ID", row["number"])
    _basic(root, "IssueDate", behaviour.issue_day(moment(row["issued_at"])).isoformat())
    _basic(root, "DueDate", row["due_on"])
    _basic(root, "InvoiceTypeCode", "380")
    _basic(root, "DocumentCurrencyCode", row["currency"])
    _party(root, "AccountingSupplierParty", SELLER_NAME, SELLER, SELLER_VAT_ID)
    _party(root, "AccountingCustomerParty", row["name"], row["country"], row["vat_id"])
    _taxes(root, found, behaviour)
    _totals(root, found, behaviour)
    for line in behaviour.shown(found.lines):
        _line(root, line, row["currency"], behaviour)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _party(root: etree._Element, role: str, name: str, country: str, vat_id: str | None) -> None:
    party = _group(_group(root, role), "Party")
    _basic(_group(party, "PartyName"), "Name", name)
    _basic(_group(_group(party, "PostalAddress"), "Country"), "IdentificationCode", country)
    if vat_id is not None:
        _basic(_group(party, "PartyTaxScheme"), "CompanyID", vat_id)


def _taxes(root: etree._Element, found: Invoice, behaviour: Behaviour) -> None:
    currency, charged = found.row["currency"], bool(found.row["reverse_charge"])
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", behaviour.amount(found.tax, currency), currency)
    category = _group(total, "TaxCategory")
    _basic(category, "ID", "AE" if charged else "S")
    reason = behaviour.reason() if charged else None
    if reason is not None:
        _basic(category, "TaxExemptionReason", reason)


def _totals(root: etree._Element, found: Invoice, behaviour: Behaviour) -> None:
    currency = found.row["currency"]
    total = _group(root, "LegalMonetaryTotal")
    _amount(total, "TaxExclusiveAmount", behaviour.amount(found.net, currency), currency)
    _amount(total, "TaxInclusiveAmount", behaviour.amount(found.gross, currency), currency)
    _amount(total, "PayableAmount", behaviour.amount(found.gross, currency), currency)


def _line(root: etree._Element, line: PricedLine, currency: str, behaviour: Behaviour) -> None:
    element = _group(root, "InvoiceLine")
    _basic(element, "ID", str(line.position))
    _basic(element, "InvoicedQuantity", _digits(unscaled(line.quantity_milli, 3)))
    _amount(element, "LineExtensionAmount", behaviour.amount(line.net, currency), currency)
    item = _group(element, "Item")
    _basic(item, "Name", line.text)
    _basic(_group(item, "SellersItemIdentification"), "ID", line.sku)
    _basic(_group(item, "ClassifiedTaxCategory"), "Percent", _digits(unscaled(line.vat_bp, 2)))
    price = _digits(unscaled(line.unit_price_e4, 4), DECIMALS[currency])
    _basic(_group(element, "Price"), "PriceAmount", price).set("currencyID", currency)


def _group(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, _CAC + name)


def _basic(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, _CBC + name)
    element.text = text
    return element


def _amount(parent: etree._Element, name: str, amount: Decimal, currency: str) -> None:
    _basic(parent, name, str(amount)).set("currencyID", currency)


def _digits(number: Decimal, at_least: int = 0) -> str:
    """Without an exponent, without zeros at the end beyond `at_least` digits after the point."""
    exponent = number.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{number:.{max(at_least, -exponent)}f}"
