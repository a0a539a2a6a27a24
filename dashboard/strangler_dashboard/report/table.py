"""Divergences as CSV, for a spreadsheet: what it would take for a formula is text."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from strangler_dashboard.rendering import visible

if TYPE_CHECKING:
    from strangler_dashboard.report.gathered import Report

HEAD: Final = (
    *("id", "cutover", "route", "severity", "state", "what", "place", "cause", "currency", "drift"),
    *("seen", "wrong amounts served", "versions", "first seen", "last seen"),
)
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_FORMULA: Final = re.compile(r"\s*[=+\-@|\uff1d\uff0b\uff0d\uff20\u2212]")


def as_csv(report: Report) -> str:
    """A line per divergence and currency: amounts of different currencies are never in one column's sum unseen."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    lines.writerow(HEAD)
    for each in report.divergences:
        found = each.divergence
        for number, (currency, amount) in enumerate(found.drift.items() or (("", None),)):
            first = number == 0  # what is counted once stands in one line, so that a sum is right
            lines.writerow(
                map(
                    cell,
                    (
                        *(found.id, found.cutover, found.route, found.severity, found.state, each.sentence),
                        *(found.location, found.cause, currency, "" if amount is None else f"{amount:f}"),
                        *(str(found.count) if first else "", str(found.wrong_amounts) if first else ""),
                        *(" ".join(found.versions), found.first_at or "", found.last_at or ""),
                    ),
                )
            )
    return out.getvalue()


def cell(text: str) -> str:
    """A number as it is; what a spreadsheet would begin to calculate with an apostrophe before it."""
    shown = visible(text).replace("\n", " ").replace("\r", " ").replace("\t", " ")
    if _NUMBER.fullmatch(shown):
        return shown
    return f"'{shown}" if _FORMULA.match(shown) else shown
