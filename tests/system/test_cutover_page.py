"""docs/cutover.md is what happens: the story is run again, with the same commands and the same exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.system, pytest.mark.full, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]


def told(page: str) -> list[str]:
    """Who typed what, and with what it left; the ids of approvals are others each time."""
    return re.findall(r"^(?:[a-z]*\$ strangler .*|\(exit code \d\))$", page, re.MULTILINE)


def test_the_story_happens_as_the_page_tells_it(tmp_path: Path) -> None:
    again = tmp_path / "cutover.md"
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "cutover_story.py"), "--output", str(again)], check=True
    )
    page = (ROOT / "docs" / "cutover.md").read_text()
    assert len(told(page)) > 25
    assert told(again.read_text()) == told(page)
