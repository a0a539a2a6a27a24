"""What a migration's rows answered: as JSON."""

from __future__ import annotations

from typing import Any

from strangler_migrations.checks import Answer, Check


def as_object(check: Check, answer: Answer | None) -> dict[str, Any]:
    """For programs; `findings` is null where nothing was counted."""
    findings = None
    if answer is not None:
        findings = [
            {"finding": each.finding, "rows": each.rows, "samples": list(each.samples)}
            for each in answer.findings
        ]
    return {"name": check.name, "findings": findings}
