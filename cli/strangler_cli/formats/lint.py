"""What lint found, for people, for GitHub, as SARIF, for programs."""

from __future__ import annotations

import hashlib
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from strangler.views.words import counted
from strangler_cli.formats.github import MOST as MOST_ANNOTATIONS
from strangler_cli.formats.github import command
from strangler_cli.formats.sarif import MOST, SCHEMA, uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler_cli.screen import Screen, Tone
    from strangler_migrations.lint import Finding

_TONES: Final[dict[str, Tone]] = {"error": "bad", "warning": "warn", "note": "dim"}
_GITHUB: Final = {"error": "error", "warning": "warning", "note": "notice"}


def as_object(finding: Finding) -> dict[str, Any]:
    """One finding, as `--format json` has it."""
    return {
        "file": finding.file,
        "line": finding.line,
        "rule": finding.rule,
        "level": finding.level,
        "what": finding.what,
        "remedy": finding.remedy,
    }


def as_text(screen: Screen, found: Sequence[Finding]) -> None:
    """A line each, with what would be right below it."""
    for each in found:
        screen.line(f"{each.file}:{each.line}: {each.level}: {each.what} [{each.rule}]", _TONES[each.level])
        if each.remedy:
            screen.line(f"    {each.remedy}")
    levels = Counter(each.level for each in found)
    said = ", ".join(counted(levels[level], level) for level in ("error", "warning", "note") if levels[level])
    screen.line(said or "nothing found", "strong" if found else "good")


def as_github(found: Sequence[Finding]) -> str:
    """Annotations, as many of one type as GitHub shows per step, then the number of the rest."""
    lines: list[str] = []
    for level, kind in _GITHUB.items():
        of_level = [each for each in found if each.level == level]
        shown = of_level if len(of_level) <= MOST_ANNOTATIONS else of_level[: MOST_ANNOTATIONS - 1]
        lines += [
            command(kind, each.file, each.line, each.rule, f"{each.what}\n{each.remedy}") for each in shown
        ]
        if left := len(of_level) - len(shown):
            lines.append(command(kind, of_level[-1].file, 0, "migrate lint", f"{left} more"))
    return "".join(lines)


def as_sarif(found: Sequence[Finding]) -> dict[str, Any]:
    """SARIF 2.1.0, one run."""
    listed = found[:MOST]
    codes = sorted({each.rule for each in listed})
    driver = {
        "name": "strangler",
        "version": version("strangler"),
        "rules": [{"id": code, "shortDescription": {"text": code.replace("-", " ")}} for code in codes],
    }
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "strangler/migrate-lint"},
        "results": [_result(each, codes.index(each.rule)) for each in listed],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    mark = hashlib.sha256(f"{finding.file}\0{finding.rule}\0{finding.what}".encode()).hexdigest()[:32]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.level,
        "message": {"text": f"{finding.what}. {finding.remedy}".strip()},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri(finding.file)},
                    "region": {"startLine": finding.line},
                }
            }
        ],
        "partialFingerprints": {"strangler/v1": mark},
    }
