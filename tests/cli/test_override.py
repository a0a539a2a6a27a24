"""`strangler cutover rollback --all` and `resume --all`: written, said, kept by the ledger, lifted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from strangler.ledger.audit import entries, verify
from strangler.ledger.cutovers import current_table, state_of
from strangler.ledger.settled import StreamReport
from strangler_shadow.override import in_force

from .conftest import Place, Strangler


@pytest.fixture
def state(place: Place, strangler: Strangler) -> Path:
    """The state folder, as planes leave it: the cutover `reads` is in its first canary step."""
    strangler("cutover", "start", "reads")
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    assert strangler("cutover", "advance", "reads").code == 0
    folder = place.folder / ".strangler"
    folder.mkdir()
    keep(place)
    return folder


def keep(place: Place) -> None:
    """What a plane does with the table in force."""
    ledger = place.ledger()
    with ledger.read() as connection:
        (place.folder / ".strangler" / "table.json").write_bytes(
            msgspec.json.encode(current_table(connection))
        )
    ledger.close()


def audited(place: Place, subject: str) -> list[dict[str, Any]]:
    ledger = place.ledger()
    with ledger.read() as connection:
        assert verify(connection) is None
        found = [entry.body for entry in entries(connection, subject=subject)]
    ledger.close()
    return [body for body in found if body["action"].startswith("override")]


def phase(place: Place) -> tuple[str, int]:
    ledger = place.ledger()
    with ledger.read() as connection:
        found = state_of(connection, "reads")
    ledger.close()
    return found.phase, found.weight


def test_it_is_written_said_and_audited(place: Place, state: Path, strangler: Strangler) -> None:
    ran = strangler("cutover", "rollback", "--all", "--reason", "wrong totals", "--actor", "ann")
    assert ran.code == 0
    assert "legacy answers everybody, by ann: wrong totals" in ran.out
    assert "reads: back from the candidate" in ran.out
    assert "lift it: strangler cutover resume --all" in ran.out
    override = in_force(state)
    assert override is not None
    assert {entry.name: (entry.phase, entry.weight) for entry in override.routes} == {
        "invoice": ("shadow", 0),
        "invoices": ("shadow", 0),
        "pay": ("legacy", 0),
    }
    assert phase(place) == ("canary", 100), "what the ledger says is not changed by an override"
    (entry,) = audited(place, "table")
    assert (entry["action"], entry["reason"], entry["actor"]) == ("override.set", "wrong totals", "ann")
    assert entry["after"]["generation"] == override.generation
    assert "override.set" in (history := strangler("cutover", "status", "reads").out)
    assert "canary 1 % → shadow" in history


def test_twice_is_once(place: Place, state: Path, strangler: Strangler) -> None:
    strangler("cutover", "rollback", "--all", "--actor", "ann")
    before = (state / "override.json").read_bytes()
    ran = strangler("cutover", "rollback", "--all", "--actor", "ben")
    assert (ran.code, "in force already, by ann; nothing changed" in ran.out) == (0, True)
    assert (state / "override.json").read_bytes() == before
    assert len(audited(place, "table")) == 1


def test_a_table_of_which_no_plane_knows_yet_is_taken_from_the_ledger(
    place: Place, state: Path, strangler: Strangler
) -> None:
    place.file.write_text(place.file.read_text().replace("  pay:\n", "  refund: POST /refunds\n  pay:\n"))
    strangler("cutover", "pause", "reads")
    assert strangler("cutover", "rollback", "--all").code == 0
    override = in_force(state)
    assert override is not None
    assert "refund" in {entry.name for entry in override.routes}


def test_status_says_so_loudly(place: Place, state: Path, strangler: Strangler) -> None:
    assert strangler("status", "--json").json["override"] is None
    assert "OVERRIDE" not in strangler("status").out
    strangler("cutover", "rollback", "--all", "--reason", "wrong totals", "--actor", "ann")
    for ran in (strangler("status"), strangler("cutover", "status", "reads")):
        assert ran.out.startswith("OVERRIDE IN FORCE: legacy answers everybody")
        assert "by ann (wrong totals)" in ran.out
        assert "lift it: strangler cutover resume --all" in ran.out
    said = strangler("status", "--json").json["override"]
    assert (said["actor"], said["reason"]) == ("ann", "wrong totals")
    (place.folder / "strangler.db").unlink()
    ran = strangler("status")
    assert (ran.code, "OVERRIDE IN FORCE" in ran.err) == (3, True)


def test_nothing_advances_meanwhile_and_what_moves_is_said_to_wait(
    place: Place, state: Path, strangler: Strangler
) -> None:
    strangler("cutover", "rollback", "--all", "--reason", "wrong totals")
    ran = strangler("cutover", "advance", "reads")
    assert (ran.code, "an override is in force" in ran.err) == (4, True)
    assert "wrong totals" in ran.err
    assert phase(place) == ("canary", 100)
    ran = strangler("cutover", "rollback", "reads")
    assert (ran.code, "in force once the override is lifted" in ran.out) == (0, True)
    assert phase(place) == ("shadow", 0)


def test_without_a_ledger_it_is_done_all_the_same(place: Place, state: Path, strangler: Strangler) -> None:
    db, aside = place.folder / "strangler.db", place.folder / "aside.db"
    db.rename(aside)
    ran = strangler("cutover", "rollback", "--all", "--actor", "ann", "--reason", "wrong totals")
    assert ran.code == 0
    assert "the audit has no entry, lifting writes one" in ran.out
    assert in_force(state) is not None
    ran = strangler("cutover", "resume", "--all")
    assert ran.code == 3, "what planes go back to is the ledger's to say"
    assert in_force(state) is not None
    aside.rename(db)
    assert strangler("cutover", "resume", "--all", "--actor", "ben").code == 0
    (entry,) = audited(place, "table")
    assert (entry["action"], entry["actor"]) == ("override.lifted", "ben")
    assert (entry["before"]["actor"], entry["before"]["reason"]) == ("ann", "wrong totals")


def test_with_a_broken_file_it_is_done_all_the_same(place: Place, state: Path, strangler: Strangler) -> None:
    good = place.file.read_text()
    for broken in (good + "polciy: {}\n", good + "routes: [\n"):
        place.file.write_text(broken)
        ran = strangler("cutover", "rollback", "--all")
        assert (ran.code, "the audit has no entry" in ran.out) == (0, True)
        assert in_force(state) is not None
        assert strangler("cutover", "resume", "--all").code == 2
        assert in_force(state) is not None
        (state / "override.json").unlink()


def test_a_broken_file_may_name_another_folder(place: Place, state: Path, strangler: Strangler) -> None:
    state.rename(place.folder / "elsewhere")
    broken = place.file.read_text() + "serve: {state: elsewhere}\npolciy: {}\n"
    place.file.write_text(broken)
    assert strangler("cutover", "rollback", "--all").code == 0
    assert in_force(place.folder / "elsewhere") is not None
    (place.folder / "elsewhere").rename(place.folder / "nowhere")
    ran = strangler("cutover", "rollback", "--all")
    assert (ran.code, "polciy" in ran.err) == (2, True)


def test_lifting_gives_back_what_the_ledger_says(place: Place, state: Path, strangler: Strangler) -> None:
    strangler("cutover", "rollback", "--all")
    override = in_force(state)
    assert override is not None
    ran = strangler("cutover", "resume", "--all", "--actor", "ben", "--reason", "mended")
    assert ran.code == 0
    assert "the override is lifted, by ben" in ran.out
    assert "reads: canary 1 %" in ran.out
    assert in_force(state) is None
    lifted, put = audited(place, "reads")
    assert [(entry["before"]["phase"], entry["after"]["phase"]) for entry in (put, lifted)] == [
        ("canary", "shadow"),
        ("shadow", "canary"),
    ]
    assert (lifted["actor"], lifted["reason"]) == ("ben", "mended")
    ledger = place.ledger()
    with ledger.read() as connection:
        table = current_table(connection)
    ledger.close()
    assert table is not None
    assert table.generation > override.generation, "no plane takes the override for the newer one"
    ran = strangler("cutover", "resume", "--all")
    assert (ran.code, "no override is in force" in ran.out) == (0, True)


@pytest.mark.parametrize("verb", ["rollback", "resume"])
def test_one_or_all_but_not_both_nor_neither(
    place: Place, state: Path, strangler: Strangler, verb: str
) -> None:
    both, neither = strangler("cutover", verb, "reads", "--all"), strangler("cutover", verb)
    assert (both.code, neither.code) == (2, 2)
    assert "which of them" in both.err
    assert "which cutover" in neither.err
    assert in_force(state) is None
    assert phase(place) == ("canary", 100)


def test_a_folder_without_planes_is_the_wrong_one(place: Place, strangler: Strangler) -> None:
    ran = strangler("cutover", "rollback", "--all")
    assert (ran.code, "no plane has run here" in ran.err) == (2, True)


def test_planes_say_that_they_have_it(place: Place, state: Path, strangler: Strangler) -> None:
    generation = json.loads((state / "table.json").read_text())["generation"]
    for number, reported in enumerate((generation + 1, generation)):
        place.write(
            reports=(
                StreamReport(plane=f"p{number}", boot="b", pid=1, at_ns=place.now_ns, generation=reported),
            )
        )
    assert "1 of 2 planes report it in force" in strangler("cutover", "rollback", "--all").out
