"""`strangler migrate repair` and `baseline`: said before it is done, with exit codes a script can use."""

from __future__ import annotations

import psycopg
import pytest

from .conftest import Strangler

pytestmark = pytest.mark.postgres


def test_first_said_then_done_and_values_only_by_name(url: str, strangler: Strangler) -> None:
    clean = strangler("migrate", "repair", "--dry-run")
    assert (clean.code, clean.out) == (0, "nothing is left of any migration\n")
    assert strangler("migrate", "start", "01_amounts.yaml").code == 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM strangler.migrations")
    said = strangler("migrate", "repair", "--dry-run")
    assert said.code == 1
    assert "would do: DROP TRIGGER" in said.out
    assert (
        "column invoices._strangler_new_amount: a form that no migration under way has, with 10 values"
        in said.out
    )
    assert "stays, unless: strangler migrate repair --drop-data invoices._strangler_new_amount" in said.out
    done = strangler("migrate", "repair", "--actor", "ann", "--json")
    assert done.code == 1
    assert [each["name"] for each in done.json["findings"] if not each["done"]] == [
        "invoices._strangler_new_amount"
    ]
    wrong = strangler("migrate", "repair", "--drop-data", "invoices._strangler_new_amoun")
    assert (wrong.code, "did you mean `invoices._strangler_new_amount`" in wrong.err) == (2, True)
    assert strangler("migrate", "repair", "--dry-run", "--drop-data", "x").code == 2
    assert strangler("migrate", "repair", "--drop-data", "invoices._strangler_new_amount").code == 0
    assert strangler("migrate", "repair").code == 0
    events = strangler("migrate", "history", "--json").json["history"]
    assert {(e["event"], e["actor"]) for e in events if "trigger" in e["detail"]} == {("repaired", "ann")}


def test_a_baseline_is_the_version_the_first_migration_starts_from(url: str, strangler: Strangler) -> None:
    made = strangler("migrate", "baseline", "2026-11")
    assert (made.code, made.out) == (
        0,
        '2026-11 is version zero: SET search_path = "public_2026-11", public\n',
    )
    again = strangler("migrate", "baseline", "2026-12", "--json")
    assert (again.code, "this database has versions already" in again.err) == (1, True)
    plan = strangler("migrate", "plan", "01_amounts.yaml", "--json").json["plans"][0]
    assert plan["previous"] == "public_2026-11"
