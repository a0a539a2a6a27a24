"""Whether two rows are the same under the rules: asked of the comparison itself, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec

from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler_migrations.parity.kinds import nature
from strangler_migrations.parity.layout import Layout
from strangler_migrations.parity.model import Column, ColumnDifference, Row

if TYPE_CHECKING:
    from strangler.config.rules import Rule


_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(slots=True)
class Judge:
    """Compares rows by the rules. `silenced`: by digest, how often a rule let something pass."""

    layout: Layout
    rules: Rules
    silenced: dict[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def of(cls, layout: Layout, rules: Sequence[Rule]) -> Judge:
        """Raises ConfigError where a rule cannot hold."""
        return cls(layout, Rules.of(rules))

    def differences(self, left: Row, right: Row) -> tuple[ColumnDifference, ...]:
        """What two rows disagree about; nothing where they are the same."""
        outcome = compare(self._document(left, right=False), self._document(right, right=True), self.rules)
        found: dict[str, str] = {}
        for difference in outcome.differences:
            if difference.location.path:
                found.setdefault(str(difference.location.path[0]), difference.cause.code)
        if not found:
            for digest, count in outcome.silenced.items():
                self.silenced[digest] = self.silenced.get(digest, 0) + count
        names = [pair.name for pair in self.layout.pairs]
        return tuple(
            ColumnDifference(each, left[place], right[place], found[each])
            for place, each in enumerate(names)
            if each in found
        )

    def _document(self, row: Row, *, right: bool) -> dict[str, Any]:
        pairs = zip(self.layout.pairs, row, strict=True)
        return {pair.name: node(pair.right if right else pair.left, text) for pair, text in pairs}


def node(column: Column, text: str | None) -> Any:
    """A value as the comparison has it: numbers exact, JSON as a tree, everything else as text. NaN is a text."""
    if text is None:
        return None
    kind = nature(column.type)
    if kind == "boolean":
        return text == "true"
    if kind == "number":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return number if number.is_finite() else text
    if kind == "json":
        try:
            return _JSON.decode(text)
        except (msgspec.DecodeError, InvalidOperation):
            return text
    return text
