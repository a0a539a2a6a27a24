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

EARLIER = {"a": [("EUR", "0.00", 2)], "b": [("EUR", "-1.00", 4)]}
DRIFT = "INSERT INTO divergence_drift VALUES (:id, 1, :currency, :amount, :count)"
SEEN = "INSERT INTO divergence_epochs (divergence, epoch, count) VALUES (:id, 1, :count)"


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
        for divergence, rows in EARLIER.items():
            connection.execute(
                text(
                    "INSERT INTO divergences (id, cutover, route, fingerprint, location, kind, cause, severity,"
                    " detail, legacy, candidate, merged_into, state)"
                    " VALUES (:id, 'reads', 'invoice', :id, '', 'changed', '', 'money', '', '', '', '', 'open')"
                ),
                {"id": divergence},
            )
            for currency, amount, count in rows:
                said = {"id": divergence, "currency": currency, "amount": amount, "count": count}
                connection.execute(text(DRIFT), said)
                connection.execute(text(SEEN), said)
    old.close()
    ledger = open_ledger(url, tmp_path)
    with ledger.read() as connection:
        listed = connection.execute(
            text("SELECT id, times, drift_rank FROM divergences ORDER BY drift_rank DESC, times DESC")
        ).fetchall()
    assert [tuple(row) for row in listed] == [("b", 4, 10_000), ("a", 2, 0)]
    with ledger.begin() as connection:
        flush(connection, [judged.equal(mark=b"12345678") for _ in range(3)], now_ns=START, worker="w")
    with ledger.read() as connection:
        (cell,) = read_evidence(connection, judged.loaded, "reads", START).cells
    ledger.close()
    assert (cell.n, cell.k, cell.duplicates) == (41, 1, 2)
