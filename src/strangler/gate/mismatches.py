"""What the comparisons say: wrong amounts, divergences, mismatch rates by the e-process, shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from strangler.comparison.model import Severity
from strangler.eprocess import fails, needed, passes
from strangler.evidence import Seen, Sums
from strangler.gate import census
from strangler.gate.case import Case, count, named, percent
from strangler.gate.verdict import Reason

_LISTED: Final = 5


def wrong_amounts(case: Case) -> Iterator[Reason]:
    """A wrong amount of the candidate's that a customer got."""
    if not case.policy.rollback_amounts:
        return
    for seen in case.evidence.seen:
        if seen.wrong_amounts:
            yield Reason(
                "wrong-amount",
                "blocked",
                f"{seen.wrong_amounts} answers of `{seen.route}` gave a customer a wrong amount at {seen.location}",
                "none",
                f"mend the candidate; `strangler divergences show {seen.id}` has an example",
                case.line("rollback_amounts"),
                seen.route,
            )


def open_divergences(case: Case) -> Iterator[Reason]:
    """Divergences seen in this epoch, whatever their state: accepting one launders nothing."""
    over = _over(case)
    seen = [entry for entry in case.evidence.seen if entry.severity in over]
    for route in sorted({entry.route for entry in seen}):
        here = [entry for entry in seen if entry.route == route]
        listed = "; ".join(map(_named, here[:_LISTED]))
        more = f"; and {len(here) - _LISTED} more" if len(here) > _LISTED else ""
        yield Reason(
            "open-divergences",
            "blocked",
            f"{sum(entry.parts for entry in here)} of `{route}`: {listed}{more}",
            f"at most {case.policy.allowed_words} seen in this epoch",
            f"mend the candidate, or accept with a rule: `strangler divergences show {here[0].id}`",
            case.line("open_divergences"),
            route,
        )


def _over(case: Case) -> set[Severity]:
    """The severities of which there are more than are tolerated; all of them, where the limit is one for all."""
    # What many pairs have shown to be one still counts as what each pair shows: learning never opens a gate.
    counts: Counter[Severity] = Counter()
    for entry in case.evidence.seen:
        counts[entry.severity] += entry.parts
    limit = case.policy.open_divergences
    if isinstance(limit, int):
        return set(counts) if counts.total() > limit else set()
    return {severity for severity, count in counts.items() if count > (case.policy.allowed(severity) or 0)}


def _named(seen: Seen) -> str:
    parts = f", counts as {seen.parts}" if seen.parts > 1 else ""
    return f"{seen.id} {seen.location} ({seen.cause}, {seen.count} times{parts})"


def rates(case: Case) -> Iterator[Reason]:
    """The e-process has decided against the candidate, each question counting once, whatever came of it."""
    tolerate = case.policy.tolerate
    epsilon = float(tolerate.rate)
    for entry in case.sums:
        k, n = entry.k - entry.repeats, entry.n - entry.repeats
        if fails(k, n, epsilon, case.rollback_alpha(entry.order)):
            yield Reason(
                "rate",
                "blocked",
                f"{k} of {n} comparisons of {named(entry)} mismatch{_again(entry.repeats)}",
                f"at most {percent(tolerate.rate)}",
                "mend the candidate, or accept the divergences with a rule: either starts a new epoch",
                case.line("tolerate"),
                entry.route,
                entry.stratum,
            )


def undecided(case: Case) -> Iterator[Reason]:
    """The e-process has not decided for the candidate yet, per route and stratum."""
    tolerate = case.policy.tolerate
    epsilon, alpha = float(tolerate.rate), case.alpha
    comparable = {route.name for route in case.evidence.routes if route.comparable}
    for entry in case.sums:
        if entry.route not in comparable or entry.n == 0 or passes(entry.k, entry.n, epsilon, alpha):
            continue
        if census.stands_in(case, entry):
            continue
        total = needed(entry.k, epsilon, alpha)
        more = None if total is None else total - entry.n
        clean = " without a further mismatch" if entry.k else ""
        yield Reason(
            "evidence",
            "insufficient",
            f"{entry.k} of {entry.n} comparisons of {named(entry)} mismatch",
            f"proof that at most {percent(tolerate.rate)} do (alpha {alpha:.4f}, attempt {case.attempt})",
            f"needs {count(more)} more comparisons of {named(entry)}{clean}{_of_others(entry)}"
            f"{case.lasting(more, entry)}{_or_census(case)}",
            case.line("tolerate"),
            entry.route,
            entry.stratum,
            more,
        )


