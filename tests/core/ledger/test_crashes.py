"""A process that dies amid a transition leaves the old state or the new one, whole; done again, it ends right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from strangler.cutover import CutoverState
from strangler.ledger import audit
from strangler.ledger.cutovers import current_table, state_of
from strangler.ledger.flush import flush
from strangler.ledger.store import open_ledger
from strangler.testing.judged import CONFIG, START, Judged, configuration

TEXT = CONFIG.replace("rate: 1%", "rate: 10%")
CRASHED = 86
_CHILD = """
import os, sys
from pathlib import Path
from sqlalchemy import event
from strangler.cutover import Event
from strangler.ledger.moving import move
from strangler.ledger.store import open_ledger
from strangler.testing.judged import configuration

at, name, now, text = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
ledger = open_ledger("sqlite:///ledger.db", Path.cwd(), create=False)
writes = 0

@event.listens_for(ledger.engine, "after_cursor_execute")
def written(connection, cursor, statement, *rest):
    global writes
    if statement.split(None, 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
        writes += 1
        if writes == at:
            os._exit(86)

@event.listens_for(ledger.engine, "commit")
def committing(connection):
    global writes
    writes += 1
    if writes == at:
        os._exit(86)

move(ledger, configuration(text), "reads", Event(name, "ann", "why"), now)
"""


def run(folder: Path, at: int, name: str) -> int:
    """The command in a process of its own, which dies at its write number `at` (0: never)."""
    command = [sys.executable, "-c", _CHILD, str(at), name, str(START + 10_000_000_000), TEXT]
    return subprocess.run(command, cwd=folder, env=dict(os.environ), check=False).returncode


def standing(folder: Path) -> tuple[CutoverState, int]:
    """The state, and how many transitions the audit has; table and audit agree with it, or this fails."""
    ledger = open_ledger("sqlite:///ledger.db", folder, create=False)
    with ledger.read() as connection:
        state, table = state_of(connection, "reads"), current_table(connection)
        assert audit.verify(connection) is None
        entries = [
            e for e in audit.entries(connection, subject="reads") if e.body["action"].startswith("cutover.")
        ]
    ledger.close()
    assert (table.generation if table else 0) == state.generation
    assert len(entries) == state.generation
    if table is not None:
        assert {route.phase for route in table.routes if route.cutover} == {state.phase}
        assert entries[0].body["after"]["generation"] == state.generation
    return state, len(entries)


def prepared(folder: Path, template: Path) -> None:
    shutil.copy(template, folder / "ledger.db")
    judged = Judged(configuration(TEXT))
    ledger = open_ledger("sqlite:///ledger.db", folder, create=False)
    with ledger.begin() as connection:
        batch = [judged.equal(route) for route in ("invoice", "invoices") for _ in range(90)]
        flush(connection, batch, now_ns=START + 9_000_000_000, worker="w")
    ledger.close()
    assert run(folder, 0, "start") == 0


def crash_everywhere(folder: Path, template: Path, numbers: list[int] | None) -> int:
    """Dies at each of its writes in turn; how many there were. `numbers`: only at these."""
    at = 0
    prepared(folder, template)
    for at in numbers or range(1, 100):
        here = folder / str(at)
        here.mkdir()
        shutil.copy(folder / "ledger.db", here)
        before, _ = standing(here)
        code = run(here, at, "advance")
        after, _ = standing(here)
        assert (after.phase, after.weight) in {("shadow", 0), ("canary", 100)}
        if code == 0:
            return at
        assert code == CRASHED
        if after == before:
            assert run(here, 0, "advance") == 0
        assert (standing(here)[0].phase, standing(here)[0].generation) == ("canary", 2)
    return at


def test_a_few_of_its_writes(tmp_path: Path, sqlite_template: Path) -> None:
    crash_everywhere(tmp_path, sqlite_template, [1, 4])


@pytest.mark.full
@pytest.mark.timeout(900)
def test_every_one_of_its_writes(tmp_path: Path, sqlite_template: Path) -> None:
    assert crash_everywhere(tmp_path, sqlite_template, None) > 5
