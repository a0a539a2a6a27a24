"""The first differences, as the evidence keeps them: redacted, and no longer than a screen's line or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from strangler.redaction import Redactor
from strangler_migrations.parity.layout import Layout
from strangler_migrations.parity.model import ColumnDifference, Difference
from strangler_migrations.parity.settling import Settled

_LONGEST: Final = 200
DIFFERING: Final = frozenset({"changed", "missing", "surplus", "duplicate"})


def listed(settled: Sequence[Settled], layout: Layout, redactor: Redactor, room: int) -> list[Difference]:
    """At most `room` of those that differ."""
    names = [part.left.name for part in layout.key]
    return [
        Difference(
            each.outcome,  # type: ignore[arg-type]  # one of the kinds, by the condition below
            {name: _shown(redactor, name, value) for name, value in zip(names, each.key, strict=True)},
            tuple(_redacted(redactor, column) for column in each.columns),
        )
        for each in [each for each in settled if each.outcome in DIFFERING][: max(0, room)]
    ]


def _redacted(redactor: Redactor, difference: ColumnDifference) -> ColumnDifference:
    return ColumnDifference(
        difference.column,
        _shown(redactor, difference.column, difference.left),
        _shown(redactor, difference.column, difference.right),
        difference.cause,
    )


def _shown(redactor: Redactor, column: str, value: str | None) -> str | None:
    if value is None:
        return None
    text = str(redactor.node(value, (column,)))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
