"""Where a route's documents have their numbers, ready to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import jsonpath

from strangler.comparison.model import Node
from strangler.config import Config
from strangler.config.numbers import Numbers
from strangler.numbers import parted
from strangler.redaction import Redactor

type Shown = dict[tuple[str, int], tuple[str, ...]]
"""Series and number to the tokens of the documents that have it; more than one where an answer lists a double."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what a route declares."""

    number: Any
    document: Any
    series: Any
    constant: str
    counter: Literal["first", "last"]

    @classmethod
    def of(cls, declared: Numbers) -> Reader:
        """Compiled."""
        path = declared.series if declared.series.startswith("$") else ""
        return cls(
            jsonpath.compile(declared.number),
            jsonpath.compile(declared.document),
            jsonpath.compile(path) if path else None,
            "" if path else declared.series,
            declared.counter,
        )

    def read(self, root: Node, redactor: Redactor) -> Shown | None:
        """The numbers of a document; None where one cannot be read, or has no document."""
        numbers, documents = self.number.findall(root), self.document.findall(root)
        series = self.series.findall(root) if self.series is not None else [self.constant] * len(numbers)
        if len(series) == 1:
            series *= len(numbers)
        if not len(numbers) == len(documents) == len(series):
            return None
        out: Shown = {}
        for each in zip(numbers, documents, series, strict=True):
            number, document, before = map(_text, each)
            found = parted(number, self.counter) if number else None
            if found is None or document is None or before is None:
                return None
            name = "/".join(part for part in (before, found[0]) if part) or "-"
            key, token = (redactor.text(name), found[1]), redactor.token(document, "id")
            out[key] = tuple(dict.fromkeys((*out.get(key, ()), token)))
        return out


def readers(config: Config) -> Mapping[str, Reader]:
    """Per route that declares numbers."""
    return {
        name: Reader.of(route.numbers) for name, route in config.routes.items() if route.numbers is not None
    }


def _text(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return str(value)
