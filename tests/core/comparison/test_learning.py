"""What takes more than one pair: identity, noise, the referee."""

from strangler.comparison.model import Location, Pairing
from strangler.comparison.noise import self_findings
from strangler.comparison.observations import Observations, settle
from strangler.comparison.pair import EQUAL, compare
from strangler.comparison.referee import disagrees
from strangler.comparison.rules import Rules
from strangler.testing.samples import answer, as_json, invoice

IDS = Rules.parse([{"identity": ["$.id", "$.parent"]}])


def run(known, left, right):
    outcome = settle(compare(left, right, IDS), known)
    known.learn(outcome.pairings)
    return outcome


def test_ids_map_one_to_one_across_the_run():
    known = Observations()
    assert run(known, {"id": 1}, {"id": "a"}).verdict == "equal"
    assert run(known, {"id": 2, "parent": 1}, {"id": "b", "parent": "a"}).verdict == "equal"
    assert run(known, {"id": 1}, {"id": "a"}).pairings == ()
    for left, right in (
        ({"id": 1}, {"id": "b"}),
        ({"id": 3}, {"id": "a"}),
        ({"id": 3, "parent": 3}, {"id": "c", "parent": "d"}),
    ):
        outcome = run(known, left, right)
        assert outcome.verdict == "different"
        assert {d.cause.code for d in outcome.differences} == {"id"}


def test_an_id_that_did_not_change_is_an_observation_too():
    known = Observations()
    assert run(known, {"id": 7}, {"id": 7}).verdict == "equal"
    assert run(known, {"id": 7}, {"id": 8}).verdict == "different"


def test_other_differences_stay_and_settling_changes_nothing_known():
    known = Observations([(IDS.compiled[0].digest, "1", "a")])
    outcome = compare({"id": 1, "x": 1}, {"id": "b", "x": 2}, IDS)
    settled = settle(outcome, known)
    assert sorted(str(d.location) for d in settled.differences) == ["body $.id", "body $.x"]
    assert known.counterpart(IDS.compiled[0].digest, "1") == "a"
    assert known.original(IDS.compiled[0].digest, "b") is None


def test_null_is_no_id():
    assert compare({"id": 1}, {"id": None}, IDS).verdict == "different"
    assert compare({"id": True}, {"id": 1}, IDS).verdict == "different"


def test_headers_can_hold_ids():
    rules = Rules.parse([{"identity": "header:x-invoice"}])
    left, right = answer(b"{}", fields=(("X-Invoice", "1"),)), answer(b"{}", fields=(("X-Invoice", "a"),))
    (pairing,) = compare(left, right, rules).pairings
    assert (pairing.left, pairing.right) == ("1", "a")


def test_observations_are_capped():
    known = Observations(capacity=2)
    known.learn(Pairing("r", str(n), f"c{n}", Location("body", ("id",))) for n in range(3))
    assert known.counterpart("r", "1") == "c1"
    assert known.counterpart("r", "2") is None
    assert known.full == {"r"}


def test_a_twin_finds_noise_but_never_money():
    first = {"currency": "EUR", "total": "1.00", "at": 1, "text": "EUR 3.50"}
    second = {"currency": "EUR", "total": "2.00", "at": 2, "text": "EUR 4.50"}
    findings = self_findings(compare(first, second), Rules())
    assert [str(finding.location) for finding in findings] == ["body $.at"]


def test_a_lone_missing_member_that_is_noise_keeps_its_name():
    findings = self_findings(compare({"a": 1, "b": 2, "c": 3}, {"c": 3}), Rules())
    assert sorted(str(finding.location) for finding in findings) == ["body $.a", "body $.b"]


def test_the_referee():
    left, right = answer(as_json(invoice(1))), answer(as_json(invoice(2)))
    other = answer(as_json(invoice(1), indent=1, reverse=True))
    rules = Rules()
    assert disagrees(left, right, rules, compare(left, right)) is None
    assert disagrees(left, other, rules, compare(left, other)) is None
    assert (
        disagrees(left, right, rules, EQUAL) == "DeepDiff finds a difference in bodies that were called equal"
    )
    assert disagrees(left, other, rules, compare(left, right)) == (
        "DeepDiff finds no difference in bodies that were called different"
    )
    assert disagrees(answer(b"[true, 10.0]"), answer(b"[1, 10.00]"), rules, EQUAL) is not None
    assert disagrees(answer(b"[10.0, 1]"), answer(b"[1e1, 1.0]"), rules, EQUAL) is None
    assert disagrees(answer(b"[0, 1e999999999]"), answer(b"[-0.0, 1e999999999 ]"), rules, EQUAL) is None
    assert disagrees(answer(b"[0.1]"), answer(b"[0.10000000000000001]"), rules, EQUAL) is not None


def test_the_referee_knows_no_rules_and_keeps_silent_about_them():
    rules = Rules.parse([{"ignore": "$.a"}])
    left, right = answer(b'{"a": 1}'), answer(b'{"a": 2}')
    assert disagrees(left, right, rules, compare(left, right, rules)) is None
