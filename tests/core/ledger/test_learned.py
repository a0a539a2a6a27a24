"""Learned causes in the ledger: of all workers together, withdrawn at once, never a weaker gate."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest

from strangler.comparison.context import Context
from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.learning.sight import Sight, Watched, learned
from strangler.comparison.model import Node
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.comparison.values import canonical
from strangler.evidence import Seen
from strangler.gate.judge import judge
from strangler.ledger.audit import entries
from strangler.ledger.divergences import Divergence, accept, divergences, find, resolve
from strangler.ledger.evidence import read_evidence
from strangler.ledger.flush import flush
from strangler.ledger.learning import open_places
from strangler.ledger.settled import Settled, finding
from strangler.ledger.store import Ledger
from strangler.redaction import Redactor
from strangler.testing.judged import CONFIG, Judged, configuration
from strangler.testing.samples import answer

REDACTOR = Redactor(b"k" * 32)
RENAMED: list[tuple[Node, Node]] = [
    ({"total": Decimal(f"{n}.10"), "currency": "EUR"}, {"sum_total": Decimal(f"{n}.10"), "currency": "EUR"})
    for n in range(10, 16)
]
STATUS: list[tuple[Node, Node]] = [
    ({"status": left}, {"status": right}) for left, right in (("OPEN", "open"), ("P", "settled")) * 5
]


def judged_pair(judged: Judged, left: Node, right: Node, watched: Watched) -> Settled:
    ours, theirs = answer(canonical(left)), answer(canonical(right))
    outcome = compare(ours, theirs)
    found = outcome.differences
    marks = {fingerprint("invoice", each).digest: each for each in found}
    findings = tuple(finding((each,), digest, 1, REDACTOR) for digest, each in marks.items())
    shown = learned(Sight("invoice", ours, theirs, found, found, Rules(), Context()), watched)
    if outcome.verdict == "equal":
        return judged.equal(learned=shown or None)
    return judged.different(findings=findings, learned=shown, served_candidate=True)


def write(
    ledger: Ledger, judged: Judged, pairs: Iterable[tuple[Node, Node]], worker: str = "w", number: int = 0
) -> list[Settled]:
    watched = Watched(frozenset({"$.status"}))
    batch = [judged_pair(judged, left, right, watched) for left, right in pairs]
    again(ledger, judged, batch, worker, number)
    return batch


def again(ledger: Ledger, judged: Judged, batch: list[Settled], worker: str = "w", number: int = 0) -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=judged.at_ns, worker=worker, number=number)


def stored(ledger: Ledger) -> list[Divergence]:
    with ledger.read() as connection:
        return divergences(connection)


def seen(ledger: Ledger, judged: Judged) -> tuple[Seen, ...]:
    with ledger.read() as connection:
        return read_evidence(connection, judged.loaded, "reads", judged.at_ns).seen


def test_a_renamed_field_is_one_divergence_with_its_counts_and_stays_money(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, RENAMED)
    (found,) = stored(ledger)
    assert (found.cause, found.kind, found.count, found.severity) == ("field-renamed", "missing", 6, "money")
    assert found.detail == "on the candidate it is $.sum_total"
    assert found.wrong_amounts == 6
    (part,) = found.merged
    with ledger.read() as connection:
        assert find(connection, found.id) == found
        other = find(connection, part)
    assert (other.merged_into, other.cause, other.kind) == (found.id, "field-renamed", "extra")
    (one,) = seen(ledger, judged)
    assert (one.cause, one.count, one.wrong_amounts, one.severity, one.parts) == (
        "field-renamed",
        6,
        6,
        "money",
        2,
    )


def test_one_pair_that_speaks_against_it_withdraws_it(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, RENAMED)
    wrong: tuple[Node, Node] = (
        {"total": Decimal("7.00"), "currency": "EUR"},
        {"sum_total": Decimal("7.01"), "currency": "EUR"},
    )
    write(ledger, judged, [wrong])
    assert sorted((each.kind, each.cause, each.merged_into) for each in stored(ledger)) == [
        ("extra", "null-or-absent", ""),
        ("missing", "null-or-absent", ""),
    ]
    write(ledger, judged, RENAMED * 3)
    assert len(stored(ledger)) == len(seen(ledger, judged)) == 2


def test_renamed_values_are_one_divergence_whatever_a_single_pair_calls_each(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, STATUS)
    (found,) = stored(ledger)
    assert (found.cause, found.detail, found.count) == ("enum-renamed", "OPEN is open, P is settled", 10)
    assert (found.severity, len(found.merged)) == ("major", 1)
    write(ledger, judged, [({"status": "P"}, {"status": "P"})])  # equal, and it says so
    assert sorted((each.cause, each.count) for each in stored(ledger)) == [("case", 5), ("unexplained", 5)]


def test_workers_add_up_and_a_batch_that_comes_twice_counts_once(ledger: Ledger) -> None:
    judged = Judged()
    one = write(ledger, judged, STATUS[:5], "a", 1)
    assert {each.cause for each in stored(ledger)} == {"case", "unexplained"}
    again(ledger, judged, one, "a", 1)
    assert {each.cause for each in stored(ledger)} == {"case", "unexplained"}
    write(ledger, judged, STATUS[5:], "b", 1)  # a process that has seen nothing of the first
    (found,) = stored(ledger)
    assert found.claims[0].values == (("OPEN", "open", 5), ("P", "settled", 5))


def test_what_was_learned_belongs_to_its_epoch(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, STATUS)
    judged.version = "2"
    judged.at_ns += 60_000_000_000
    write(ledger, judged, STATUS[:4])
    assert {each.cause for each in stored(ledger)} == {"case", "unexplained"}
    with ledger.read() as connection:
        old, new = (judged.equal().epoch.digest for judged.version in ("1", "2"))
        assert open_places(connection, [old, new, "other"]) == {
            (old, "invoice"): frozenset({"$.status"}),
            (new, "invoice"): frozenset({"$.status"}),
        }


@pytest.mark.parametrize(("allowed", "blocked"), [(0, True), (1, True), (2, False)])
def test_a_gate_counts_what_single_pairs_show(ledger: Ledger, allowed: int, blocked: bool) -> None:
    policy = f"policy:\n  open_divergences: {allowed}"
    judged = Judged(configuration(CONFIG.replace("policy:", policy)))
    write(ledger, judged, STATUS)
    with ledger.read() as connection:
        evidence = read_evidence(connection, judged.loaded, "reads", judged.at_ns)
    verdict = judge(judged.loaded.config.policy, evidence, (), judged.at_ns)
    reasons = [reason for reason in verdict.reasons if reason.code == "open-divergences"]
    assert bool(reasons) is blocked
    assert all("counts as 2" in reason.measured for reason in reasons)


def test_what_is_accepted_by_its_own_rule_takes_its_parts_with_it(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, RENAMED)
    (found,) = stored(ledger)
    with ledger.begin() as connection:
        moved = accept(
            connection, found.id, actor="ann", reason="agreed", rule="r", now_ns=judged.at_ns, whole=True
        )
        assert (moved.state, moved.merged) == ("accepted", found.merged)
        assert {find(connection, part).state for part in found.merged} == {"accepted"}
        told = [(entry.body["action"], entry.body["subject"]) for entry in entries(connection)]
    assert set(told) == {("divergence.accepted", each) for each in (found.id, *found.merged)}


def test_a_rule_for_one_part_leaves_the_other_open_by_itself(ledger: Ledger) -> None:
    judged = Judged()
    write(ledger, judged, RENAMED)
    (found,) = stored(ledger)
    with ledger.begin() as connection:
        accept(connection, found.id, actor="ann", reason="agreed", rule="r", now_ns=judged.at_ns)
    assert sorted((each.kind, each.state) for each in stored(ledger)) == [
        ("extra", "open"),
        ("missing", "accepted"),
    ]
    with ledger.begin() as connection:
        resolve(connection, found.merged[0], actor="ann", reason="mended", now_ns=judged.at_ns)
    assert {each.state for each in stored(ledger)} == {"accepted", "resolved"}
