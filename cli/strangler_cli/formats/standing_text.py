"""`status` for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strangler.config.rule_yaml import block
from strangler.views.standing import command
from strangler.views.words import ago, counted, iso, percent
from strangler_cli.formats import rule_use
from strangler_cli.formats.effects import alarms
from strangler_cli.formats.proposals import such_as
from strangler_cli.screen import Cell, Column

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.refereed import Refereed
    from strangler.views.proposals import Proposed
    from strangler.views.standing import CutoverStanding, RouteStanding, Standing, WebhookStanding
    from strangler_cli.screen import Screen

_SHOWN = 6
_COLUMNS = (
    Column("route"),
    Column("compared", right=True),
    Column("repeats", right=True),
    Column("mismatch", right=True),
    Column("failed", right=True),
    Column("moved", right=True),
    Column("set", right=True),
    Column("actual", right=True),
    Column("p99 legacy", right=True),
    Column("p99 candidate", right=True),
    Column("latest"),
)


def as_text(screen: Screen, standing: Standing, loaded: Loaded, now_ns: int) -> None:
    """Everything, cutover by cutover."""
    if not standing.cutovers:
        screen.line("no cutovers in the file: nothing can move")
    for entry in standing.cutovers:
        _cutover(screen, entry, loaded, now_ns)
        screen.line()
    _proposals(screen, standing, loaded)
    for idle in standing.idle_rules:
        screen.line(f"line {idle.rule.line}: in {rule_use.since(idle)} {rule_use.advice(idle)}", "dim")
    _running(screen, standing, now_ns)
    _accounting(screen, standing)
    for webhook in standing.webhooks:
        if webhook.told.problem or webhook.told.given_up:
            screen.line(webhook_words(webhook, now_ns), "bad")
    if standing.referee.open:
        screen.line(alarm(standing.referee, now_ns), "bad")
    if standing.planes and standing.file_problem:
        screen.line(
            f"`strangler serve` goes on with an earlier {loaded.file.name}: {standing.file_problem}", "bad"
        )


def webhook_words(webhook: WebhookStanding, now_ns: int) -> str:
    """`webhook hooks.example.com: 3 entries sent, 2 behind, 1 given up; answered 500 (12 s ago)`."""
    told = webhook.told
    given_up = f", {told.given_up:,} given up" if told.given_up else ""
    problem = f"; {told.problem} ({ago(told.at_ns, now_ns)})" if told.problem else ""
    return f"webhook {webhook.host}: {counted(told.sent, 'entry')} sent, {webhook.behind:,} behind{given_up}{problem}"


def _acknowledged(referee: Refereed) -> str:
    return f" ({referee.acknowledged:,} of them acknowledged)" if referee.acknowledged else ""


def alarm(referee: Refereed, now_ns: int) -> str:
    """What the referee said against us, in a sentence."""
    return (
        f"alarm about strangler itself: of {referee.judged:,} comparisons that DeepDiff judged too, it disagreed with "
        f"{referee.disagreed:,}{_acknowledged(referee)}, the latest on route `{referee.route}` "
        f"{ago(referee.at_ns, now_ns)}: {referee.said}"
    )


def _cutover(screen: Screen, entry: CutoverStanding, loaded: Loaded, now_ns: int) -> None:
    state, evidence = entry.state, entry.evidence
    screen.heading(f"{state.name}: {phase_words(entry)}")
    if state.since_ns:
        why = f" ({state.reason})" if state.reason else ""
        screen.line(
            f"  since {iso(state.since_ns)} ({ago(state.since_ns, now_ns)}) by {state.actor}{why}", "dim"
        )
    if entry.held_until_ns:
        screen.line(
            f"  HELD until {iso(entry.held_until_ns)}: it does not advance, and statistics do not roll it back",
            "bad",
        )
    if evidence.epoch:
        version = evidence.version or "unknown"
        screen.line(f"  evidence of candidate {version}, epoch {evidence.epoch}", "dim")
    screen.table(_COLUMNS, [_row(entry, route, now_ns) for route in entry.routes], indent=2)
    for effect in evidence.effects:
        for words, tone in alarms(effect, now_ns):
            screen.line(f"  {words}", tone)
    _covered(screen, entry)
    _blockers(screen, entry, loaded)
    if entry.next_words:
        screen.line(f"  next: {entry.next_words}")
    if entry.next_command:
        screen.line(f"        {entry.next_command}", "strong")


def _covered(screen: Screen, entry: CutoverStanding) -> None:
    known = entry.evidence.coverage
    if known:
        compared = sum(1 for sighting in known if sighting.compared)
        screen.line(
            f"  coverage: {compared} of {len(known)} kinds of requests seen so far were compared", "dim"
        )


def phase_words(entry: CutoverStanding) -> str:
    """`canary, 5 % set (paused)`."""
    state = entry.state
    words = f"canary, {percent(state.weight)} set" if state.phase == "canary" else state.phase
    return f"{words} (paused)" if state.paused else words


def _row(entry: CutoverStanding, route: RouteStanding, now_ns: int) -> list[Cell]:
    set_weight = {"canary": entry.state.weight, "candidate": 10_000, "retired": 10_000}.get(
        entry.state.phase, 0
    )
    return [
        route.name,
        f"{route.compared:,}",
        f"{route.duplicates:,}",
        (f"{route.different:,}", "bad" if route.different else ""),
        f"{route.failed:,}",
        f"{route.unsettled:,}",
        percent(set_weight),
        "-" if route.actual is None else percent(route.actual),
        _milliseconds(route.legacy_p99_ns),
        _milliseconds(route.candidate_p99_ns),
        ago(route.last_ns, now_ns),
    ]


def _milliseconds(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else f"{nanoseconds / 1e6:,.1f} ms"


def _blockers(screen: Screen, entry: CutoverStanding, loaded: Loaded) -> None:
    if entry.state.phase in {"legacy", "retired"}:
        return
    verdict = entry.verdict
    if verdict.status == "pass":
        screen.line("  gate: pass", "good")
        return
    screen.line(f"  gate: {verdict.status}", "bad" if verdict.status == "blocked" else "warn")
    for reason in verdict.reasons[:_SHOWN]:
        screen.line(f"    - {reason.measured}; required: {reason.required}")
    if (more := len(verdict.reasons) - _SHOWN) > 0:
        screen.line(f"    - and {more} more: {command(loaded, 'gate', entry.state.name)}")


def _proposals(screen: Screen, standing: Standing, loaded: Loaded) -> None:
    """Noise as rules to paste, since it stands in nobody's way and is easily overlooked; of the rest, how many."""
    noise = [each for each in standing.proposals if each.is_noise]
    for each in noise:
        _proposed(screen, each, loaded)
        screen.line()
    if more := len(standing.proposals) - len(noise):
        screen.line(
            f"{counted(more, 'rule')} could let pass what differs between the sides, if it may: "
            + command(loaded, "rules", "suggest")
        )
        screen.line()


