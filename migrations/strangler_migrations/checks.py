"""Questions to the rows that a migration has to answer: counted by finding, with samples, and some stop it.

An operation declares them; they are asked of a part of the rows before anything starts, and of all in the phases they
name: at the end of `verify`, before `complete` and by every proof that both forms agree; those of `drop` by every proof
in the grace time. What came out is kept with the migration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from strangler_migrations.statement import Phase

SAMPLES: Final = 5
"""Rows that are shown of each finding."""

type Asked = Literal["table", "old", "new", "both"]


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """`rows`: a query that gives a finding and a text for each row, such as `'rounded', 'id 7: 1.005'`.

    `sample`: the same before anything starts, over a part of the rows if `partial`; None: only afterwards.
    `words`: what a finding means; one that is not there needs none (`kept`).
    `blocks`: those with which the migration does not go on.
    `views`: queries that `rows` reads, by name: the version they are asked in, and their SQL.
    """

    name: str
    rows: str
    words: Mapping[str, str]
    blocks: tuple[str, ...]
    phases: tuple[Phase, ...]
    where: str = ""
    remedy: str = ""
    sample: str | None = None
    partial: bool = False
    views: Mapping[str, tuple[Literal["old", "new"], str]] = {}

    def counted(self, rows: str) -> str:
        """How many rows there are of each finding; `rows`: the whole query, or the one over a part."""
        return f"SELECT finding, count(*) FROM ({rows}\n) AS found (finding, shown) GROUP BY finding ORDER BY finding"

    def shown(self, rows: str) -> str:
        """Some rows of one finding, which is the parameter."""
        return (
            f"SELECT shown FROM ({rows.replace('%', '%%')}\n) AS found (finding, shown)"
            f" WHERE finding = %s LIMIT {SAMPLES}"
        )


class Finding(msgspec.Struct, frozen=True):
    """How many rows there are of a kind, and some of them."""

    finding: str
    rows: int
    samples: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What came of a check."""

    findings: tuple[Finding, ...]

    def stopping(self, check: Check) -> tuple[Finding, ...]:
        """Those with which the migration does not go on."""
        return tuple(each for each in self.findings if each.finding in check.blocks and each.rows)


def said(check: Check, answer: Answer) -> Iterator[str]:
    """The findings that need words, one sentence each."""
    for each in answer.findings:
        if each.rows and each.finding in check.words:
            some = f", such as {'; '.join(each.samples)}" if each.samples else ""
            yield f"{check.name}: {each.rows:,} {check.words[each.finding]}{some}"
