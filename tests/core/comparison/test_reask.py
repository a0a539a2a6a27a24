"""The table in reask.py, row by row, on real comparisons of four answers."""

from itertools import product

import pytest

from strangler.comparison.failures import failed
from strangler.comparison.pair import compare
from strangler.comparison.reask import judge_again
from strangler.comparison.rules import Rules

OTHER = {"legacy": "candidate", "candidate": "legacy"}


def ask(primary, shadow, primary2, shadow2, side="legacy", rules=None, follows=False):
    """Judge four answers: what the primary served, what the shadow said, and both once more."""
    rules = rules or Rules()

    def between(first, second):
        return compare(first, second, rules) if side == "legacy" else compare(second, first, rules)

    return judge_again(
        between(primary, shadow),
        between(primary2, shadow2),
        compare(primary, primary2, rules),
        compare(shadow, shadow2, rules),
        side,
        rules,
        follows=follows,
    )


def verdict(*answers, **kw):
    outcome, findings = ask(*[{"status": value} for value in answers], **kw)
    return outcome.failure or outcome.verdict, [str(finding.location) for finding in findings]


ROWS = [
    # primary, shadow, primary again, shadow again: with legacy as primary, with the candidate as primary
    (("a", "b", "a", "b"), "different", "different"),
    (("a", "b", "a", "c"), "different", "different"),
    (("a", "b", "a", "a"), "lagged", "lagged"),
    (("a", "b", "b", "b"), "moved", "different"),
    (("a", "b", "c", "c"), "moved", "moved"),
    (("a", "b", "c", "b"), "noise", "different"),
    (("a", "b", "c", "d"), "noise", "noise"),
]


@pytest.mark.parametrize(("answers", "legacy", "candidate"), ROWS)
def test_a_candidate_that_is_fed_from_legacy_may_have_been_stale(answers, legacy, candidate):
    """What it served and then took back, to agree with legacy, counts only where no lag is declared."""
    stale = answers == ("a", "b", "b", "b")
    for side, expected in (("legacy", legacy), ("candidate", "lagged" if stale else candidate)):
        found, _ = verdict(*answers, side=side, follows=True)
        assert found == ("equal" if expected == "noise" else expected)


@pytest.mark.parametrize("side", ["legacy", "candidate"])
@pytest.mark.parametrize(("answers", "legacy", "candidate"), ROWS)
def test_the_table(answers, legacy, candidate, side):
    expected = legacy if side == "legacy" else candidate
    noise = expected == "noise"
    assert verdict(*answers, side=side) == (
        "equal" if noise else expected,
        ["body $.status"] if noise else [],
    )


@pytest.mark.parametrize("side", ["legacy", "candidate"])
@pytest.mark.parametrize(("answers", "legacy", "candidate"), ROWS)
def test_money_is_never_noise(answers, legacy, candidate, side):
    amounts = {"a": "1.00", "b": "2.00", "c": "3.00", "d": "4.00"}
    expected = legacy if side == "legacy" else candidate
    for document in (
        lambda value: {"currency": "EUR", "total": amounts[value]},
        lambda value: {"x": amounts[value]},
        lambda value: {"text": f"Please pay EUR {amounts[value]} soon"},
    ):
        rules = Rules.parse([{"decimal": "$.x"}])
        a, b, c, d = (document(value) for value in answers)
        outcome, findings = ask(a, b, c, d, side=side, rules=rules)
        assert findings == ()
        assert (outcome.failure or outcome.verdict) == ("moved" if expected == "noise" else expected)


def test_a_record_of_lines_with_amounts_is_never_noise():
    def document(total):
        return {
            "currency": "EUR",
            "lines": [{"sku": f"{total}{n}", "net": f"{total}.0{n}"} for n in range(3)][: total + 1],
        }

    for answers in product(range(1, 4), repeat=4):
        outcome, findings = ask(*[document(value) for value in answers])
        assert {finding.location.path[-1] for finding in findings} <= {"sku"}, answers
        if answers[0] != answers[1]:
            assert outcome.verdict != "equal", answers


def test_the_other_places_count_beside_noise():
    outcome, findings = ask(
        {"at": "1", "name": "Ann"},
        {"at": "2", "name": "Bob"},
        {"at": "3", "name": "Ann"},
        {"at": "4", "name": "Bob"},
    )
    assert [str(d.location) for d in outcome.differences] == ["body $.name"]
    assert outcome.verdict == "different"
    (finding,) = findings
    assert (str(finding.location), finding.kind, finding.first, finding.second) == (
        "body $.at",
        "changed",
        "1",
        "3",
    )


def test_moved_beside_noise_is_failed_and_beside_a_difference_different():
    moved = ({"at": "1", "s": "a"}, {"at": "2", "s": "b"}, {"at": "3", "s": "b"}, {"at": "4", "s": "b"})
    outcome, findings = ask(*moved)
    assert (outcome.failure, outcome.blame, outcome.differences) == ("moved", None, ())
    assert len(findings) == 1
    outcome, _ = ask(*[{**document, "n": side} for document, side in zip(moved, (1, 2, 1, 2), strict=True)])
    assert [str(d.location) for d in outcome.differences] == ["body $.n"]


def test_noise_in_a_list_is_one_finding_under_its_pattern():
    def document(stamp):
        return {"lines": [{"sku": n, "at": f"{stamp}-{n}"} for n in range(4)]}

    outcome, findings = ask(*[document(stamp) for stamp in "abcd"])
    assert outcome.verdict == "equal"
    assert [str(finding.location) for finding in findings] == ["body $.lines[*].at"]


def test_noise_of_one_line_does_not_excuse_another():
    def document(first, second):
        return {"lines": [{"sku": 0, "note": first}, {"sku": 1, "note": second}]}

    outcome, _ = ask(document("a", "x"), document("b", "y"), document("c", "x"), document("d", "y"))
    assert [str(d.location) for d in outcome.differences] == ["body $.lines[1].note"]


def test_a_whole_body_is_never_noise():
    assert ask("Page 1 at a", "Page 1 at b", "Page 1 at c", "Page 1 at d")[0].failure == "moved"


def test_a_missing_object_is_not_excused_by_noise_inside_it():
    outcome, findings = ask({"a": {"at": 1}}, {}, {"a": {"at": 2}}, {})
    assert [d.kind for d in outcome.differences] == ["missing"]
    assert findings == ()


def test_a_failed_second_answer_excuses_nothing():
    first = compare({"a": 1}, {"a": 2})
    broken = failed("timeout", blame="candidate")
    same = compare(1, 1)
    for outcomes in ((broken, same, same), (same, broken, same), (same, same, broken)):
        assert judge_again(first, *outcomes, "legacy") == (first, ())
    assert judge_again(broken, same, same, same, "legacy") == (broken, ())


def test_what_is_not_listed_still_counts():
    from strangler.comparison.context import Context, Limits

    context = Context(limits=Limits(listed=2))
    documents = [{f"m{n}": f"{stamp}{n}" for n in range(9)} for stamp in "abcd"]
    first, again, primary, shadow = (
        compare(documents[i], documents[j], context=context) for i, j in ((0, 1), (2, 3), (0, 2), (1, 3))
    )
    outcome, _ = judge_again(first, again, primary, shadow, "legacy")
    assert outcome.verdict == "different"
