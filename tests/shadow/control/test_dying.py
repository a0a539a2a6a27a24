"""A process that dies at any of its writes leaves a ledger as one of its commits left it; done again, it ends right.

As a script this file is what dies (`strangler.testing.dying`).
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
import pytest
from sqlalchemy import select

from strangler.cutover import Event, EventName, plan_of, way
from strangler.errors import Refused
from strangler.ledger import approvals, audit
from strangler.ledger.applying import apply
from strangler.ledger.cutovers import current_table, state_of
from strangler.ledger.effects import acknowledge
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.moving import move
from strangler.ledger.store import Ledger, open_ledger
from strangler.ledger.tables import metadata
from strangler.planned import PlanFile, planned
from strangler.testing.dying import CRASHED, Command, serve
from strangler.testing.judged import CONFIG, START, Judged, configuration
from strangler.testing.postgres import Server
from strangler_shadow.control.watch import Watch

S: Final = 1_000_000_000
NOW: Final = START + 10 * S
PLAIN: Final = configuration(CONFIG.replace("rate: 1%", "rate: 10%"))
PEOPLE: Final = configuration(CONFIG.replace("rate: 1%", "rate: 10%") + "  approvals: 1\n")
EFFECTS: Final = configuration(
    CONFIG.replace("[invoice, invoices]", "[invoice, invoices]\n    effects: {mail: {kind: mailer}}")
)


def moves(name: EventName, loaded: Any = PLAIN) -> Command:
    """As a person does it; a refusal (after asking for approval) is an end as well."""

    def command(ledger: Ledger, now_ns: int) -> None:
        with contextlib.suppress(Refused):
            move(ledger, loaded, "reads", Event(name, "ann", "why", until_ns=NOW + 60 * S), now_ns)

    return command


def approves(ledger: Ledger, now_ns: int) -> None:
    with ledger.begin() as connection:
        evidence = read_evidence(connection, PEOPLE, "reads", now_ns)
        approvals.approve(connection, evidence, "", "bob", "", now_ns, 86_400_000)


def applies(ledger: Ledger, now_ns: int) -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=PlanFile)
    apply(ledger, PLAIN, plan, "ann", "", now_ns)


def acknowledges(ledger: Ledger, now_ns: int) -> None:
    with ledger.begin() as connection:
        acknowledge(
            connection, EFFECTS.config, "reads", "mail", "candidate", actor="ann", reason="why", now_ns=now_ns
        )


def watches(ledger: Ledger, now_ns: int) -> None:
    Watch(PLAIN, lambda _create: ledger, lambda: now_ns).table()


def served(ledger: Ledger, now_ns: int) -> None:
    """Clean comparisons of both routes."""
    judged = Judged(PLAIN)
    judged.at_ns = now_ns - S
    with ledger.begin() as connection:
        batch = [judged.equal(route) for route in ("invoice", "invoices") for _ in range(90)]
        flush(connection, batch, now_ns=now_ns, worker="w")


def wrong(ledger: Ledger, now_ns: int) -> None:
    """A wrong amount got to a customer."""
    judged = Judged(PLAIN)
    judged.at_ns, judged.seq = now_ns - S, 1_000
    with ledger.begin() as connection:
        found = judged.different(severity="money", primary="candidate", served_candidate=True)
        flush(connection, [found], now_ns=now_ns, worker="w")


COMMANDS: Final[dict[str, Command]] = {
    "start": moves("start"),
    "advance": moves("advance"),
    "ask": moves("advance", PEOPLE),
    "pause": moves("pause"),
    "hold": moves("hold"),
    "rollback": moves("rollback"),
    "approve": approves,
    "apply": applies,
    "acknowledge": acknowledges,
    "watch": watches,
}
BEFORE: Final[dict[str, tuple[Command, ...]]] = {
    "start": (),
    **dict.fromkeys(("advance", "ask", "pause", "hold", "apply", "acknowledge"), (moves("start"), served)),
    "approve": (moves("start"), served, moves("advance", PEOPLE)),
    "rollback": (moves("start"), served, moves("advance")),
    "watch": (moves("start"), served, moves("advance"), wrong),
}
"""What happened before, as nothing dies."""


@dataclass(frozen=True)
class Place:
    """Ledgers of one kind: `copied` gives the URL of a copy of the one at a URL."""

    first: str
    copied: Callable[[str, str], str]


@dataclass
class Mortals:
    """The script that forks: what it says of a command that dies, or does not."""

    process: subprocess.Popen[str]
    plan: Path

    def run(self, name: str, at: int, url: str) -> tuple[str, int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{name} {at} {NOW} {url}\n")
        self.process.stdin.flush()
        points, _, code = self.process.stdout.readline().rpartition(" ")
        return points, int(code)


@pytest.fixture(scope="module")
def those(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortals]:
    """One process for all tests: what it imports costs more than what dies. Each test writes its own plan file."""
    plan = tmp_path_factory.mktemp("dying") / "plan.json"
    command = [sys.executable, __file__, str(plan)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Mortals(process, plan)


def whole(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table; state, table in force and audit agree, or this fails."""
    ledger = open_ledger(url, Path(), create=False)
    with ledger.read() as connection:
        state, table = state_of(connection, "reads"), current_table(connection)
        assert audit.verify(connection) is None
        found = audit.entries(connection, subject="reads")
        rows = {
            name: sorted((tuple(row) for row in connection.execute(select(each))), key=repr)
            for name, each in metadata.tables.items()
        }
    ledger.close()
    taken = [entry for entry in found if entry.body["action"].startswith("cutover.")]
    assert [entry.body["after"]["generation"] for entry in taken] == list(range(state.generation, 0, -1))
    assert (table.generation if table else 0) == state.generation
    assert table is None or {route.phase for route in table.routes if route.cutover} == {state.phase}
    return rows


