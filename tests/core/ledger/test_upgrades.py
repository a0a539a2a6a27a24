"""A ledger that an earlier version wrote, brought up: what it holds stays, and is evidence as before."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import text

import strangler.ledger
from strangler.ledger import store
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.store import Ledger, open_ledger
from strangler.testing.judged import START, Judged


def first_version(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger as the first revision made it."""

    def upgraded(connection: object) -> str:
        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(strangler.ledger.__file__).parent / "revisions"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        return "0001"

    with monkeypatch.context() as patch:
        patch.setattr(store, "_upgraded", upgraded)
        patch.setattr(store, "REVISION", "0001")
        return open_ledger(url, folder)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_what_the_first_version_counted_stays_and_goes_on(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "sqlite:///a.db" if kind == "sqlite" else request.getfixturevalue("postgres").create_database()
    judged = Judged()
    epoch = judged.equal().epoch
    old = first_version(url, tmp_path, monkeypatch)
    with old.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO epochs (cutover, digest, version, rules, settings, created_ns, resumed_ns, last_ns)"
                f" VALUES ('reads', :digest, '1', :rules, :settings, {START}, {START}, {START})"
            ),
            {"digest": epoch.digest, "rules": epoch.rules, "settings": epoch.settings},
        )
        connection.execute(
            text(
                "INSERT INTO evidence (epoch, route, stratum, side, n, k, legacy_latency, candidate_latency,"
                f" first_ns, last_ns) VALUES (1, 'invoice', '', 'legacy', 40, 1, :none, :none, {START}, {START})"
            ),
            {"none": b"\x80"},
        )
    old.close()
    ledger = open_ledger(url, tmp_path)
    with ledger.begin() as connection:
        flush(connection, [judged.equal(mark=b"12345678") for _ in range(3)], now_ns=START, worker="w")
    with ledger.read() as connection:
        (cell,) = read_evidence(connection, judged.loaded, "reads", START).cells
    ledger.close()
    assert (cell.n, cell.k, cell.duplicates) == (41, 1, 2)
