"""GitLab's code quality report: an array, what stands in the way each an entry on strangler.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strangler_cli.formats.sarif import fingerprint, uri

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked

_SEVERITIES: Final = {"blocked": "blocker", "insufficient": "major", "frozen": "info"}


def as_gitlab(asked: Asked) -> list[dict[str, Any]]:
    """Empty where it passes. GitLab wants a line, and a fingerprint that no other entry has."""
    found: dict[str, dict[str, Any]] = {}
    for reason in asked.verdict.reasons:
        mark = fingerprint(reason, asked.verdict.cutover)
        entry = found.setdefault(
            mark,
            {
                "description": f"{reason.measured}; required: {reason.required}",
                "check_name": f"strangler/{reason.code}",
                "fingerprint": mark,
                "severity": _SEVERITIES[reason.status],
                "location": {"path": uri(asked.file), "lines": {"begin": max(1, reason.config_line)}},
            },
        )
        if reason.measured not in entry["description"]:
            entry["description"] += f"; {reason.measured}"
    return list(found.values())