def _proposed(screen: Screen, proposed: Proposed, loaded: Loaded) -> None:
    proposal = proposed.proposal
    screen.heading(f"Proposed rule {proposed.id} for route `{proposed.route}`")
    screen.line(
        f"  {proposal.place} differed from itself {proposal.differed} times, {proposal.asked} asked twice; "
        f"such as {such_as(proposed)}"
    )
    for line in ("rules:", *block(proposal.rule, 2)):
        screen.line(f"    {line}")
    typed = command(loaded, "rules", "suggest", proposed.id, "--owner", "NAME", "--write")
    screen.line(f"  accept it: {typed}")


def _running(screen: Screen, standing: Standing, now_ns: int) -> None:
    if not standing.planes:
        screen.line("nothing carries traffic (no plane was heard of lately); `strangler serve` does", "warn")
        return
    behind = [plane for plane in standing.planes if plane.generation != standing.generation]
    words = "all have it in force" if not behind else f"{len(behind)} of them not yet"
    screen.line(
        f"{counted(len(standing.planes), 'plane')}, routing table {standing.generation}: {words}; "
        f"worker wrote {ago(standing.worker_ns, now_ns)}",
        "dim",
    )


def _accounting(screen: Screen, standing: Standing) -> None:
    counts = standing.accounting
    if counts["sent"]:
        screen.line(
            f"captured {counts['sent']:,} = {counts['recorded']:,} recorded + {counts['dropped']:,} dropped + "
            f"{counts['shed']:,} shed + {counts['gaps']:,} lost + {counts['outstanding']:,} under way",
            "dim",
        )
    if standing.losses:
        screen.line(
            "lost, by reason: " + ", ".join(f"{why} {count:,}" for why, count in standing.losses.items()),
            "dim",
        )
