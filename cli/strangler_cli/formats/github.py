"""Workflow commands of GitHub Actions: what stands in the way, as annotations on strangler.yaml."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from strangler.gate import Reason
    from strangler_cli.formats.verdict import Asked

MOST: Final = 10
"""Annotations of one type that GitHub shows per step."""
_TYPES: Final = {"blocked": "error", "insufficient": "warning", "frozen": "notice"}


def as_github(asked: Asked) -> str:
    """One command a line."""
    verdict = asked.verdict
    if verdict.status == "pass":
        text = f"{asked.compared:,} compared, {asked.different:,} mismatch"
        return command("notice", asked.file, 0, f"{verdict.cutover} passes the gate", text)
    grouped: defaultdict[str, list[Reason]] = defaultdict(list)
    for reason in verdict.reasons:
        grouped[_TYPES[reason.status]].append(reason)
    return "".join(_of_type(kind, reasons, asked) for kind, reasons in grouped.items())


def _of_type(kind: str, reasons: list[Reason], asked: Asked) -> str:
    shown = reasons if len(reasons) <= MOST else reasons[: MOST - 1]
    lines = [
        command(
            kind,
            asked.file,
            reason.config_line,
            f"{asked.verdict.cutover}: {reason.code}",
            f"{reason.measured}\nRequired: {reason.required}\nTo change it: {reason.remedy}",
        )
        for reason in shown
    ]
    if left := len(reasons) - len(shown):
        text = "\n".join(reason.measured for reason in reasons[len(shown) :])
        lines.append(command(kind, asked.file, 0, f"{asked.verdict.cutover}: {left} more", text))
    return "".join(lines)


def command(kind: str, file: str, line: int, title: str, message: str) -> str:
    """One workflow command, a line. `line` 0: of the file as a whole."""
    place = f"file={_property(file)}," + (f"line={line}," if line else "")
    return f"::{kind} {place}title={_property(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
