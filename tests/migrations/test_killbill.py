"""Kill Bill's schema and migrations go through lint and plan without a crash; docs/killbill.md says what was found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.full,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not (ROOT.parent / "shared" / "corpus" / "sql" / "killbill").is_dir(),
        reason="../shared/corpus is absent",
    ),
]


def test_the_page_is_what_lint_and_plan_say(database: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import killbill_page, sys; print(killbill_page.page(sys.argv[1]), end='')",
            database,
        ],
        cwd=ROOT / "scripts",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "docs" / "killbill.md").read_text(encoding="utf-8"), (
        "scripts/killbill_page.py writes it anew"
    )
