"""What answers come to: a pair, a side against itself, and both again after a difference. Pure, and may take long."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.comparison.failures import failed
from strangler.comparison.model import Answer, Outcome
from strangler.comparison.noise import Finding, self_findings
from strangler.comparison.pair import compare
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
    return compare(_answer(legacy), _answer(candidate), yardstick.rules, yardstick.context)


def by_itself(first: Answered, second: Answered, side: Side, yardstick: Yardstick) -> Outcome:
    """A side's answer against its own second one."""
    if isinstance(first, Failure) or isinstance(second, Failure):
        return failed("shed", blame=None, detail=f"{side} gave no second answer")
    mirror = yardstick.mirrors[side]
    return compare(_answer(first), _answer(second), mirror.rules, mirror.context)


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

    A side that gives no second answer fails: its failure is as good a reason not to trust it as its difference.
    """
    sides: tuple[tuple[Side, Answered | Failure], ...] = (
        (primary, second.primary),
        (other(primary), second.shadow),
    )
    for side, answered in sides:
        if isinstance(answered, Failure):
            return failed(answered.reason, blame=side, detail=f"asked again: {answered.detail}"), ()
    legacy, candidate = (
        (second.primary, second.shadow) if primary == "legacy" else (second.shadow, second.primary)
    )
    return judge_again(
        first,
        judged(legacy, candidate, yardstick),
        by_itself(before[0], second.primary, primary, yardstick),
        by_itself(before[1], second.shadow, other(primary), yardstick),
        primary,
        yardstick.rules,
        follows=follows,
    )


def referee(
    legacy: Answered | None, candidate: Answered | None, outcome: Outcome, yardstick: Yardstick
) -> str | None:
    """What a second, independent judge says otherwise; None where it agrees or cannot say."""
    if not isinstance(legacy, Response) or not isinstance(candidate, Response):
        return None
    return disagrees(_answer(legacy), _answer(candidate), yardstick.rules, outcome, yardstick.context)


def _answer(answered: Answered | None) -> Answer:
    # Trailers are left out on both sides: the worker's HTTP client does not see them.
    if not isinstance(answered, Response):
        raise TypeError("no answer")
    return Answer(answered.status, answered.message.fields, answered.message.body or b"")
