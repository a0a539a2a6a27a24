"""`strangler migrate complete`: refused with its reasons, forced with an audit entry, done when nothing is left."""

from __future__ import annotations

import json

import psycopg
import pytest

from strangler.ledger import audit
from strangler_migrations.running.lease import held
from strangler_migrations.running.session import Session, connected

from .conftest import Place, Strangler

pytestmark = pytest.mark.postgres

OVER = "month_end: false, window: 1d"


def started(place: Place, strangler: Strangler, *, cutover: str = "", settings: str = "") -> None:
    text = place.file.read_text()
    if cutover:
        text = text.replace(
            "    routes: [invoice, invoices]\n", f"    routes: [invoice, invoices]\n    {cutover}\n"
        )
    if settings:
        text = text.removesuffix("}\n") + f", {settings}}}\n"
    place.file.write_text(text)
    assert strangler("migrate", "start", "01_amounts.yaml").code == 0


def codes(strangler: Strangler, *arguments: str) -> tuple[int, list[str]]:
    ran = strangler("migrate", "complete", "--json", *arguments)
    return ran.code, [reason["code"] for reason in json.loads(ran.out).get("reasons", [])]


def aged(url: str, days: int) -> None:
    """As if it had begun so many days ago."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table, column in (
            ("history", "at"),
            ("watched", "since"),
            ("seen", "last_seen"),
            ("parity", "at"),
        ):
            connection.execute(
                f"UPDATE strangler.{table} SET {column} = {column} - make_interval(days => %s)".encode(),
                (days,),
            )


def test_the_list_is_the_same_beforehand_and_everything_on_it_can_be_settled(
    url: str, place: Place, strangler: Strangler
) -> None:
    planned = strangler("migrate", "plan", "01_amounts.yaml", "--json").json["plans"][0]["contract"]
    assert [reason["code"] for reason in planned["reasons"]] == ["unknown-reader"]
    assert "`complete` would be refused as things are" in strangler("migrate", "plan", "01_amounts.yaml").out
    started(place, strangler, settings=OVER)
    with psycopg.connect(url, application_name="dunning", autocommit=True) as client:
        client.execute("UPDATE invoices SET amount = 3 WHERE id = 3")
    assert codes(strangler) == (1, ["old-reader", "unknown-reader", "window"])
    (status,) = strangler("migrate", "status", "--json").json["migrations"]
    assert [reason["code"] for reason in status["contract"]["reasons"]] == [
        "old-reader",
        "unknown-reader",
        "window",
    ]
    assert status["contract"]["reasons"][0]["line"] == len(place.file.read_text().splitlines())
    shown = strangler("migrate", "status").out
    assert "01_amounts: `complete` would be refused: blocked" in shown
    assert "(dunning, 127.0.0.1) uses the old form: writes it" in shown
    assert strangler("migrate", "status").code == 0
    aged(url, 2)
    assert codes(strangler) == (3, ["unknown-reader"])
    assert strangler("migrate", "verify").out.startswith("01_amounts: both forms of 10 rows agree")
    said = ("migrate", "readers", "acknowledge", "base-tables", "--reason", "moved")
    assert strangler(*said).code == 0
    assert strangler("migrate", "complete", "--json").json["state"] == "contracted"


def test_forcing_wants_a_reason_and_is_audited(url: str, place: Place, strangler: Strangler) -> None:
    started(place, strangler)
    for wrong in (["--force"], ["--reason", "x"], ["--force", "--reason", "  "]):
        assert strangler("migrate", "complete", *wrong).code == 2
    refused = strangler("migrate", "complete")
    assert refused.code == 3
    assert "insufficient: nobody can see whether `base-tables` uses the old form" in refused.out
    assert "frozen: who uses the old form is known since" in refused.out
    assert "01_amounts was not completed: insufficient" in refused.err
    forced = strangler("migrate", "complete", "--force", "--reason", "CHG-9", "--actor", "ann")
    assert (forced.code, "forced over: unknown-reader, window" in forced.err) == (0, True)
    ledger = place.ledger()
    with ledger.read() as connection:
        bodies = [json.loads(row["body"]) for row in audit.rows(connection)]
        assert audit.verify(connection) is None
    ledger.close()
    (entry,) = [body for body in bodies if body["action"] == "migration.forced"]
    assert (entry["actor"], entry["subject"], entry["reason"]) == ("ann", "01_amounts", "CHG-9")
    assert entry["after"]["status"] == "insufficient"
    events = strangler("migrate", "history", "--json").json["history"]
    assert [e["detail"] for e in events if e["event"] == "forced"] == ["CHG-9 (over unknown-reader, window)"]


def test_without_its_audit_entry_nothing_is_forced(url: str, place: Place, strangler: Strangler) -> None:
    started(place, strangler)
    text = place.file.read_text()
    place.file.write_text(text + "ledger: postgresql://nobody@127.0.0.1:1/x\n")
    ran = strangler("migrate", "complete", "--force", "--reason", "CHG-9")
    assert ran.code == 3
    place.file.write_text(text)
    assert strangler("migrate", "status", "--json").json["migrations"][0]["state"] == "verified"


def test_a_cutover_that_keeps_the_old_form_is_named_with_its_phase(
    url: str, place: Place, strangler: Strangler
) -> None:
    started(place, strangler, cutover="keeps: {01_amounts: shadow}", settings="window: 0s")
    assert strangler("migrate", "readers", "acknowledge", "base-tables", "--reason", "x").code == 0
    ran = strangler("migrate", "complete")
    assert ran.code == 4
    assert "frozen: the cutover `reads` needs the old form, and is in legacy" in ran.out
    assert "required   shadow, or a later phase" in ran.out
    assert strangler("cutover", "start", "reads").code == 0
    assert strangler("migrate", "complete").code == 0


def test_without_a_configuration_the_first_steps_work_and_say_what_was_not_asked(
    url: str, place: Place, strangler: Strangler
) -> None:
    place.file.unlink()
    assert strangler("migrate", "start", "01_amounts.yaml", "--database", url).code == 0
    assert (
        "note: nobody can see whether `base-tables`" in strangler("migrate", "status", "--database", url).out
    )
    with psycopg.connect(url, application_name="dunning", autocommit=True) as client:
        client.execute("UPDATE invoices SET amount = 3 WHERE id = 3")
    at_it = strangler("migrate", "complete", "--database", url)
    assert (at_it.code, "(dunning, 127.0.0.1) uses the old form" in at_it.out) == (1, True)
    aged(url, 2)
    stale = strangler("migrate", "complete", "--database", url)
    assert (stale.code, "insufficient: that both forms agree was proven" in stale.out) == (3, True)
    assert strangler("migrate", "verify", "--database", url).code == 0
    done = strangler("migrate", "complete", "--database", url)
    assert (done.code, "without a strangler.yaml only" in done.err) == (0, True)
    assert strangler("migrate", "drop", "--database", url).code == 0
    assert not place.file.exists()


def test_forms_that_do_not_agree_block_and_are_shown(url: str, place: Place, strangler: Strangler) -> None:
    started(place, strangler, settings="window: 0s")
    with psycopg.connect(url, autocommit=True) as client:
        client.execute(
            "ALTER TABLE invoices DISABLE TRIGGER USER; UPDATE invoices SET amount = 7 WHERE id = 2"
        )
        client.execute("ALTER TABLE invoices ENABLE TRIGGER USER")
    ran = strangler("migrate", "verify", "--json")
    assert (ran.code, ran.json["verdict"], ran.json["example"]) == (1, "different", "invoices (2)")
    assert codes(strangler) == (1, ["unknown-reader", "parity"])


def test_what_would_be_given_back_wrong_is_not_given_back(
    url: str, place: Place, strangler: Strangler
) -> None:
    started(place, strangler)
    assert strangler("migrate", "complete", "--force", "--reason", "test").code == 0
    assert "both forms of 10 rows agree" in strangler("migrate", "verify").out
    with psycopg.connect(url, autocommit=True) as client:
        client.execute(
            "ALTER TABLE invoices DISABLE TRIGGER USER; UPDATE invoices SET amount = 7 WHERE id = 2"
        )
    ran = strangler("migrate", "rollback")
    assert (ran.code, "1 of 10 rows back with other values" in ran.err, "(2)" in ran.err) == (1, True, True)
    assert strangler("migrate", "status", "--json").json["migrations"][0]["state"] == "contracted"
    assert strangler("migrate", "verify").code == 1
    assert strangler("migrate", "rollback", "--allow-loss").code == 0


def test_verify_says_what_it_cannot_mean(url: str, place: Place, strangler: Strangler) -> None:
    ran = strangler("migrate", "verify")
    assert (ran.code, "no migration has two forms" in ran.err) == (1, True)
    assert strangler("migrate", "verify", "--table", "invoices").code == 2
    assert strangler("migrate", "verify", url).code == 2


def test_of_two_operators_at_once_one_is_refused(url: str, place: Place, strangler: Strangler) -> None:
    started(place, strangler)
    with connected(url) as other, held(Session(other, "public", "bob")):
        ran = strangler("migrate", "complete", "--force", "--reason", "CHG-9")
    assert (ran.code, "another strangler migrate is at work: bob@" in ran.err) == (1, True)
    events = strangler("migrate", "history", "--json").json["history"]
    assert "forced" not in {event["event"] for event in events}, "who was refused overrode nothing"
