"""squawk, the linter for plain SQL, as a program: what it sees and our rules do not.

Most of its rules are ours too, told with what tables hold and what other files made; those are left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from strangler_migrations.lint.model import Finding

TAKEN: Final = frozenset(
    {
        "ban-alter-domain-with-add-constraint",
        "ban-create-domain-with-constraint",
        "ban-drop-database",
        "ban-drop-not-null",
        "ban-truncate-cascade",
        "ban-uncommitted-transaction",
        "identifier-too-long",
        "transaction-nesting",
    }
)
_SECONDS: Final = 60


class _Told(msgspec.Struct):
    file: str
    line: int
    message: str
    rule_name: str
    help: str | None = None


def program() -> str | None:
    """Where it is; None without the extra `lint`."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.exists() else shutil.which("squawk")


def squawk(files: Sequence[tuple[str, str]]) -> list[Finding]:
    """What it says of (name, text) pairs; nothing where it is not installed or gives no answer."""
    found = program()
    return [] if found is None else [each for name, text in files for each in _of_file(found, name, text)]


def _of_file(found: str, name: str, text: str) -> list[Finding]:
    command = [found, "--reporter", "json", "--stdin-filepath", "in.sql"]
    try:
        done = subprocess.run(  # noqa: S603  the program of the extra
            command, input=text.encode(), capture_output=True, timeout=_SECONDS, check=False
        )
        told = msgspec.json.decode(done.stdout or b"[]", type=list[_Told])
    except (OSError, subprocess.TimeoutExpired, msgspec.DecodeError):
        return []
    return [
        Finding(name, each.line + 1, f"squawk/{each.rule_name}", "warning", each.message, each.help or "")
        for each in told
        if each.rule_name in TAKEN
    ]
