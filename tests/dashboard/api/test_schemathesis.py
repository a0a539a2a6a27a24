"""Schemathesis asks the real dashboard, over the sample ledger, what the OpenAPI document says, and much that it does
not. `make fuzz` does the same for ten minutes.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.schemas import ROOT

FUZZ = [sys.executable, str(ROOT / "scripts" / "api_fuzz.py")]


def ran(*more: str) -> str:
    result = subprocess.run([*FUZZ, *more], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
    return result.stdout


@pytest.mark.system
@pytest.mark.timeout(600)
def test_the_api_answers_nothing_that_its_document_does_not_say() -> None:
    said = ran("--seed", "1", "--examples", "1", "--phases", "coverage")
    assert "No issues found" in said


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_minute_of_it_finds_nothing() -> None:
    assert "No issues found" in ran("--minutes", "1")