def prepared(name: str, url: str, plan: Path) -> None:
    ledger = open_ledger(url, Path(), create=False)
    for command in BEFORE[name]:
        command(ledger, NOW - 2 * S)
    with ledger.read() as connection:
        state = state_of(connection, "reads")
        evidence = read_evidence(connection, PLAIN, "reads", NOW)
    step = way(plan_of(PLAIN.config, "reads"), state)[0]
    made = planned(
        PLAIN.config, state, evidence, step, made_by="eve", made_ns=NOW - S, expires_ns=NOW + 60 * S
    )
    plan.write_bytes(msgspec.json.encode(made))
    ledger.close()


def dies(name: str, place: Place, those: Mortals, wanted: Callable[[int], Sequence[int]]) -> int:
    """The command dies at each of the points that are wanted of those it has; how many there are."""
    prepared(name, place.first, those.plan)
    before, done = whole(place.first), place.copied(place.first, "done")
    points, code = those.run(name, 0, done)
    assert (code, points[-1]) == (0, "c")
    end = whole(done)
    assert before != end
    # What each commit but the last leaves, as the first death after it shows.
    left = {0: before}
    for at in wanted(len(points)):
        url = place.copied(place.first, str(at))
        assert those.run(name, at, url) == ("", CRASHED)
        after = whole(url)
        assert after == left.setdefault(points[: at - 1].count("c"), after), f"{name}, died at {at}"
        assert after != end
        assert those.run(name, 0, url)[1] == 0
        assert whole(url) == end, f"{name}, again after it died at {at}"
    return len(points)


@pytest.fixture
def files(tmp_path: Path, sqlite_template: Path) -> Place:
    shutil.copy(sqlite_template, tmp_path / "first.db")

    def copied(url: str, name: str) -> str:
        shutil.copy(url.removeprefix("sqlite:///"), tmp_path / f"{name}.db")
        return f"sqlite:///{tmp_path / name}.db"

    return Place(f"sqlite:///{tmp_path / 'first.db'}", copied)


@pytest.fixture
def databases(postgres: Server) -> Place:
    first = postgres.create_database()
    open_ledger(first, Path()).close()

    def copied(url: str, name: str) -> str:
        source = url.rpartition("/")[2]
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{source}_{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{source}_{name}" TEMPLATE "{source}"'.encode())
        return f"{url}_{name}"

    return Place(first, copied)


@pytest.mark.parametrize("name", ["advance", "apply", "watch"])
def test_at_some_of_its_writes(name: str, files: Place, those: Mortals) -> None:
    assert dies(name, files, those, lambda total: [1, total // 2, total]) > 3


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", COMMANDS)
def test_at_every_one_of_its_writes(name: str, files: Place, those: Mortals) -> None:
    assert dies(name, files, those, lambda total: range(1, total + 1)) > 2


@pytest.mark.full
@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", COMMANDS)
def test_at_every_one_of_its_writes_on_postgresql(name: str, databases: Place, those: Mortals) -> None:
    assert dies(name, databases, those, lambda total: range(1, total + 1)) > 2


if __name__ == "__main__":
    serve(COMMANDS)
