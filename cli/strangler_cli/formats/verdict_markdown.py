"""A verdict as Markdown: for a step summary, a merge request, a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from strangler_cli.formats.markdown import plain

if TYPE_CHECKING:
    from strangler_cli.formats.verdict import Asked

_ICONS: Final = {"pass": "✅", "blocked": "⛔", "insufficient": "⏳", "frozen": "❄️"}


def as_markdown(asked: Asked) -> str:
    """A heading, what was compared, and a table of what stands in the way."""
    verdict = asked.verdict
    version = f"candidate {asked.version}" if asked.version else "candidate's version unknown"
    lines = [
        f"### {_ICONS[verdict.status]} {plain(verdict.cutover)}: {verdict.status}",
        "",
        f"Phase {asked.phase}, {plain(version)}: {asked.compared:,} compared, {asked.different:,} of them mismatch.",
    ]
    if verdict.reasons:
        lines += ["", "| | measured | required | to change it |", "|---|---|---|---|"]
        lines += [
            f"| {_ICONS[each.status]} | {plain(each.measured)} | {plain(each.required)} | {plain(each.remedy)} |"
            for each in verdict.reasons
        ]
    lines += [""] * bool(verdict.notes) + [f"- {plain(note)}" for note in verdict.notes]
    return "\n".join(lines) + "\n"
