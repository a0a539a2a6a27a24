"""Python values as a tree: what a caller may compare without HTTP around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from strangler.comparison.model import Node, Opaque
from strangler.errors import UsageError


def plain_tree(value: object, depth: int) -> Node:
    """A tree of at most `depth` levels. A float is taken for the shortest decimal that reads back as it.

    Raises UsageError for what has no place in a tree.
    """
    kind = type(value)
    if kind is str or kind is int or kind is Decimal or kind is bool or value is None:
        return value  # type: ignore[return-value]  # the types just named
    if depth <= 0:
        raise UsageError("the value is nested too deeply to be compared")
    if not isinstance(value, dict | list):
        if isinstance(value, float):
            return Decimal(repr(value))
        if isinstance(value, int | Decimal | str | Opaque):
            return value
    if isinstance(value, dict | Mapping):
        return {str(name): plain_tree(child, depth - 1) for name, child in value.items()}
    if isinstance(value, list | Sequence) and not isinstance(value, bytes | bytearray):
        return [plain_tree(child, depth - 1) for child in value]
    raise UsageError(
        f"a {type(value).__name__} cannot be compared",
        remedy="give an Answer, bytes, text, or maps and lists of texts, numbers, booleans and None",
    )
