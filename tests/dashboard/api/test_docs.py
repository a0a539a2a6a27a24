"""Every command of docs/api.md, run as it stands against the real dashboard."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.schemas import ROOT

from strangler.testing.pages import served
from strangler.testing.sample_ledger import sample

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
GIVEN = "export API=http://127.0.0.1:8602/api/v1\n"

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(sqlite_template, folder / "strangler.db")
    sample(folder, time.time_ns())
    with served(folder) as url:
        yield url


def test_the_page_says_where_it_is() -> None:
    assert BLOCKS[0] == GIVEN
    assert len(BLOCKS) > 3


@pytest.mark.parametrize("block", [each for each in BLOCKS if each != GIVEN])
def test_an_example_does_what_it_says(block: str, url: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        ["sh", "-eu"],
        input=block,
        env={**os.environ, "API": f"{url}/api/v1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout
