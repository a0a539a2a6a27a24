"""What answers come to: a pair, a side against itself, and both again after a difference. Pure, and may take long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strangler.comparison.failures import failed
from strangler.comparison.model import Answer, Outcome
from strangler.comparison.noise import Finding, self_findings
from strangler.comparison.pair import EQUAL, compare
from strangler.comparison.reask import judge_again
from strangler.comparison.referee import disagrees
from strangler.exchange import Failure, Response, Side, other
from strangler_shadow.worker.case import Answered
from strangler_shadow.worker.ground import Yardstick


@dataclass(frozen=True, slots=True)
class Second:
    """The second answers of both sides, by role."""

    primary: Answered
    shadow: Answered


def judged(legacy: Answered | None, candidate: Answered | None, yardstick: Yardstick) -> Outcome:
    """One pair, legacy on the left whoever was primary."""
    sides: tuple[tuple[Side, Answered | None], ...] = (("legacy", legacy), ("candidate", candidate))
    for side, answered in sides:
        if answered is None:
            return failed("shed", blame=None, detail=f"{side} was not asked")
        if isinstance(answered, Failure):
            return failed(answered.reason, blame=side, detail=answered.detail)
    return compare(answer_of(legacy), answer_of(candidate), yardstick.rules, yardstick.context)


def by_itself(first: Answered, second: Answered, side: Side, yardstick: Yardstick) -> Outcome:
    """A side's answer against its own second one; failed, by that side's doing, where it gave none to compare."""
    if isinstance(second, Failure):
        return failed(second.reason, blame=side, detail=f"asked again: {second.detail}")
    mirror = yardstick.mirrors[side]
    outcome = compare(answer_of(first), answer_of(second), mirror.rules, mirror.context)
    if outcome.failure is None:
        return outcome
    return failed(outcome.failure, blame=side, detail=f"asked again: answered {second.status}")


def twin(first: Answered, second: Answered, side: Side, yardstick: Yardstick) -> tuple[Finding, ...]:
    """Where the primary, asked twice, differs from itself."""
    return self_findings(by_itself(first, second, side, yardstick), yardstick.mirrors[side].rules)


def again(
    first: Outcome,
    primary: Side,
    before: tuple[Answered, Answered],
    second: Second,
    yardstick: Yardstick,
    *,
    follows: bool = False,
) -> tuple[Outcome, tuple[Finding, ...]]:
    """What a difference comes to after both were asked again. `before`: the first answers, the primary's in front.
    `follows`: the candidate's records are fed from legacy's.

    A side that gives no second answer is taken by its first: nobody has seen it change, so that excuses nothing, and
    a difference that was seen does not vanish with a timeout. Where the answers that did come excuse every place
    and it was the candidate that gave none, that is a failure of the candidate's.
    """
    firsts = _by_side(primary, *before)
    seconds = _by_side(primary, second.primary, second.shadow)
    own = {side: by_itself(firsts[side], seconds[side], side, yardstick) for side in firsts}
    silent = {side for side in own if own[side].verdict == "failed"}
    taken = {side: firsts[side] if side in silent else seconds[side] for side in firsts}
    outcome, noise = judge_again(
        first,
        judged(taken["legacy"], taken["candidate"], yardstick),
        EQUAL if primary in silent else own[primary],
        EQUAL if other(primary) in silent else own[other(primary)],
        primary,
        yardstick.rules,
        follows=follows,
    )
    if "candidate" in silent and outcome.verdict != "different":
        return own["candidate"], noise
    return outcome, noise


def _by_side(primary: Side, of_primary: Answered, of_shadow: Answered) -> dict[Side, Answered]:
    return {primary: of_primary, other(primary): of_shadow}


def referee(
    legacy: Response, candidate: Response, outcome: Outcome, yardstick: Yardstick, late: Callable[[], bool]
) -> str | None:
    """What a second, independent judge says otherwise; None where it agrees or cannot say. Raises Undecided."""
    pair = answer_of(legacy), answer_of(candidate)
    return disagrees(*pair, yardstick.rules, outcome, yardstick.context, late)


def answer_of(answered: Answered | None) -> Answer:
    """An answer as `compare` wants it. Raises TypeError where there is none."""
    # Trailers are left out on both sides: the worker's HTTP client does not see them.
    if not isinstance(answered, Response):
        raise TypeError("no answer")
    return Answer(answered.status, answered.message.fields, answered.message.body or b"")
