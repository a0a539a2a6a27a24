"""A folder with a strangler.yaml, a SQLite ledger filled through the ledger's own functions, the command line."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.config import Loaded, load
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled, StreamReport
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.judged import Judged
from strangler.testing.postgres import Server
from strangler_cli.main import run

CONFIG = """\
# What moves, and how.
version: 1
legacy: {url: "http://127.0.0.1:1"}
candidate:
  url: "http://127.0.0.1:2"
  version: {header: X-Version}   # of every answer
routes:
  invoice:
    match: {method: GET, path: "/invoices/{id}"}
    identity: {header: X-Customer}
  invoices: GET /invoices        # the list
  pay:
    match: {method: POST, path: /payments}
cutovers:
  reads:
    routes: [invoice, invoices]
policy:
  tolerate: {rate: 1%, alpha: 5%}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON; what is a number with a point in it must not be there."""
        return json.loads(self.out, parse_float=_no_float)


def _no_float(text: str) -> Any:
    raise AssertionError(f"a float in JSON: {text}")


type Strangler = Callable[..., Ran]


@pytest.fixture
def strangler(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Strangler:
    """`strangler("gate", "reads")` in this process; standard input is empty and no terminal."""
    for name in ("STRANGLER_CONFIG", "STRANGLER_DEBUG", "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        assert "Traceback" not in printed.out + printed.err
        return Ran(code, printed.out, printed.err)

    return call


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Place:
    """A folder with a configuration and a ledger."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.file = folder / "strangler.yaml"
        self.file.write_text(text, encoding="utf-8")
        self.now_ns = 0
        self._sequence = 0

    @property
    def loaded(self) -> Loaded:
        """The file as it is."""
        return load(self.file)

    def judged(self, version: str = "1") -> Judged:
        """Makes exchanges of now, under the file as it is."""
        judged = Judged(self.loaded, version=version)
        judged.at_ns = self.now_ns - 60_000_000
        self._sequence += 1
        judged.boot = f"boot-{self._sequence}"
        return judged

    def ledger(self) -> Ledger:
        """The ledger, open; close it."""
        return open_ledger(self.loaded.config.ledger, self.folder, create=False)

    def write(
        self, *batch: Settled, reports: tuple[StreamReport, ...] = (), worker: str = "worker-0"
    ) -> None:
        """Flush as the worker does, now."""
        ledger = self.ledger()
        try:
            with ledger.begin() as connection:
                flush(connection, batch, reports, now_ns=self.now_ns, worker=worker)
        finally:
            ledger.close()

    def reverse(self) -> None:
        """A while later: customers of both routes were served by the candidate, and legacy asked afterwards."""
        self.now_ns += 120_000_000_000
        judged = self.judged()
        routes = ("invoice", "invoices")
        self.write(*(judged.equal(route, primary="candidate", served_candidate=True) for route in routes))


@pytest.fixture
def place(home: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A configuration, an empty ledger, and a clock that stands still."""
    shutil.copy(sqlite_template, home / "strangler.db")
    place = Place(home, CONFIG)
    place.now_ns = 1_800_000_000_000_000_000
    monkeypatch.setattr("strangler_cli.session.now_ns", lambda: place.now_ns)
    return place


@pytest.fixture
def environment() -> dict[str, str]:
    """For a process of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")}


AMOUNTS = """\
operations:
  - alter_column: {table: invoices, column: amount, type: bigint, up: amount * 100, down: amount / 100}
"""


@pytest.fixture
def url(postgres: Server, place: Place) -> str:
    """A database of ten invoices, which the place's file names; 01_amounts.yaml, to be started, beside it."""
    url = postgres.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE invoices (id int PRIMARY KEY, amount int NOT NULL)")
        connection.execute("INSERT INTO invoices SELECT i, i FROM generate_series(1, 10) i")
    (place.folder / "01_amounts.yaml").write_text(AMOUNTS)
    place.file.write_text(place.file.read_text() + f'migrations: {{database: "{url}"}}\n')
    return url