def _or_census(case: Case) -> str:
    asked = "; or its last full cycle whole (`strangler replay FILE --record --census`)"
    return asked if case.policy.census else ""


def _again(repeats: int) -> str:
    return f" (and {repeats} that repeat one of them)" if repeats else ""


def _of_others(entry: Sums) -> str:
    """What to do where mostly the same is asked: more of it adds nothing."""
    if entry.duplicates < entry.n:
        return ""
    total = entry.compared
    return f", of other records: {entry.duplicates:,} of {total:,} repeated one that counted"


def failing(case: Case) -> Iterator[Reason]:
    """The candidate's failures alone, by the e-process."""
    share = case.policy.failed
    for order, route in enumerate(dict.fromkeys(entry.route for entry in case.sums)):
        sums = case.of(route)
        n, failed = sum(entry.compared for entry in sums), sum(entry.candidate_failed for entry in sums)
        if fails(failed, n, float(share), case.rollback_alpha(order)):
            yield _failed_share(case, route, failed, n)


def failed_shares(case: Case) -> Iterator[Reason]:
    """The share of comparisons the candidate failed, as it stands."""
    for route in dict.fromkeys(entry.route for entry in case.sums):
        sums = case.of(route)
        n, failed = sum(entry.compared for entry in sums), sum(entry.candidate_failed for entry in sums)
        if n and Decimal(failed) > case.policy.failed * n:
            yield _failed_share(case, route, failed, n)


def _failed_share(case: Case, route: str, failed: int, n: int) -> Reason:
    return Reason(
        "failed-share",
        "blocked",
        f"the candidate failed {failed} of {n} comparisons of `{route}` ({percent(Decimal(failed) / n)})",
        f"at most {percent(case.policy.failed)}",
        "see `strangler divergences list` for the failures; a mended candidate starts a new epoch",
        case.line("failed"),
        route,
    )


def dropped(case: Case) -> Iterator[Reason]:
    """Exchanges of a route that were shed, together with those of all routes that were lost on the way."""
    evidence = case.evidence
    early = sum(evidence.untraced.values())
    arrived, sent = evidence.settled, evidence.settled + early
    for route in dict.fromkeys((*(cell.route for cell in evidence.cells), *evidence.lost)):
        judged = sum(cell.judged for cell in evidence.cells if cell.route == route)
        shed = sum(evidence.lost.get(route, {}).values())
        kept, all_of_it = (judged * arrived, (judged + shed) * sent) if sent else (judged, judged + shed)
        if kept < (1 - case.policy.dropped) * all_of_it:
            yield _dropped(case, route, shed, judged + shed)


def _dropped(case: Case, route: str, shed: int, total: int) -> Reason:
    evidence = case.evidence
    early = sum(evidence.untraced.values())
    before = (
        f"; of {early + evidence.settled} of all routes {early} were lost before{_why(evidence.untraced)}"
    )
    return Reason(
        "dropped-share",
        "insufficient",
        f"{shed} of {total} exchanges of `{route}` were shed before they were compared"
        f"{_why(evidence.lost.get(route, {}))}{before if early else ''}",
        f"at most {percent(case.policy.dropped)}",
        "give the worker room (`worker`, `capture`) or sample less (`sample` of the busiest routes)",
        case.line("dropped"),
        route,
    )


def _why(reasons: Mapping[str, int]) -> str:
    told = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()) if count)
    return f" ({told})" if told else ""


def unsettled(case: Case) -> Iterator[Reason]:
    """Records that moved or lagged between the questions."""
    for route in dict.fromkeys(entry.route for entry in case.sums):
        sums = case.of(route)
        unsettled = sum(entry.unsettled for entry in sums)
        total = unsettled + sum(entry.compared for entry in sums)
        if Decimal(unsettled) > case.policy.unsettled * total:
            yield Reason(
                "unsettled-share",
                "insufficient",
                f"in {unsettled} of {total} comparisons of `{route}` the record moved or lagged",
                f"at most {percent(case.policy.unsettled)}",
                "let the replication catch up, or wait longer before asking again (`worker.reask`)",
                case.line("unsettled"),
                route,
            )
