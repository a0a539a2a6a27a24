"""Learned causes live: what changed and what did not, over many exchanges, several workers and a restart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from strangler.comparison.learning.evidence import Learned, Lone, Values
from strangler.ledger.flush import flush
from strangler.ledger.settled import Observation
from strangler.ledger.store import open_ledger
from strangler.redaction import Redactor
from strangler.testing.judged import Judged
from strangler.testing.origin import Script, Seen, Steps, answer
from strangler_shadow.testing import until
from strangler_shadow.testing.plane import exchange
from strangler_shadow.worker.learning import Learners, redacted

from .conftest import Rig

MakeRig = Callable[..., Rig]
NAMES = {"OPEN": "open", "P": "settled", "new": "new"}


def body(number: int, state: str, name: str = "state") -> bytes:
    return json.dumps({"n": number, name: state}).encode()


def invoices(name: str = "state", **changed: str) -> Script:
    """The candidate: `/invoices/7-OPEN` has the status that the candidate calls `OPEN`, unless said otherwise."""

    def script(seen: Seen) -> Steps:
        number, _, state = seen.target.rpartition("/")[2].partition("-")
        said = {**NAMES, **changed}.get(state, state)
        head = ("Content-Type", "application/json"), ("X-Version", "1")
        return iter((answer(body(int(number), said, name), *head),))

    return script


def legacy(seen: Seen) -> Steps:
    number, _, state = seen.target.rpartition("/")[2].partition("-")
    return iter((answer(body(int(number), state), ("Content-Type", "application/json")),))


def ask(made: Rig, *states: str) -> None:
    for number, state in enumerate(states):
        made.plane.send(exchange(f"/invoices/{number}-{state}", body(number, state)))


def causes(made: Rig) -> list[str]:
    return sorted(each.cause for each in made.divergences())


def test_renamed_values_are_one_divergence_until_one_answer_speaks_against_it(rig: MakeRig) -> None:
    made = rig(legacy=legacy, candidate=invoices())
    ask(made, *[*NAMES] * 5)
    made.settled(15)
    (found,) = made.divergences()
    assert (found.cause, found.count) == ("enum-renamed", 10)
    assert found.claims[0].values == (("OPEN", "open", 5), ("P", "settled", 5))
    evidence = made.evidence()
    assert (evidence.n, evidence.k) == (15, 10), "what counts is what it was"
    made.candidate.default = invoices(P="P")
    ask(made, "P")  # equal, byte for byte
    made.settled(16)
    assert causes(made) == ["case", "unexplained"]


def test_what_was_equal_before_the_first_change_is_remembered(rig: MakeRig) -> None:
    made = rig(legacy=legacy, candidate=invoices(P="P"))
    ask(made, "P", "OPEN", "P")
    made.settled(3)
    made.candidate.default = invoices()
    ask(made, *["OPEN", "P"] * 6)
    made.settled(15)
    assert causes(made) == ["case", "unexplained"]


def test_a_renamed_field_is_one_divergence(rig: MakeRig) -> None:
    made = rig(legacy=legacy, candidate=invoices("status", OPEN="OPEN", P="P"))
    ask(made, "a", "b", "c", "d", "e", "f")
    made.settled(6)
    (found,) = made.divergences()
    assert (found.cause, found.count, len(found.merged)) == ("field-renamed", 6, 1)
    assert made.evidence().k == 6


def test_a_worker_that_starts_anew_looks_where_others_saw_a_change(rig: MakeRig) -> None:
    made = rig(legacy=legacy, candidate=invoices())
    ask(made, *["OPEN", "P"] * 5)
    made.settled(10)
    assert causes(made) == ["enum-renamed"]
    made.worker.shadow.learners = Learners()  # as a process has them that has seen nothing yet
    made.background.call(_hinted(made, made.evidence().digest))
    made.candidate.default = invoices(P="P")
    ask(made, "P")
    made.settled(11)
    assert causes(made) == ["case", "unexplained"]


async def _hinted(made: Rig, digest: str) -> None:
    """What the worker does every two seconds."""
    worker = made.worker
    worker.shadow.learners.of(digest, "invoice")
    places = await worker._writer.call(partial(worker._book.open_places, [digest]))
    worker.shadow.learners.hint(places)


def test_ids_that_earlier_workers_paired_are_taken_over_at_the_start(
    rig: MakeRig, tmp_path: Path, sqlite_template: Path
) -> None:
    """Else a wrong id would be learned as the right one."""
    shutil.copy(sqlite_template, tmp_path / "strangler.db")
    ledger = open_ledger("sqlite:///strangler.db", tmp_path)
    judged = Judged()
    with ledger.begin() as connection:
        told = judged.equal(observations=(Observation("rule", "[id:a]", "[id:b]"),))
        flush(connection, [told], now_ns=judged.at_ns, worker="earlier")
    ledger.close()
    made = rig()
    until(lambda: _pairs(made))
    assert _pairs(made) == {"rule": {"[id:a]": "[id:b]"}}


def _pairs(made: Rig) -> dict[str, dict[str, str]]:
    return made.worker.shadow.known._forward


def test_what_redaction_would_change_is_no_name_and_is_not_kept() -> None:
    card = "4111 1111 1111 1111"
    shown = Learned(
        places={
            "$.a": Values(1, {card: {"x": 1}}),
            "$.b": Values(1, {"O": {"open": 1}}),
            "$.secret": Values(1, {"O": {"open": 1}}),
            f"$['{card}']": Values(1, {"O": {"open": 1}}),
        },
        unfit={f"$['{card}'].x": "money"},
    )
    shown.missing = {"$.a": Lone(1), f"$['{card}']": Lone(1), "$['\ud800']": Lone(1)}
    found = redacted(shown, Redactor(b"k" * 32, ["$.secret"]))
    assert list(found.missing) == ["$.a"]
    assert list(found.places) == ["$.b"]
    assert found.unfit == {"$.a": "redacted", "$.secret": "redacted"}
