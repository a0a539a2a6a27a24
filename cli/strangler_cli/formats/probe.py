"""What a probe of applications' statements found: for people and as JSON."""

from __future__ import annotations

from typing import Any, Final

from strangler.views.words import counted
from strangler_cli.screen import Screen
from strangler_migrations.probe import Finding, Probe

_HEADINGS: Final = {
    "view": "the views of {version} cannot serve",
    "form": "made for the form before: no application of {version} may send",
    "past": "goes past every version",
}
_SHOWN: Final = 120


def as_object(probe: Probe) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
    return {
        "seen": probe.seen,
        "relevant": probe.relevant,
        "findings": [
            {
                "kind": each.kind,
                "version": each.version,
                "place": each.statement.place,
                "statement": each.statement.text,
                "what": each.what,
                "remedy": each.remedy,
            }
            for each in probe.findings
        ],
        "unread": [
            {"place": each.place, "statement": each.text, "what": what} for each, what in probe.unread
        ],
    }


def as_text(screen: Screen, probe: Probe) -> None:
    """By kind and version, each with its place and what would work."""
    screen.line()
    screen.heading(
        f"{counted(probe.seen, 'statement')} observed, {probe.relevant:,} over tables of the versions"
    )
    groups = dict.fromkeys((each.kind, each.version) for each in probe.findings)
    for kind, version in groups:
        screen.line()
        screen.line(f"{_HEADINGS[kind].format(version=version)}:", "bad" if kind == "view" else "warn")
        for each in probe.findings:
            if (each.kind, each.version) == (kind, version):
                _printed(screen, each)
    for observed, what in probe.unread:
        screen.line(f"not judged, it cannot be read as things are: {observed.place}: {what}", "dim")
    if not probe.findings:
        screen.line("each of them can be served", "good")


def _printed(screen: Screen, finding: Finding) -> None:
    text = " ".join(finding.statement.text.split())
    screen.line(f"  {finding.statement.place}: {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}")
    screen.line(f"      {finding.what}", "dim")
    if finding.remedy:
        screen.line(f"      instead: {finding.remedy}")
