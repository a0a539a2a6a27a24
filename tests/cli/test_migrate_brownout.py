"""`strangler migrate brownout`: its exit code says whether anybody cried out; `complete` and `readers` know of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psycopg
import pytest

from strangler.ledger import audit

from .conftest import Place, Strangler

pytestmark = pytest.mark.postgres

WRITE = "UPDATE public.invoices SET amount = 5 WHERE id = 5"


@pytest.fixture
def url(url: str, place: Place, strangler: Strangler) -> str:
    """The migration under way, with a window of now."""
    place.file.write_text(place.file.read_text().replace(f'"{url}"}}', f'"{url}", window: 0s}}'))
    assert strangler("migrate", "start", "01_amounts.yaml").code == 0
    return url


def test_quiet_it_is_a_proof_in_readers_and_audit(url: str, place: Place, strangler: Strangler) -> None:
    for wrong in (["--for", "5m"], ["--for", "2h", "--reason", "x"], ["--for", "0s", "--reason", "x"]):
        assert strangler("migrate", "brownout", *wrong).code == 2
    assert strangler("migrate", "brownout", "--lift").code == 1
    quiet = strangler("migrate", "brownout", "--for", "1s", "--reason", "CHG-7", "--json", "--actor", "ann")
    assert (quiet.code, quiet.json["refused"], quiet.json["actor"]) == (0, 0, "ann")
    assert "(CHG-7): nobody was refused" in strangler("migrate", "readers").out
    assert strangler("migrate", "readers", "--json").json["brownout"]["refused"] == 0
    notes = strangler("migrate", "status", "--json").json["migrations"][0]["contract"]["notes"]
    assert [note for note in notes if note.startswith("a brownout of 1 s at")]
    ledger = place.ledger()
    with ledger.read() as connection:
        assert [r for r in audit.rows(connection) if "migration.brownout" in r["body"]]
    ledger.close()


@pytest.mark.full
def test_killed_it_is_over_by_itself_and_whoever_cried_out_blocks(
    url: str, place: Place, strangler: Strangler
) -> None:
    command = [
        sys.executable,
        "-m",
        "strangler_cli.main",
        "migrate",
        "brownout",
        "--for",
        "4s",
        "--reason",
        "CHG-8",
    ]
    with (
        psycopg.connect(url, autocommit=True, application_name="dunning") as client,
        subprocess.Popen(
            command, cwd=place.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as running,
    ):
        assert running.stderr is not None
        assert b"withdrawn until" in running.stderr.readline()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute(WRITE)
        running.send_signal(signal.SIGKILL)
        running.wait()
        at_work = strangler("migrate", "complete", "--json")
        assert [r["code"] for r in at_work.json["reasons"]][:2] == ["old-reader", "brownout"], at_work.out
        for _ in range(100):
            try:
                client.execute(WRITE)
                break
            except psycopg.errors.InsufficientPrivilege:
                time.sleep(0.1)
        assert client.execute(WRITE).rowcount == 1
    told = strangler("migrate", "readers").out
    assert "statements were refused" in told
    assert "was refused in a brownout" in told
    refused = strangler("migrate", "complete")
    assert (refused.code, "of the old form were refused in the brownout of" in refused.out) == (1, True)


@pytest.mark.full
def test_a_rollback_or_a_forced_contract_puts_it_back_first(url: str, strangler: Strangler) -> None:
    from strangler_migrations import brownout
    from strangler_migrations.running.lifecycle import get
    from strangler_migrations.running.session import Session, connected

    with connected(url) as connection:
        session = Session(connection, "public", "bob")
        brownout.begin(session, get(session, "01_amounts"), 600, "CHG-9")
        assert strangler("migrate", "complete").code == 3
        assert strangler("migrate", "complete", "--force", "--reason", "CHG-9").code == 0
        assert strangler("migrate", "rollback").code == 0
        assert connection.execute(WRITE).rowcount == 1
        assert strangler("migrate", "start", "01_amounts.yaml").code == 0
        brownout.begin(session, get(session, "01_amounts"), 600, "CHG-10")
        assert strangler("migrate", "rollback").code == 0
        assert connection.execute(WRITE).rowcount == 1
