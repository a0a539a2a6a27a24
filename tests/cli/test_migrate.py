"""`strangler migrate`: a migration's whole life from the command line, on a real server."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from strangler.ledger.facts import facts
from strangler.testing.postgres import Server

from .conftest import Place, Strangler

pytestmark = pytest.mark.postgres

AMOUNTS = """\
operations:
  - alter_column:
      table: invoices
      column: amount
      type: bigint
      up: (amount * 100)::bigint
      down: amount::numeric / 100
"""
FORCED = ("--force", "--reason", "nobody else uses it")


@pytest.fixture
def url(postgres: Server, place: Place) -> str:
    url = postgres.create_database()
    place.file.write_text(place.file.read_text() + f'migrations: {{database: "{url}"}}\n')
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE invoices (id int PRIMARY KEY, amount numeric(10,2) NOT NULL)")
        connection.execute("INSERT INTO invoices SELECT i, i + 0.25 FROM generate_series(1, 10) i")
        connection.execute("ANALYZE invoices")
    (place.folder / "01_amounts.yaml").write_text(AMOUNTS)
    return url


def test_a_whole_life(url: str, place: Place, strangler: Strangler) -> None:
    assert "no migration was started" in strangler("migrate", "status").out
    planned = strangler("migrate", "plan", "01_amounts.yaml")
    assert (planned.code, planned.err) == (0, "")
    for word in (
        "ACCESS EXCLUSIVE",
        "writes 8 KiB, about 10 rows, ",
        "no way back afterwards",
        "wait for 500 ms at most",
    ):
        assert word in planned.out, planned.out
    assert "VALIDATE CONSTRAINT" in strangler("migrate", "plan", "01_amounts.yaml", "--sql").out
    started = strangler("migrate", "start", "01_amounts.yaml", "--actor", "ann")
    assert (started.code, started.out.splitlines()[0]) == (0, "01_amounts is verified")
    assert "01_amounts  verified" in strangler("migrate", "status").out
    assert strangler("migrate", "complete", *FORCED).code == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT sum(amount) FROM invoices").fetchone() == (5750,)
    assert strangler("migrate", "rollback", "--json").json["state"] == "rolled back"
    with psycopg.connect(url) as connection:
        assert str(connection.execute("SELECT sum(amount) FROM invoices").fetchone()) == "(Decimal('57.50'),)"
    for command in (["start", "01_amounts.yaml"], ["complete", *FORCED], ["drop", "01_amounts"]):
        assert strangler("migrate", *command).code == 0
    events = [each["event"] for each in strangler("migrate", "history", "--json").json["history"]]
    assert events[-2:] == ["dropping", "dropped"]
    assert phases(place) == {"01_amounts": "drop"}


def phases(place: Place) -> dict[str, str]:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = {fact.subject: fact.phase for fact in facts(connection, "migration")}
    ledger.close()
    return found


def test_a_rollback_that_is_interrupted_leaves_no_phase_to_lean_on(
    url: str, place: Place, strangler: Strangler
) -> None:
    impatient = place.file.read_text().replace(f'"{url}"', f'"{url}", lock_timeout: 20ms, lock_bound: 1s')
    place.file.write_text(impatient)
    assert strangler("migrate", "start", "01_amounts.yaml").code == 0
    assert phases(place) == {"01_amounts": "verify"}
    with psycopg.connect(url, application_name="cron") as idle:
        idle.execute("SELECT * FROM invoices")
        ran = strangler("migrate", "rollback")
        assert (ran.code, "no lock within" in ran.err) == (1, True)
        assert phases(place) == {"01_amounts": "rolling back"}
        assert "rollback goes on" in strangler("migrate", "status").out
        assert phases(place) == {"01_amounts": "rolling back"}
    assert strangler("migrate", "rollback").code == 0
    assert phases(place) == {"01_amounts": "rolled back"}


def test_the_plan_as_json(url: str, strangler: Strangler) -> None:
    (plan,) = strangler("migrate", "plan", "01_amounts.yaml", "--json").json["plans"]
    assert [phase["phase"] for phase in plan["phases"]] == ["start", "backfill", "verify", "complete", "drop"]
    assert [phase["way_back"] for phase in plan["phases"]] == [True, True, True, True, False]
    statements = [each for phase in plan["phases"] for each in phase["statements"]]
    assert not [each for each in statements if each["rewrites"] or (each["scans"] and each["blocks_writers"])]
    assert plan["phases"][1]["fills"][0]["rows"] == 10


def test_what_fills_another_table_is_in_the_plan(url: str, place: Place, strangler: Strangler) -> None:
    (place.folder / "02_copy.yaml").write_text("operations: [{copy_table: {from: invoices, to: archive}}]")
    planned = strangler("migrate", "plan", "02_copy.yaml").out
    backfill = planned.partition("\nbackfill\n")[2].partition("\ncomplete\n")[0]
    assert "about 10 rows" in backfill
    assert "INSERT INTO" in backfill
    assert "`--sql` shows the statements whole" in planned
    assert max(map(len, planned.splitlines())) < 300


def test_several_files_are_planned_in_turn(url: str, place: Place, strangler: Strangler) -> None:
    folder = place.folder / "files"
    folder.mkdir()
    add = "operations: [{add_column: {table: invoices, column: {name: tax, type: int}, up: id}}]"
    rename = "operations: [{rename_column: {table: invoices, from: tax, to: vat}}]"
    (folder / "01_tax.yaml").write_text(add)
    (folder / "02_vat.yaml").write_text(rename)
    ran = strangler("migrate", "plan", str(folder / "02_vat.yaml"))
    assert (ran.code, "no column `tax`" in ran.err) == (2, True)
    planned = strangler("migrate", "plan", str(folder))
    assert planned.code == 0, planned.err
    assert "public_01_tax → public_02_vat" in planned.out
    found = strangler("migrate", "plan", str(folder), "--json").json
    assert [each["previous"] for each in found["plans"]] == [None, "public_01_tax"]
    assert found["in_the_way"] == []
    for command in (
        ["start", str(folder / "01_tax.yaml")],
        ["complete", "--force", "--reason", "test"],
        ["drop"],
    ):
        assert strangler("migrate", *command).code == 0, command
    left = strangler("migrate", "plan", str(folder), "--json")
    assert [each["name"] for each in left.json["plans"]] == ["02_vat"]
    assert "01_tax is dropped already: left out" in left.err


def test_statements_of_applications_are_probed(url: str, place: Place, strangler: Strangler) -> None:
    (place.folder / "app.sql").write_text(
        "SELECT * FROM invoices;\nSELECT id, amount FROM invoices GROUP BY id;\n"
    )
    ran = strangler("migrate", "plan", "01_amounts.yaml", "--statements", "app.sql")
    assert ran.code == 0, ran.err
    assert "the views of public_01_amounts cannot serve:\n  app.sql:2: SELECT id" in ran.out
    assert "instead: name every selected column in GROUP BY" in ran.out
    (plan,) = strangler("migrate", "plan", "01_amounts.yaml", "--statements", "app.sql", "--json").json[
        "plans"
    ]
    assert [each["place"] for each in plan["probe"]["findings"]] == ["app.sql:2"]
    (place.folder / "app.sql").write_text("SELECT * FROM invoices")
    assert (
        "each of them can be served"
        in strangler("migrate", "plan", "01_amounts.yaml", "--statements", "app.sql").out
    )
    ran = strangler("migrate", "plan", "01_amounts.yaml", "--statements", "none.sql")
    assert (ran.code, "cannot be read" in ran.err) == (2, True)


def test_pending_migrations_of_django(url: str, place: Place, strangler: Strangler) -> None:
    ran = strangler("migrate", "django", ".")
    assert (ran.code, "holds no migration of Django" in ran.err) == (2, True)
    folder = place.folder / "billing" / "migrations"
    folder.mkdir(parents=True)
    (folder / "0001_initial.py").write_text("class Migration:\n    pass\n")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE django_migrations (app text, name text)")
    ran = strangler("migrate", "django", ".")
    assert (ran.code, "pending: billing.0001_initial" in ran.out) == (1, True)
    assert strangler("migrate", "django", ".", "--json").json["pending"][0]["app"] == "billing"
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO django_migrations VALUES ('billing', '0001_initial')")
    ran = strangler("migrate", "django", ".")
    assert (ran.code, ran.out) == (0, "1 migration applied, 0 pending\n")


def test_a_backfill_that_broke_is_paused_and_resumed_by_command(
    url: str, place: Place, strangler: Strangler
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO invoices SELECT i, 1 FROM generate_series(11, 1100) i")
        connection.execute("UPDATE invoices SET amount = 0 WHERE id = 1100")
    text = AMOUNTS.replace("(amount * 100)", "CASE WHEN id < 1100 THEN amount * 100 ELSE 1 / amount END")
    (place.folder / "01_amounts.yaml").write_text(text)
    assert strangler("migrate", "pause", "--reason", "x").code == 2
    assert "division by zero" in strangler("migrate", "start", "01_amounts.yaml").err
    paused = strangler("migrate", "pause", "--reason", "month end", "--actor", "ann")
    assert (paused.code, paused.out) == (0, "01_amounts is backfilling, and its backfill is paused\n")
    assert "01_amounts: ann paused it at " in strangler("migrate", "status").out
    (shown,) = strangler("migrate", "status", "--json").json["migrations"]
    assert (shown["paused"]["actor"], shown["paused"]["reason"]) == ("ann", "month end")
    assert strangler("migrate", "resume").code == 0
    assert strangler("migrate", "status", "--json").json["migrations"][0]["paused"] is None
    ran = strangler("migrate", "resume")
    assert (ran.code, "is not paused" in ran.err) == (1, True)


def test_the_bounds_of_a_backfill(url: str, place: Place, strangler: Strangler) -> None:
    for option, value, words in (
        ("--max-wal", "many", "not a size; write bytes or a unit"),
        ("--max-dead", "30 per cent", "not a share; write 0.1% or 0.001"),
    ):
        ran = strangler("migrate", "start", "01_amounts.yaml", option, value)
        assert (ran.code, words in ran.err) == (2, True), ran.err
    bounds = "{max_wal: 64MiB, max_rate: 1000, max_lag: 5s, max_active: 50, max_dead: 50%}"
    place.file.write_text(place.file.read_text().replace(f'"{url}"', f'"{url}", throttle: {bounds}'))
    assert (
        strangler("migrate", "start", "01_amounts.yaml", "--max-wal", "8MiB", "--max-dead", "30%").code == 0
    )


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("operations: [{drop_colum: {}}]", 2, "did you mean `drop_column`?"),
        (
            "operations: [{drop_table: {name: invoice}}]",
            2,
            "there is no table `invoice`\n  did you mean `invoices`?",
        ),
        ("operations: [{drop_column: {table: invoices, column: amount}}]", 2, "say it with `down`"),
        ("operations: [{drop_column: {table: invoices, column: id}}]", 2, "part of the primary key"),
        (AMOUNTS.replace("amount * 100", "amont * 100"), 2, 'column "amont" does not exist'),
        (AMOUNTS.replace("/ 100", "/ 10"), 1, "`down` does not invert `up`: 10 of 10"),
        (AMOUNTS.replace("bigint", "nonsense"), 2, 'type "nonsense" does not exist'),
    ],
)
def test_what_cannot_be_meant_changes_nothing(
    url: str, place: Place, strangler: Strangler, text: str, code: int, words: str
) -> None:
    file = place.folder / "02_wrong.yaml"
    file.write_text(text)
    ran = strangler("migrate", "start", str(file))
    assert (ran.code, words in ran.err) == (code, True), ran.err
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regnamespace('strangler')").fetchone() == (None,)


def test_what_the_rows_say_is_in_the_plan_and_in_the_status(
    url: str, place: Place, strangler: Strangler
) -> None:
    text = "operations: [{change_money: {table: invoices, columns: [amount], currency: %s}}]"
    file = place.folder / "02_money.yaml"
    file.write_text(text % "JPY")
    ran = strangler("migrate", "plan", "02_money.yaml")
    assert "on all rows: invoices.amount: 10 have more digits than JPY (0), such as id 1: 1.25" in ran.out
    assert "start would refuse this: mend these rows" in ran.out
    ((check,),) = (
        each["checks"] for each in strangler("migrate", "plan", "02_money.yaml", "--json").json["plans"]
    )
    assert (check["findings"][0]["finding"], check["refused"], check["partial"]) == ("rounded", True, False)
    assert strangler("migrate", "start", "02_money.yaml").code == 1
    file.write_text(text % "JPY, rounding: half_up")
    assert strangler("migrate", "start", "02_money.yaml").code == 0
    assert "10 have more digits than JPY (0): half_up" in strangler("migrate", "status").out
    (record,) = strangler("migrate", "status", "--json").json["migrations"]
    assert [each["rows"] for each in record["checks"][0]["findings"]] == [10]


def test_without_a_database(place: Place, strangler: Strangler) -> None:
    (place.folder / "x.yaml").write_text("operations: [{sql: {up: SELECT 1}}]")
    ran = strangler("migrate", "plan", "x.yaml")
    assert (ran.code, "no database is named" in ran.err) == (2, True)
    ran = strangler("migrate", "status", "--database", "postgresql://nobody@127.0.0.1:1/x")
    assert (ran.code, "does not answer" in ran.err) == (1, True)
    assert Path("strangler.yaml").exists()
