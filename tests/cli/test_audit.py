"""`strangler audit`: what was done is shown; what was tampered with is named."""

from __future__ import annotations

import hashlib
import json

from strangler.testing.unguarded import unguarded

from .conftest import Place, Strangler


def moved(strangler: Strangler) -> None:
    for arguments in (("start",), ("pause",), ("resume",)):
        assert strangler("cutover", *arguments, "reads", "--actor", "ann", "--reason", "why not").code == 0


def test_what_was_done_is_listed_with_who_and_why(place: Place, strangler: Strangler) -> None:
    assert "nothing yet" in strangler("audit", "list").out
    assert strangler("audit", "verify").out == "0 entries, every link holds\n"
    moved(strangler)
    shown = strangler("audit", "list", "--subject", "reads", "--limit", "2").out
    assert [word in shown for word in ("cutover.resume", "cutover.pause", "cutover.start")] == [
        True,
        True,
        False,
    ]
    entries = strangler("audit", "list", "--json").json["entries"]
    assert [entry["seq"] for entry in entries] == [3, 2, 1]
    assert (entries[0]["actor"], entries[0]["reason"]) == ("ann", "why not")
    assert entries[0]["prev"] == entries[1]["hash"]


def test_an_export_can_be_verified_by_anybody(place: Place, strangler: Strangler) -> None:
    moved(strangler)
    head = strangler("audit", "head").out.strip()
    lines = strangler("audit", "export").out.splitlines()
    prev = "0" * 64
    for line in lines:
        link = json.loads(line)
        prev = hashlib.sha256((prev + link["body"]).encode()).hexdigest()
        assert link["hash"] == prev
    assert head == f"3:{prev}"
    assert strangler("audit", "export", "-o", "audit.jsonl").out == "3 entries written to audit.jsonl\n"
    ran = strangler("audit", "verify", "--file", "audit.jsonl", "--head", head)
    assert (ran.code, ran.out) == (0, "3 entries, every link holds, and has entry 3 as it was kept\n")


def test_a_changed_export_is_named_with_its_first_bad_link(place: Place, strangler: Strangler) -> None:
    moved(strangler)
    head = strangler("audit", "head").out.strip()
    lines = strangler("audit", "export").out.splitlines(keepends=True)
    file = place.folder / "audit.jsonl"
    verify = ("audit", "verify", "--file", "audit.jsonl")
    for text, words in (
        (
            lines[0] + lines[1].replace("ann", "bob") + lines[2],
            "at entry 2: its body is not what was written",
        ),
        (lines[0] + lines[2], "at entry 3: entry 2 is missing"),
        (lines[1] + lines[0] + lines[2], "at entry 2: entry 1 is missing"),
    ):
        file.write_text(text)
        ran = strangler(*verify)
        assert (ran.code, words in ran.out) == (1, True), ran.out
    file.write_text("".join(lines[:2]))
    assert strangler(*verify).code == 0
    assert "its end was cut off" in strangler(*verify, "--head", head).out
    for broken in ("{", '{"seq": 1}', "[]"):
        file.write_text(lines[0] + broken)
        ran = strangler(*verify)
        assert (ran.code, "audit.jsonl:2" in ran.err) == (2, True)
    assert strangler("audit", "verify", "--file", "none.jsonl").code == 2
    assert strangler("audit", "verify", "--head", "3").code == 2


def test_a_ledger_that_was_tampered_with_is_named(place: Place, strangler: Strangler) -> None:
    moved(strangler)
    head = strangler("audit", "head").out.strip()
    ledger = place.ledger()
    with ledger.begin() as connection, unguarded(connection):
        connection.exec_driver_sql("DELETE FROM audit WHERE seq = 3")
    assert strangler("audit", "verify").code == 0
    assert strangler("audit", "verify", "--head", head).code == 1
    with ledger.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET subject = 'x' WHERE seq = 1")
    ledger.close()
    ran = strangler("audit", "verify")
    assert (ran.code, ran.out) == (
        1,
        "the audit is broken at entry 1: its columns are not those of its body\n",
    )
