"""`strangler migrate readers`: who uses the old form, for people and for programs; words for what is unknown."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from strangler.ledger import audit
from strangler.testing.postgres import Server
from strangler_cli.beside import readers_followed

from .conftest import Place, Strangler

pytestmark = pytest.mark.postgres

AMOUNTS = """\
operations:
  - alter_column: {table: invoices, column: amount, type: bigint, up: amount * 100, down: amount / 100}
"""


@pytest.fixture(scope="module")
def server(postgres: Server) -> str:
    url = postgres.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE invoices (id int PRIMARY KEY, amount int NOT NULL)")
        connection.execute("INSERT INTO invoices SELECT i, i FROM generate_series(1, 10) i")
    return url


@pytest.fixture
def url(server: str, place: Place, strangler: Strangler) -> Iterator[str]:
    place.file.write_text(place.file.read_text() + f'migrations: {{database: "{server}"}}\n')
    (place.folder / "01_amounts.yaml").write_text(AMOUNTS)
    assert strangler("migrate", "start", "01_amounts.yaml", "--actor", "ann").code == 0
    yield server
    assert strangler("migrate", "rollback").code == 0


def test_seen_unknown_and_acknowledged(url: str, place: Place, strangler: Strangler) -> None:
    found = strangler("migrate", "readers").out
    assert "01_amounts: who uses the old form of invoices\nnobody was seen\nunknown: base-tables: " in found
    with psycopg.connect(url, application_name="month\x1bend", autocommit=True) as client:
        client.execute("UPDATE invoices SET amount = 5 WHERE id = 5")
    told = strangler("migrate", "readers").out
    assert "\x1b" not in told
    assert "month" in told
    assert "writes the old form" in told
    read = strangler("migrate", "readers", "--json").json
    assert [(each["way"], each["address"]) for each in read["seen"]] == [("writes", "127.0.0.1")]
    assert read["unknown"][0]["acknowledged"] is None
    said = ("migrate", "readers", "acknowledge", "base-tables", "--reason", "one client, and it is moved")
    assert strangler(*said, "--actor", "bob").out == "01_amounts: `base-tables` is acknowledged by bob\n"
    assert strangler("migrate", "readers", "--json").json["unknown"][0]["acknowledged"]["actor"] == "bob"
    again = strangler(*said)
    assert (again.code, "acknowledged already, by bob" in again.err) == (1, True)
    wrong = strangler("migrate", "readers", "acknowledge", "base-table", "--reason", "x")
    assert (wrong.code, "did you mean `base-tables`" in wrong.err) == (2, True)
    ledger = place.ledger()
    with ledger.read() as connection:
        bodies = [row["body"] for row in audit.rows(connection)]
    ledger.close()
    assert len([body for body in bodies if "migration.acknowledged" in body]) == 1, (
        "what was refused has no entry"
    )
    events = strangler("migrate", "history", "--json").json["history"]
    assert [(e["event"], e["actor"]) for e in events if e["event"] == "acknowledged"] == [
        ("acknowledged", "bob")
    ]


def test_without_a_migration_and_with_options_in_the_wrong_place(
    url: str, place: Place, strangler: Strangler
) -> None:
    ran = strangler("migrate", "readers", "--migration", "02_x")
    assert (ran.code, "no migration `02_x` was started here" in ran.err) == (2, True)
    ran = strangler("migrate", "readers", "--json", "acknowledge", "base-tables", "--reason", "x")
    assert (ran.code, "stand behind it" in ran.err) == (2, True)
    place.file.write_text(place.file.read_text().replace(url, "postgresql://nobody@127.0.0.1:1/x"))
    ran = strangler("migrate", "readers")
    assert (ran.code, "does not answer" in ran.err) == (1, True)
    place.file.write_text(place.file.read_text().replace("postgresql://nobody@127.0.0.1:1/x", url))


def test_watching_goes_on_when_the_database_was_away(
    url: str, place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, paused = place.file.read_text(), list[float]()

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 3:
            raise KeyboardInterrupt
        away = good.replace(url, "postgresql://nobody@127.0.0.1:1/x")
        place.file.write_text(away if len(paused) == 1 else good)

    monkeypatch.setattr("strangler_cli.session.pause", pause)
    ran = strangler("migrate", "readers", "--watch")
    assert (ran.code, paused) == (130, [10.0, 10.0, 10.0])
    assert ran.out.count("01_amounts: who uses the old form of invoices") == 2
    assert ran.err.count("does not answer") == 1


def test_status_looks_too_and_so_does_what_runs_beside_serve(
    url: str, place: Place, strangler: Strangler
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM strangler.watched")
        assert strangler("migrate", "status").code == 0
        looked = "SELECT count(*) FROM strangler.watched"
        assert connection.execute(looked).fetchone() == (1,)
        connection.execute("DELETE FROM strangler.watched")
        with readers_followed(place.loaded):
            for _ in range(200):
                if connection.execute(looked).fetchone() == (1,):
                    break
                threading.Event().wait(0.02)
        assert connection.execute(looked).fetchone() == (1,)
        assert "readers" not in {thread.name for thread in threading.enumerate()}


def test_who_may_only_read_still_sees_the_status(url: str, place: Place, strangler: Strangler) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS monitor_readers; CREATE ROLE monitor_readers LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA strangler TO monitor_readers")
        try:
            as_monitor = url.replace("//strangler@", "//monitor_readers@")
            ran = strangler("migrate", "status", "--database", as_monitor, "--json")
            assert ran.code == 0
            assert (ran.json["migrations"][0]["state"], ran.json["migrations"][0]["contract"]) == (
                "verified",
                None,
            )
            assert "who uses the old form was not looked at: insufficient rights" in ran.err
            refused = strangler("migrate", "readers", "--database", as_monitor)
            assert (refused.code, "insufficient rights" in refused.err) == (2, True)
        finally:
            connection.execute("DROP OWNED BY monitor_readers; DROP ROLE monitor_readers")


def test_beside_serve_what_cannot_be_followed_ends_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    with readers_followed(place.loaded):
        pass
    place.file.write_text(place.file.read_text() + 'migrations: {database: "${NOWHERE}"}\n')
    with readers_followed(place.loaded):
        pass
    assert "NOWHERE is not set" in capsys.readouterr().err
