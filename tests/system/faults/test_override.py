"""`cutover rollback --all` while the ledger is away: every plane goes to legacy, and back only as the ledger says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from strangler_shadow.testing import until

from .conftest import System

MakeSystem = Callable[..., System]
pytestmark = pytest.mark.system


def strangler(made: System, *words: str) -> subprocess.CompletedProcess[str]:
    """As a person types it."""
    return subprocess.run(
        [sys.executable, "-m", "strangler_cli.main", "--config", str(made.file), "cutover", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")},
    )


def by_legacy(made: System) -> set[bool]:
    """Who answers: legacy and the candidate spell the same invoice differently."""
    found = made.unchecked(range(8))
    assert {status for status, _ in found} == {200}
    return {b",  " not in body for _, body in found}


def test_the_ledger_away(system: MakeSystem) -> None:
    made = system()
    made.move("advance")
    made.move("advance")
    assert by_legacy(made) == {False}
    made.ledger.close()
    file, aside = made.file.parent / "strangler.db", made.file.parent / "aside.db"
    file.rename(aside)
    file.mkdir()  # a control that begins anew would make a new ledger in its place

    ran = strangler(made, "rollback", "--all", "--reason", "wrong totals")
    assert ran.returncode == 0, ran.stderr
    assert "reads: back from the candidate" in ran.stdout
    assert "the audit has no entry" in ran.stdout
    until(lambda: by_legacy(made) == {True}, 5)
    for child in ("plane-1", "control"):
        made.served.kill_child(child)
    assert by_legacy(made) == {True}, "a plane or a control that begins anew finds the override"
    assert strangler(made, "resume", "--all").returncode == 3
    file.rmdir()
    aside.rename(file)
    made.in_force(made.table().generation)
    time.sleep(1)
    assert by_legacy(made) == {True}, "a ledger that is back does not undo it"

    ran = strangler(made, "resume", "--all")
    assert ran.returncode == 0, ran.stderr
    assert "reads: canary 100 %" in ran.stdout
    until(lambda: by_legacy(made) == {False}, 5)


@pytest.mark.full
def test_what_moved_meanwhile_is_what_it_comes_back_to(lasting: MakeSystem) -> None:
    made = lasting()
    made.move("advance")
    made.move("advance")
    ran = strangler(made, "rollback", "--all")
    assert "1 of 1 planes report it in force" in ran.stdout, ran.stdout + ran.stderr
    assert by_legacy(made) == {True}
    made.move("rollback")
    ran = strangler(made, "resume", "--all")
    assert "reads: shadow" in ran.stdout, ran.stdout + ran.stderr
    time.sleep(1)
    assert by_legacy(made) == {True}
    made.accounted()
