"""What both sides have in common: which columns, by which key, in which order, in which form.

Made once from the shapes of both sides and the rules; every statement of a pass is written from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from strangler.errors import UsageError
from strangler_migrations.parity.forms import Form, form
from strangler_migrations.parity.kinds import INTEGERS, TEXTS, ordered_alike
from strangler_migrations.parity.model import Column
from strangler_migrations.parity.pushed import NOTHING, Plan


@dataclass(frozen=True, slots=True)
class Pair:
    """A column on both sides. `form`: how it is hashed; None where it is in the key alone."""

    left: Column
    right: Column
    form: Form

    @property
    def name(self) -> str:
        """Left's name, by which rules know it."""
        return self.left.name


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A column of the key. `order`: `native`, or `C` for the bytes of its text."""

    left: Column
    right: Column
    order: str

    def native_as(self, type_name: str) -> bool:
        """In the order of this type, which both sides have."""
        return self.order == "native" and self.left.type == self.right.type == type_name

    @property
    def whole(self) -> bool:
        """A whole number on both sides."""
        return self.left.type in INTEGERS and self.right.type in INTEGERS


@dataclass(frozen=True, slots=True)
class Layout:
    """Key and columns of a pass, the key's columns among them."""

    key: tuple[KeyPart, ...]
    pairs: tuple[Pair, ...]

    @property
    def whole(self) -> bool:
        """The key is one whole number."""
        return len(self.key) == 1 and self.key[0].whole


def layout(
    left: Sequence[Column], right: Sequence[Column], key: Sequence[str], wanted: Sequence[str], rules: Plan
) -> Layout:
    """Pair the columns by name. Raises UsageError for what one side lacks, or a key that is not there."""
    ours = {column.name: column for column in left}
    theirs = {column.name: column for column in right}
    chosen = _chosen(ours, theirs, key, wanted, rules)
    pairs = []
    for name in chosen:
        a, b = ours[name], theirs[rules.renamed.get(name, name)]
        pairs.append(Pair(a, b, form(a, b, rules.by_column.get(name, NOTHING))))
    parts = tuple(_part(ours[name], theirs[rules.renamed.get(name, name)]) for name in key)
    return Layout(parts, tuple(pairs))


def _chosen(
    ours: dict[str, Column], theirs: dict[str, Column], key: Sequence[str], wanted: Sequence[str], rules: Plan
) -> list[str]:
    names = [name for name in wanted or ours if name not in rules.ignored]
    if rules.only is not None:
        names = [name for name in names if name in rules.only]
    names = [*key, *(name for name in names if name not in key)]
    lacking = [name for name in names if name not in ours]
    if lacking:
        raise UsageError(f"the left side has no column {_listed(lacking)}", remedy=f"it has: {_listed(ours)}")
    there = {rules.renamed.get(name, name) for name in names}
    absent = sorted(there - theirs.keys())
    if absent:
        raise UsageError(
            f"the right side has no column {_listed(absent)}",
            remedy="say what is compared (--column), or let a rule `ignore` or `rename` it",
        )
    surplus = sorted(theirs.keys() - there - rules.ignored) if not wanted and rules.only is None else []
    if surplus:
        raise UsageError(
            f"the left side has no column {_listed(surplus)}, and the right side has",
            remedy="say what is compared (--column), or let a rule `ignore` or `rename` it",
        )
    return names


def _part(left: Column, right: Column) -> KeyPart:
    native = ordered_alike(left.type, right.type) or (
        left.type in TEXTS - {"bpchar"}
        and right.type in TEXTS - {"bpchar"}
        and left.collation == right.collation != ""
    )
    return KeyPart(left, right, "native" if native else "C")


def _listed(names: Sequence[str] | dict[str, Column]) -> str:
    return ", ".join(f"`{name}`" for name in names)
