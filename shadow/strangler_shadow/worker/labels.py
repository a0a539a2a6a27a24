"""The strata labels of an exchange: those the plane read from the request, and those that stand in the answer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jsonpath

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.model import Answer, Node
from strangler.config import Config
from strangler.errors import DecodeError
from strangler.exchange import Exchange

type Labels = tuple[tuple[str, str], ...]


class Labeller:
    """Knows which labels the configuration has, in the order of the file, and where those of answers stand."""

    def __init__(self, config: Config) -> None:
        self._names = tuple(config.strata)
        self._answers: Mapping[str, Any] = {
            name: jsonpath.compile(label.answer)
            for name, label in config.strata.items()
            if label.answer is not None
        }

    def of(self, exchange: Exchange, context: Context) -> Labels:
        """Labels with their values; one that has none in this exchange is left out. `context`: of its route."""
        if not self._names:
            return ()
        found = dict(exchange.strata)
        if self._answers:
            root = _root(exchange, context)
            for name, path in self._answers.items():
                value = _text(path.findall(root)) if root is not None else None
                if value is not None:
                    found[name] = value
        return tuple((name, found[name]) for name in self._names if name in found)


def _root(exchange: Exchange, context: Context) -> Node:
    response = exchange.response
    if response is None or response.message.body is None:
        return None
    try:
        return decode(Answer(response.status, response.message.fields, response.message.body), context).root
    except DecodeError:
        return None


def _text(found: list[Any]) -> str | None:
    """The first value, when it is a scalar."""
    value = found[0] if found else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(value)
    return str(value) if isinstance(value, str | int) else None
