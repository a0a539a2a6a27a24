"""What production asks, over all epochs, and what of it was compared in this one; bounded."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from strangler.evidence import Sighting
from strangler.ledger import tables
from strangler.ledger.coverage import LIMIT
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger
from strangler.testing.judged import Judged


def write(ledger: Ledger, batch: list[Settled]) -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=batch[-1].at_ns, worker="w", limits={"country": 1_000})


def coverage(ledger: Ledger, judged: Judged) -> dict[tuple[str, str], tuple[int, int]]:
    with ledger.read() as connection:
        found = read_evidence(connection, judged.loaded, judged.cutover, judged.at_ns).coverage
    assert all(isinstance(each, Sighting) and each.route == "invoice" for each in found)
    return {(each.kind, each.value): (each.seen, each.compared) for each in found}


def test_what_was_seen_in_any_epoch_stands_beside_what_was_compared_in_this(ledger: Ledger) -> None:
    judged = Judged()
    german: dict[str, Any] = {"labels": (("country", "DE"),), "legacy_status": 200, "shape": "id=digits"}
    missing: dict[str, Any] = {"labels": (("country", "FR"),), "legacy_status": 404, "shape": "id=uuid"}
    write(ledger, [judged.equal(**german), judged.equal(**german), judged.different(**missing)])
    write(
        ledger, [judged.failed("moved", None, legacy_status=204), judged.failed("timeout", legacy_status=302)]
    )
    assert coverage(ledger, judged) == {
        ("stratum", "country=DE"): (2, 2),
        ("stratum", "country=FR"): (1, 1),
        ("status", "2xx"): (3, 2),
        ("status", "3xx"): (1, 1),
        ("status", "4xx"): (1, 1),
        ("path", "id=digits"): (2, 2),
        ("path", "id=uuid"): (1, 1),
    }
    judged.version = "2"
    write(ledger, [judged.equal(**german)])
    found = coverage(ledger, judged)
    assert found["stratum", "country=DE"] == (3, 1)
    assert found["stratum", "country=FR"] == (1, 0)


def test_there_are_only_so_many_of_a_kind(ledger: Ledger) -> None:
    judged = Judged()
    for start in (0, LIMIT - 10):
        write(ledger, [judged.equal(shape=f"id=kind{number}") for number in range(start, start + LIMIT)])
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.sightings)).scalar() == LIMIT + 1
    found = coverage(ledger, judged)
    assert found["path", "other"] == (LIMIT - 10, LIMIT - 10)
    assert found["path", "id=kind0"] == (1, 1)
    assert found["path", f"id=kind{LIMIT - 1}"] == (2, 2)
