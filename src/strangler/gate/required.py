"""What goes first: other cutovers, and phases of migrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from strangler.gate.case import Case
from strangler.gate.verdict import Reason

PHASES: Final = ("expand", "backfill", "verify", "contract", "drop")
"""Of a migration, in their order; one that was reached stays reached."""
_COMPLETE: Final = frozenset({"candidate", "retired"})


def cutovers(case: Case) -> Iterator[Reason]:
    """Cutovers that go first and are not complete."""
    for name, phase in case.evidence.required:
        if phase not in _COMPLETE:
            yield Reason(
                "required-cutover",
                "frozen",
                f"`{name}` goes first, and is in {phase}",
                "candidate or retired",
                f"`strangler cutover advance {name}` until it is",
                case.line_of("cutovers", case.evidence.cutover, "requires"),
            )


def migrations(case: Case) -> Iterator[Reason]:
    """Migrations that are not as far as they must be, or of which nobody has said anything."""
    reached = {fact.subject: fact.phase for fact in case.facts if fact.kind == "migration"}
    for name, phase in case.evidence.required_migrations:
        found = reached.get(name)
        if found in PHASES and PHASES.index(found) >= PHASES.index(phase):
            continue
        yield Reason(
            "required-migration",
            "frozen" if found in PHASES else "insufficient",
            f"the migration `{name}` is in {found}"
            if found
            else f"nothing is known of the migration `{name}`",
            f"{phase}, or a later phase",
            f"bring `{name}` to {phase}",
            case.line_of("cutovers", case.evidence.cutover, "requires", "migrations", name),
        )
