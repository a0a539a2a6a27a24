"""What is sold, and to whom: names and prices from which the month is made."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from strangler_demo.requests import Line
from strangler_demo.world import DECIMALS, VatKind

_WORDS: Final = (
    "Ledger",
    "Archive",
    "Mail",
    "Storage",
    "Analytics",
    "Support",
    "Backup",
    "Gateway",
    "Signing",
    "Print",
)
_KINDS: Final = ("seat", "pack", "hour", "terabyte", "module", "licence", "report", "handbook")
_EXCHANGE: Final = {
    "EUR": Decimal(1), "GBP": Decimal("0.86"), "USD": Decimal("1.09"), "JPY": Decimal(163),
    "KWD": Decimal("0.335"),
}  # fmt: skip
_CENTS: Final = (Decimal("0.50"), Decimal("0.90"), Decimal("0.99"), Decimal("0.25"), Decimal("0.05"))
_DISCOUNTS: Final = (Decimal(0), Decimal(0), Decimal(0), Decimal(5), Decimal(10), Decimal("12.5"))

NAMES: Final = {
    "DE": ("Bäckerei Öttinger", "Hafen & Söhne", "Malerbetrieb Groß", "Praxis Dr. Jäger"),
    "FR": ("Atelier Lumière", "Boulangerie Chênevert", "Société Garçon & Cie", "Librairie du Pont"),
    "IT": ("Officina Perù", "Caffè Città", "Studio Bellini", "Trattoria da Nicolò"),
    "NL": ("Fietsenmaker De Vries", "Bloemen & Co", "Drukkerij Zuid", "Café 't Hoekje"),
    "GB": ("Thames Joinery", "Marks & Daughter", "O'Neill Brewing", "Kestrel Legal"),
    "US": ("Blue Mesa Supply", 'Harbor "Fresh" Foods', "Ridge Analytics", "Sunset Dental"),
    "JP": ("株式会社さくら", "ミナト商事", "有限会社やまと", "東京デザイン"),
    "KW": ("Gulf Trading", "Al Noor Clinic", "Desert Rose", "Kuwait Marine"),
}
CITIES: Final = {
    "DE": ("Köln", "50667"), "FR": ("Besançon", "25000"), "IT": ("Forlì", "47121"), "NL": ("Den Haag",
    "2511 AB"),
    "GB": ("Leeds", "LS1 4DY"), "US": ("Albuquerque", "87102"), "JP": ("大阪", "530-0001"), "KW": ("Salmiya",
    "22001"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Article:
    """Something with a price in euro."""

    sku: str
    text: str
    price: Decimal
    vat: VatKind


def articles() -> tuple[Article, ...]:
    """Eighty articles in the order of the catalogue, which is also the order of their numbers."""
    return tuple(
        Article(
            f"A-{100 + 10 * group + kind}",
            f"{word} {name}",
            Decimal(3 + 7 * kind + group) + _CENTS[(group + kind) % len(_CENTS)],
            "reduced" if name == "handbook" else "standard",
        )
        for group, word in enumerate(_WORDS)
        for kind, name in enumerate(_KINDS)
    )


def line(rng: random.Random, article: Article, currency: str) -> Line:
    """An article on an invoice: a quantity, the price in the customer's currency, sometimes a discount."""
    quantity = rng.choice(
        (Decimal(1), Decimal(1), Decimal(2), Decimal(3), Decimal("0.5"), Decimal("2.25"), Decimal(12))
    )
    exact = article.price * _EXCHANGE[currency]
    places = DECIMALS[currency] + (2 if rng.random() < 0.1 and currency != "JPY" else 0)
    price = exact.quantize(Decimal(1).scaleb(-min(places, 4)), ROUND_HALF_UP)
    return Line(article.sku, article.text, quantity, price, rng.choice(_DISCOUNTS), article.vat)
