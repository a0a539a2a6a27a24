"""Amounts of money in a tree: what is one, and in which currency.

An amount is a number (or a text that is one) under a name that says so in one of the languages billing systems
are written in; an integer only where a currency stands nearby.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Final

from strangler.comparison.model import Node, Path
from strangler.comparison.paths import child
from strangler.comparison.values import EXACT, number_in


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final = re.compile(r"[A-Z]?[a-zà-ÿ]+|[A-Z]+(?![a-z])|\d+")
_MONEY: Final = _words(
    """
    amount amt total totals subtotal grandtotal sum price cost cents tax taxes vat gst net gross balance due paid
    payable receivable outstanding fee fees discount charge charges credit debit deposit refund refunded payment
    commission surcharge allowance rounding prepaid revenue untaxed taxable mrr
    betrag summe gesamt gesamtbetrag preis einzelpreis steuer steuerbetrag mwst ust netto brutto saldo rabatt
    gebuehr gebühr anzahlung zahlbetrag
    montant prix taxe tva solde remise frais acompte
    importe precio impuesto iva saldo descuento cuota totales
    importo prezzo imposta sconto totale valore
    valor preco preço imposto desconto
    bedrag prijs belasting btw korting totaal
    kwota cena podatek suma belopp pris moms
    """
)
_NOT_MONEY: Final = _words(
    """
    rate percent percentage pct count quantity qty number no nr num id ids uuid code type kind name names reason date
    at on day days month year period status state url uri text note notes description label method currency category
    scheme page pages limit offset items lines identifier country reference ref exempt exemption version
    satz prozent anzahl menge nummer datum grund art taux nombre
    """
)
_CURRENCY: Final = _words(
    "currency currencycode currencyid currencyiso waehrung währung devise moneda divisa valuta moeda waluta"
)
_WIDEST: Final = 1_024
"""Members of a map that are looked through, anew for each difference below it."""
_MINOR: Final = _words("cents cent minor")
_CODE: Final = re.compile(r"[A-Za-z]{3}")
MINOR_DIGITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(_words("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), 0),
    **dict.fromkeys(_words("BHD IQD JOD KWD LYD OMR TND"), 3),
    **dict.fromkeys(_words("CLF UYW"), 4),
}
"""Digits of the minor unit (ISO 4217) of the currencies that have not two."""


def minor_digits(currency: str | None) -> int:
    """Digits of a currency's minor unit (ISO 4217): 2 for EUR and whatever is not known, 0 for JPY, 3 for KWD."""
    return MINOR_DIGITS.get(currency or "", 2)


@lru_cache(maxsize=8_192)
def named_like_money(name: str) -> bool:
    """Whether a member's name speaks of money: `tax_amount` does, `tax_rate` and `total_count` do not."""
    words = _words_of(name)
    return not words.isdisjoint(_MONEY) and words.isdisjoint(_NOT_MONEY)


@lru_cache(maxsize=8_192)
def _words_of(name: str) -> frozenset[str]:
    return frozenset(word.lower() for word in _WORDS.findall(name))


def name_of(path: Path) -> str:
    """The last name of a path, past list positions and an XML element's text."""
    for step in reversed(path):
        if isinstance(step, str) and step != "#text":
            return step
    return ""


def is_amount(name: str, value: Node, number: Decimal | None, currency: str | None) -> bool:
    """Whether a value that is, or holds, `number` is an amount under its last name, with that `currency` nearby."""
    if number is None or not named_like_money(name):
        return False
    return currency is not None or isinstance(value, Decimal) or (isinstance(value, str) and "." in value)


def holds_amount(name: str, node: Node, currency: str | None) -> bool:
    """Whether a value, or anything below it, is an amount."""
    if isinstance(node, dict):
        inner = currency_here(node) or currency
        return any(
            holds_amount(name if step == "#text" else step, below, inner) for step, below in node.items()
        )
    if isinstance(node, list):
        return any(holds_amount(name, below, currency) for below in node)
    return named_like_money(name) and is_amount(name, node, number_in(node), currency)


def currency_at(root: Node, path: Path) -> str | None:
    """The currency nearest to a path: beside the value, else in the closest map around it that names one."""
    nearest: str | None = None
    for node in _along(root, path):
        if isinstance(node, dict):
            nearest = currency_here(node) or nearest
    return nearest or _single_below(root)


def currency_here(node: dict[str, Node]) -> str | None:
    """The currency a map names for itself. One of very many members is an index, and no record that has one."""
    if len(node) > _WIDEST:
        return None
    for name, value in node.items():
        if is_currency_name(name):
            code = _code(value)
            if code is not None:
                return code
    return None


@lru_cache(maxsize=8_192)
def is_currency_name(name: str) -> bool:
    """Whether a name is a currency's: `currency`, `currency_code`, `@currencyID`, `cbc:DocumentCurrencyCode`."""
    words = [word.lower() for word in _WORDS.findall(name.rpartition(":")[2])]
    return not _CURRENCY.isdisjoint(words) or "".join(words) in _CURRENCY


def _code(value: Node) -> str | None:
    """`EUR`, `eur`, `[{"#text": "EUR"}]`, `{"code": "EUR"}`."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        value = next((value[name] for name in ("#text", "code", "iso", "id") if name in value), None)
    return value.upper() if isinstance(value, str) and _CODE.fullmatch(value) else None


def _along(root: Node, path: Path) -> Iterator[Node]:
    node = root
    yield node
    for step in path:
        try:
            node = child(node, step)
        except KeyError:
            return
        yield node


def _single_below(root: Node) -> str | None:
    """The document's currency, where a map in its first two levels names one (`{"invoice": {"currency": …}}`)."""
    level = [root]
    for _ in range(3):
        codes = {code for node in level if isinstance(node, dict) and (code := currency_here(node))}
        if codes:
            return codes.pop() if len(codes) == 1 else None
        below = (
            each
            for node in level
            if isinstance(node, dict | list)
            for each in (node.values() if isinstance(node, dict) else node[:1])
        )
        level = list(islice(below, 64))
    return None


def drift(numbers: tuple[Decimal, Decimal] | None, name: str, currency: str | None) -> Decimal | None:
    """Candidate minus legacy, in the currency's major unit; under a name that says cents, from minor ones."""
    if numbers is None:
        return None
    left, right = numbers
    difference = EXACT.subtract(right, left)
    if not _MINOR.isdisjoint(_words_of(name)):
        return difference.scaleb(-minor_digits(currency))
    return difference
