"""The report for a pull request: short, with the worst divergences in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from strangler.views.words import money
from strangler_dashboard.rendering import ICONS, visible

if TYPE_CHECKING:
    from strangler.views.status import CutoverView
    from strangler_dashboard.report.gathered import Report

WORST: Final = 25
_LONGEST: Final = 200
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:])")
_MARKUP: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def as_markdown(report: Report) -> str:
    """Every text from traffic with Markdown's own characters escaped, in one line."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"## strangler, {report.made_at}"
    if report.board.status.override is not None:
        yield from ("", "**Override in force: legacy answers everybody, whatever the phases say.**")
    for each in report.board.status.cutovers:
        yield from _cutover(each)
    yield from ("", f"### Divergences: {report.total:,}", "")
    if not report.divergences:
        yield "None."
        return
    yield "| severity | what differs | money | seen | cause | state |"
    yield "|---|---|---:|---:|---|---|"
    for listed in report.divergences[:WORST]:
        found = listed.divergence
        drift = ", ".join(money(amount, currency) for currency, amount in found.drift.items()) or "-"
        cells = (found.severity, listed.sentence, drift, f"{found.count:,}", found.cause, found.state)
        yield f"| {' | '.join(map(plain, cells))} |"
    if report.total > WORST:
        yield from ("", f"And {report.total - WORST:,} more.")


def _cutover(each: CutoverView) -> Iterator[str]:
    verdict = "has not started" if each.phase == "legacy" else ICONS[each.gate.status]
    weight = f" {each.weight}" if each.phase == "canary" else ""
    yield from ("", f"### {plain(each.name)} {verdict}", "")
    version = f", candidate {plain(each.version or 'unknown')}" if each.epoch else ""
    yield f"{each.phase}{weight}{version}: {each.compared:,} compared, {each.different:,} mismatch."
    if each.phase != "legacy":
        yield ""
        for reason in each.gate.reasons[:10]:
            yield f"- **{reason.status}** {plain(reason.measured)}; required: {plain(reason.required)}"
        if len(each.gate.reasons) > 10:
            yield f"- and {len(each.gate.reasons) - 10} more"
    command = f": `{visible(each.next.command).replace('`', '')}`" if each.next.command else ""
    yield from ("", f"Next: {plain(each.next.words)}{command}")


def plain(text: str) -> str:
    """One line of text that Markdown takes for nothing else, and that mentions nobody."""
    line = " ".join(visible(text).split())
    shown = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
    # An @ with nothing after it to speak of mentions nobody.
    return _SPECIAL.sub(r"\\\1", shown).translate(_MARKUP).replace("\\@", "@\u200b")
