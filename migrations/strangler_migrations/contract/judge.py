"""All that stands in the way of a contract, each with what was measured, what is required, and what would change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from strangler.gate import Reason, Verdict, status_of
from strangler.gate.case import duration
from strangler.routing.table import PHASES
from strangler_migrations.contract.model import Case, Proof
from strangler_migrations.contract.window import begins, opens
from strangler_migrations.readers.model import Seen

_WAYS: Final = {
    "reads": "reads its views",
    "writes": "writes it",
    "table": "reads the table itself",
    "statement": "calls statements that only it answers",
    "refused": "was refused in a brownout",
}


def judge(case: Case) -> Verdict:
    """The verdict; `cutover` is the migration's name. Pure."""
    reasons = tuple(reason for check in _CHECKS for reason in check(case))
    return Verdict(case.standing.form.migration, status_of(reasons), reasons, tuple(_notes(case)))


def _seen(case: Case) -> Iterator[Reason]:
    """Those who used it within the window, by role and application."""
    start = begins(case.policy, case.now)
    found = defaultdict[tuple[str, str], list[Seen]](list)
    for each in case.standing.seen:
        if each.last_seen >= start:
            found[each.role, each.application].append(each)
    for together in found.values():
        latest = max(together, key=lambda each: each.last_seen)
        others = len({each.address for each in together}) - 1
        where = f" and {others} more addresses" if others else ""
        ways = ", ".join(dict.fromkeys(_WAYS[each.way] for each in together))
        yield Reason(
            "old-reader",
            "blocked",
            f"{latest}{where} uses the old form: {ways}, last {_at(latest.last_seen)}",
            f"nobody since {_at(start)}{_cycle(case)}",
            f"move it to {case.standing.form.version}; if it is not seen again, from"
            f" {_at(opens(case.policy, latest.last_seen))} on",
            case.line_of("migrations", "window"),
        )


def _watched(case: Case) -> Iterator[Reason]:
    """Whether it was looked at for all of the window."""
    form, start = case.standing.form, begins(case.policy, case.now)
    if case.policy.window == timedelta(0) or case.begun is None or not form.anything:
        return
    since = _since(case, case.begun)
    if since is None or since > start:
        looks = (
            "`strangler serve` or `strangler migrate readers --watch` looks meanwhile"
            if form.previous
            else ""
        )
        when = f"wait until {_at(opens(case.policy, since))}" if since else "look"
        yield Reason(
            "window",
            "insufficient" if since is None else "frozen",
            f"who uses the old form is known since {_at(since)}"
            if since
            else "nobody has looked who uses the old form",
            f"since {_at(start)}{_cycle(case)}",
            f"{when}; {looks}" if looks else when,
            case.line_of("migrations", "window"),
        )


def _since(case: Case, begun: datetime) -> datetime | None:
    """Writers are noted since both forms are there; readers of views since it is looked at without a long gap."""
    if case.standing.form.previous is None:
        return begun
    return None if case.standing.since is None else max(begun, case.standing.since)


def _brownout(case: Case) -> Iterator[Reason]:
    """One that is at work, and one that somebody cried out in."""
    found, required = case.brownout, "one that is over, and refused nobody"
    if found is None:
        return
    if not found.over(case.now):
        yield Reason(
            "brownout", "frozen", "a brownout is at work", required, f"wait until {_at(found.until)}"
        )
    elif found.refused and found.until >= begins(case.policy, case.now):
        yield Reason(
            "old-reader",
            "blocked",
            f"{found.refused:,} statements of the old form were refused in the brownout of {_at(found.began)}",
            f"nobody since {_at(begins(case.policy, case.now))}{_cycle(case)}",
            "find whose they were (`strangler migrate readers`, the server's log), then another brownout",
            case.line_of("migrations", "window"),
        )


def _unknown(case: Case) -> Iterator[Reason]:
    if case.policy.strict:
        for each in case.standing.unknown:
            if each.acknowledged is None:
                again = "; it is another since it was acknowledged" if each.stale else ""
                yield Reason(
                    "unknown-reader",
                    "insufficient",
                    f"nobody can see whether `{each.name}` uses the old form: {each.what}{again}",
                    "that it does not, in somebody's word",
                    f"`{acknowledging(each.name)}`",
                )


def acknowledging(name: str) -> str:
    """What is typed to acknowledge something unknown."""
    import shlex

    return f"strangler migrate readers acknowledge {shlex.quote(name)} --reason TEXT"


def _parity(case: Case) -> Iterator[Reason]:
    if case.begun is None or not case.standing.form.anything:
        return
    # What was proven before this start was proven of other columns.
    proof, oldest = case.proof, max(case.begun, case.now - case.policy.parity)
    required = f"a proof that both forms agree, since {_at(oldest)}"
    remedy, line = "`strangler migrate verify`", case.line_of("migrations", "parity")
    if proof is None:
        yield Reason("parity", "insufficient", "nothing proves that both forms agree", required, remedy, line)
    elif proof.verdict == "different":
        mend = f"mend them, then {remedy}"
        yield Reason("parity", "blocked", f"both forms do not agree: {_apart(proof)}", required, mend, line)
    elif proof.verdict == "unfinished":
        yield Reason(
            "parity", "insufficient", "the comparison of both forms is unfinished", required, remedy, line
        )
    elif proof.at < oldest:
        measured = f"that both forms agree was proven {_at(proof.at)}"
        yield Reason("parity", "insufficient", measured, required, remedy, line)


def _apart(proof: Proof) -> str:
    if proof.rows is None:
        return f"so says the ledger ({proof.digest[:12]})"
    return f"{proof.apart:,} of {proof.rows:,} rows, such as {proof.example}"


def _kept(case: Case) -> Iterator[Reason]:
    migration = case.standing.form.migration
    for need in case.needs:
        if need.phase is not None and PHASES.index(need.phase) >= PHASES.index(need.required):
            continue
        yield Reason(
            "kept",
            "insufficient" if need.phase is None else "frozen",
            f"the cutover `{need.cutover}` needs the old form, and is in {need.phase}"
            if need.phase is not None
            else f"the cutover `{need.cutover}` needs the old form, and the ledger does not say where it stands",
            f"{need.required}, or a later phase",
            f"`strangler cutover advance {need.cutover}` until it is",
            case.line_of("cutovers", need.cutover, "keeps", migration),
        )


def _notes(case: Case) -> Iterator[str]:
    found = case.brownout
    if found is not None and found.over(case.now) and not found.refused:
        lasted = ((found.ended or found.until) - found.began).seconds
        yield f"a brownout of {lasted} s at {_at(found.began)} refused nobody"
    if case.policy.strict:
        return
    for each in case.standing.unknown:
        if each.acknowledged is None:
            yield f"nobody can see whether `{each.name}` uses the old form: {each.what}"
    if case.standing.form.anything:
        yield "without a strangler.yaml only who uses the old form now is in the way, and forms that do not agree"


def _cycle(case: Case) -> str:
    if case.policy.window == timedelta(0):
        return ""
    end = ", with a month's end" if case.policy.month_end else ""
    return f" ({duration(case.policy.window // timedelta(microseconds=1) * 1_000)}{end})"


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


_CHECKS: Final[tuple[Callable[[Case], Iterator[Reason]], ...]] = (
    _seen,
    _brownout,
    _unknown,
    _parity,
    _watched,
    _kept,
)
