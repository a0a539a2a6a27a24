"""From where two documents disagree to what a person wants to know: cause, severity, drift, pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import structs

from strangler.comparison.amounts import (
    currency_at,
    drift,
    holds_amount,
    is_amount,
    name_of,
    named_like_money,
)
from strangler.comparison.causes import Site, cause_of
from strangler.comparison.context import Context
from strangler.comparison.differences import Raw
from strangler.comparison.model import UNEXPLAINED, Cause, Difference, Location, Node, Path, Severity
from strangler.comparison.paths import ANY, at
from strangler.comparison.patterns import Patterns
from strangler.comparison.values import number_in

_UNTOLD: Final = frozenset({UNEXPLAINED.code, "null-or-absent"})
_MILD: Final = frozenset({"case", "whitespace", "scale", "order", "date-format"})
_SEVERAL: Final = 20
"""Members that one parent loses (or gains) by their names; with more it is another kind of record."""


def explained(found: Sequence[Raw], left_root: Node, right_root: Node, context: Context) -> list[Difference]:
    """The differences of a body, explained. Roots are the documents in legacy's shape."""
    patterns = Patterns(left_root, right_root)
    sites = [_site(raw, left_root, right_root, context.zone) for raw in found]
    shapes = [patterns.of(raw.path, raw.counterpart) for raw in found]
    together = _several_under_one(sites, shapes)
    return [
        _difference(raw, site, shape, together=bool(together) and shape[:-1] in together)
        for raw, site, shape in zip(found, sites, shapes, strict=True)
    ]


def _site(raw: Raw, left_root: Node, right_root: Node, zone: str) -> Site:
    name = name_of(raw.path)
    left, right = number_in(raw.left), number_in(raw.right)
    currency = None
    if left is not None or right is not None or _container(raw.left) or _container(raw.right):
        currency = currency_at(left_root, raw.path) or currency_at(right_root, raw.counterpart)
    return Site(
        kind=raw.kind,
        path=raw.path,
        counterpart=raw.counterpart,
        left=raw.left,
        right=raw.right,
        left_root=left_root,
        right_root=right_root,
        currency=currency,
        amount=is_amount(name, raw.left, left, currency) or is_amount(name, raw.right, right, currency),
        zone=zone,
        name=name,
        numbers=None if left is None or right is None else (left, right),
    )


def _container(value: Node) -> bool:
    return type(value) is dict or type(value) is list


def _several_under_one(sites: Sequence[Site], shapes: Sequence[Path]) -> set[Path]:
    """Parents under which so many members are missing (or extra) in this pair that they are one divergence.

    Up to `_SEVERAL` each is one by its name: what a version drops is a list of fields, and who accepts one of them has
    not accepted the others. An amount keeps its name always: a lost total must never hide behind lost notes.
    """
    names: dict[tuple[str, Path], set[str | int]] = {}
    for site, shape in zip(sites, shapes, strict=True):
        if _groupable(site):
            names.setdefault((site.kind, shape[:-1]), set()).add(shape[-1])
    return {parent for (_, parent), several in names.items() if len(several) > _SEVERAL}


def _groupable(site: Site) -> bool:
    if (
        site.kind not in {"missing", "extra"}
        or not site.path
        or not isinstance(site.path[-1], str)
        or site.amount
    ):
        return False
    value = site.left if site.kind == "missing" else site.right
    if named_like_money(site.name) and number_in(value) is not None:
        # No currency says that it is an amount, and its name does: `account_balance: 0`.
        return False
    return not holds_amount(site.name, value, site.currency)


def _difference(raw: Raw, site: Site, shape: Path, *, together: bool) -> Difference:
    cause = Cause("rule-failed", raw.failed) if raw.failed else cause_of(site)
    money = raw.exact or site.amount or cause.code == "currency" or _touches_money(site)
    severity: Severity = "money" if money else "minor" if cause.code in _MILD else "major"
    path = raw.counterpart if raw.kind == "extra" else raw.path
    return Difference(
        location=Location("body", path),
        kind=raw.kind,
        left=raw.left,
        right=raw.right,
        cause=cause,
        severity=severity,
        drift=drift(site.numbers, site.name, site.currency) if site.amount else None,
        currency=site.currency if site.amount else None,
        pattern=(*shape[:-1], ANY) if together and _groupable(site) else shape,
        counterpart=raw.counterpart if raw.counterpart != path else None,
    )


def of_an_error(difference: Difference, status: int) -> Difference:
    """A difference between the bodies of two errors: how a system words them is one habit, whatever the place."""
    body, money = difference.location.part == "body", difference.severity == "money"
    if not body or money or difference.cause.code not in _UNTOLD:
        return difference
    return structs.replace(difference, cause=Cause("error-body", f"both answer {status}"), severity="minor")


def _touches_money(site: Site) -> bool:
    """Whether a value that is no amount itself holds amounts: a lost line, a list with other rows."""
    if site.kind == "length":
        return _holds(site.left_root, site.path, site.currency) or _holds(
            site.right_root, site.counterpart, site.currency
        )
    if site.kind != "order":
        return (_container(site.left) and holds_amount(site.name, site.left, site.currency)) or (
            _container(site.right) and holds_amount(site.name, site.right, site.currency)
        )
    return False


def _holds(root: Node, path: Path, currency: str | None) -> bool:
    try:
        return holds_amount(name_of(path), at(root, path), currency)
    except KeyError:
        return False
