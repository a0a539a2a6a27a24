"""`verify`: what must be so before the migration is complete; nothing is changed by it."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, model_validator

from strangler.config.base import Part
from strangler_migrations.checks import Check
from strangler_migrations.draft import Change, Draft
from strangler_migrations.operations.base import Expression
from strangler_migrations.statement import Phase

_BOTH = (Phase.VERIFY, Phase.COMPLETE)


class Verify(Part):
    """Ask the rows before the migration goes on: at the end of `start`, and again before `complete`."""

    KIND: ClassVar = "verify"

    name: str = Field(min_length=1)
    """What is verified, as it is reported."""
    no_rows: Expression | None = None
    """A query in the new version that must give no row."""
    old: Expression | None = None
    """A query in the old version."""
    new: Expression | None = None
    """A query in the new version that must give the same rows, as many of each."""

    @model_validator(mode="after")
    def _one_kind(self) -> Verify:
        compared = self.old is not None and self.new is not None
        said = self.old is not None or self.new is not None
        if said != compared or compared == (self.no_rows is not None):
            raise ValueError("say `no_rows`, or both `old` and `new`")
        return self


def phases(operation: Verify, draft: Draft) -> Change:
    """No statement: a check, each query read as its version reads it."""
    check = _alone(operation, draft) if operation.no_rows else _compared(operation, draft)
    return Change({}, draft, checks=(check,))


def _alone(operation: Verify, draft: Draft) -> Check:
    return Check(
        operation.name,
        "SELECT 'row', CAST(found AS text) FROM _strangler_found AS found",
        {"row": "rows that must not be there"},
        ("row",),
        _BOTH,
        draft.where,
        "mend them; or change what the file asks for, after a rollback",
        views={"_strangler_found": ("new", operation.no_rows or "")},
    )


def _compared(operation: Verify, draft: Draft) -> Check:
    sides = (("only old", "_strangler_was", "_strangler_is"), ("only new", "_strangler_is", "_strangler_was"))
    rows = " UNION ALL ".join(
        f"SELECT '{what}', CAST(found AS text) FROM"
        f" (SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}) AS found"
        for what, one, other in sides
    )
    return Check(
        operation.name,
        rows,
        {"only old": "rows that only the old version has", "only new": "rows that only the new version has"},
        ("only old", "only new"),
        _BOTH,
        draft.where,
        "mend them; or change what the file asks for, after a rollback",
        views={"_strangler_was": ("old", operation.old or ""), "_strangler_is": ("new", operation.new or "")},
    )
