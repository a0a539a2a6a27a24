"""What differs between two catalogues, in words: the proof that a rollback left nothing behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from strangler_migrations.catalog.model import Catalog


def differences(left: Catalog, right: Catalog) -> list[str]:
    """Every place where they differ, as `tables.invoices.columns.amount.type: integer, bigint`; none: equal."""
    return list(_between("", left, right))


def _between(place: str, left: object, right: object) -> Iterator[str]:
    if left == right:
        return
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted({*left, *right}):
            inner = f"{place}.{key}" if place else str(key)
            if key not in left or key not in right:
                yield f"{inner}: {'only right' if key in right else 'only left'}"
            else:
                yield from _between(inner, left[key], right[key])
    elif is_dataclass(left) and type(left) is type(right):
        for field in fields(left):
            if field.compare:
                inner = f"{place}.{field.name}" if place else field.name
                yield from _between(inner, getattr(left, field.name), getattr(right, field.name))
    else:
        yield f"{place}: {_shown(left)}, {_shown(right)}"


def _shown(value: object) -> str:
    return str(sorted(value) if isinstance(value, frozenset) else value)
