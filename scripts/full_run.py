"""Runs the tests marked `full` and writes what came out to docs/full-run.md.

Run by `make full`, in the project's environment. Arguments go to pytest; with any, the page is left
alone, since it stands for the whole run.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from lxml import etree

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "full-run.md"


class Case(NamedTuple):
    """One test of the run. `millis` is its duration; `note`: why it was skipped, or what it measured."""

    name: str
    result: str
    millis: int
    note: str


def cases(report: Path) -> list[Case]:
    """The tests in a JUnit report, in the order in which they ran."""
    found = []
    for element in etree.parse(str(report)).getroot().iter("testcase"):
        outcome = next((child for child in element if child.tag in ("failure", "error", "skipped")), None)
        result = (
            "passed" if outcome is None else {"failure": "failed"}.get(str(outcome.tag), str(outcome.tag))
        )
        note = str(outcome.get("message", "")) if result == "skipped" and outcome is not None else ""
        note = note or "; ".join(str(each.get("value", "")) for each in element.iter("property"))
        name = "%s::%s" % (element.get("classname", ""), element.get("name", ""))
        found.append(Case(name, result, milliseconds(str(element.get("time", "0"))), note))
    return found


def milliseconds(seconds: str) -> int:
    whole, _, part = seconds.partition(".")
    return int(whole or 0) * 1000 + int((part + "000")[:3])


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=str(ROOT), stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout.strip()


def page(ran: list[Case], commit: str, at: datetime) -> str:
    """The page as Markdown. Names no path of the machine it ran on."""
    counts = Counter(case.result for case in ran)
    total = ", ".join("%d %s" % (counts[result], result) for result in sorted(counts))
    machine = "%s %s, %d CPUs, Python %s" % (
        platform.system(),
        platform.machine(),
        os.cpu_count() or 0,
        platform.python_version(),
    )
    rows = [
        "| `%s` | %s | %.1f |" % (case.name, words(case), case.millis / 1000)
        for case in sorted(ran, key=lambda case: case.name)
    ]
    head = [
        "# The last full run",
        "",
        "Written by `make full`: the tests that take longer than `make test` allows.",
        "",
        "- when: %s" % at.strftime("%Y-%m-%d %H:%M UTC"),
        "- commit: %s" % commit,
        "- machine: %s" % machine,
        "- result: **%s**" % (total or "no test is marked full"),
        "",
        "| test | result | seconds |",
        "| --- | --- | ---: |",
    ]
    return "\n".join([*head, *rows, ""])


def words(case: Case) -> str:
    note = case.note.replace(str(ROOT), ".").replace("|", "/").split("\n")[0]
    return "%s: %s" % (case.result, note) if note else case.result


def main() -> int:
    extra = sys.argv[1:]
    commit = git("rev-parse", "--short", "HEAD")
    if git("status", "--porcelain", "--untracked-files=no"):
        commit += " with uncommitted changes"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-m",
            "full",
            "--timeout=1800",
            "--junitxml",
            str(report),
        ]
        code = subprocess.run([*command, *extra], cwd=str(ROOT), check=False).returncode
        if report.exists() and not extra:
            PAGE.write_text(page(cases(report), commit, datetime.now(timezone.utc)), encoding="utf-8")
            print("written: docs/full-run.md")
    return code


if __name__ == "__main__":
    sys.exit(main())
