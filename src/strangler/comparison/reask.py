"""After a difference both sides were asked again: which of the places still count?

Four comparisons, all with legacy on the left or, for a side against itself, the first answer on the left:
`first` (what was served against the shadow), `again` (the second answers), `primary_self`, `shadow_self`.
Each place of `first` is judged by itself:

    primary differs   shadow differs   still there   judged
    from itself       from itself      in `again`
    ---------------   --------------   -----------   ---------------------------------------------------------
    no                any              yes           counts
    no                yes              no            lagged: the shadow caught up
    yes               any              no            moved: the record changed, and both now agree
    yes               any              yes           noise: it differs on every asking; the twin is what tells
    no                no               no            counts: nobody changed, so nothing excuses it

An amount, or a place under a `decimal` rule, is never noise, nor is what lies in a line of amounts that came or
went as a whole: where the primary differs from itself there and the difference stays, it is moved. With the
candidate as primary a place is noise or moved only if legacy's value differs from itself too: what the candidate
served and then took back was still served, and counts. Unless its records are declared to be fed from legacy's
(`follows`): what it then no longer says was stale, within the lag that is allowed, and the place is lagged.

The places that count make the outcome `different`. If none counts, moved and lagged make it `failed` (counted
and capped by policy, never equal); noise alone leaves it equal, with findings that become a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

from strangler.comparison.failures import failed
from strangler.comparison.model import Difference, Location, Outcome, Path
from strangler.comparison.noise import Finding, finding, protected
from strangler.comparison.rules import Rules
from strangler.exchange import Side

type Judgement = Literal["counts", "noise", "moved", "lagged"]

_NO_RULES: Final = Rules()


def judge_again(
    first: Outcome,
    again: Outcome,
    primary_self: Outcome,
    shadow_self: Outcome,
    primary: Side,
    rules: Rules = _NO_RULES,
    *,
    follows: bool = False,
) -> tuple[Outcome, tuple[Finding, ...]]:
    """The outcome after a re-ask, and the noise found. Pure.

    Where any of the second answers failed, nothing can be excused and `first` stands as it is.
    """
    if first.verdict != "different" or "failed" in {again.verdict, primary_self.verdict, shadow_self.verdict}:
        return first, ()
    judged = [
        (difference, _judge(difference, again, primary_self, shadow_self, primary, rules, follows=follows))
        for difference in first.differences
    ]
    findings = _findings([each for each, how in judged if how == "noise"], primary_self, primary)
    counting = tuple(difference for difference, how in judged if how == "counts")
    if counting or first.unlisted:
        return replace(first, differences=counting or first.differences), findings
    excused = {how for _, how in judged}
    for reason in ("moved", "lagged"):
        if reason in excused:
            places = ", ".join(
                sorted(
                    {str(Location(d.location.part, d.pattern or ())) for d, how in judged if how == reason}
                )[:5]
            )
            return replace(failed(reason, blame=None, detail=places), silenced=first.silenced), findings
    return replace(first, verdict="equal", differences=()), findings


def _judge(
    difference: Difference,
    again: Outcome,
    primary_self: Outcome,
    shadow_self: Outcome,
    primary: Side,
    rules: Rules,
    *,
    follows: bool,
) -> Judgement:
    shadow: Side = "candidate" if primary == "legacy" else "legacy"
    own = _own(difference, primary_self, primary)
    shadow_changed = bool(_own(difference, shadow_self, shadow))
    stays = _stays(difference, again)
    if own and (primary == "legacy" or shadow_changed):
        money = any(protected(each, rules) for each in (difference, *own))
        return "noise" if stays and not money else "moved"
    if shadow_changed and not own and not stays:
        return "lagged"
    if own and follows and not stays:
        return "lagged"
    return "counts"


def _own(difference: Difference, self_outcome: Outcome, side: Side) -> list[Difference]:
    """Where a side's own answers differ at this place, or at one that it lies in."""
    part, path = difference.location.part, _path_on(difference, side)
    return [
        each
        for each in self_outcome.differences
        if each.location.part == part and path[: len(each.location.path)] == each.location.path
    ]


def _path_on(difference: Difference, side: Side) -> Path:
    if side == "candidate" and difference.counterpart is not None:
        return difference.counterpart
    return difference.location.path


def _stays(difference: Difference, again: Outcome) -> bool:
    """Whether the second answers differ here too: at this place, or under its pattern if the lists have shifted."""
    part, path = difference.location.part, difference.location.path
    if again.unlisted:
        return True
    return any(
        each.location.part == part and _meets(each, path, difference.pattern) for each in again.differences
    )


def _meets(each: Difference, path: Path, pattern: Path | None) -> bool:
    there = each.location.path
    shorter = min(len(there), len(path))
    return there[:shorter] == path[:shorter] or (pattern is not None and each.pattern == pattern)


def _findings(noisy: Sequence[Difference], primary_self: Outcome, primary: Side) -> tuple[Finding, ...]:
    """One finding per place and kind."""
    found: dict[tuple[Location, str], Finding] = {}
    for difference in noisy:
        for own in _own(difference, primary_self, primary)[:1]:
            each = finding(difference, own)
            found.setdefault((each.location, each.kind), each)
    return tuple(found.values())
