"""What many pairs came to, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strangler.views.places import rule_place
from strangler.views.words import counted, money
from strangler_cli.screen import Column

if TYPE_CHECKING:
    from strangler_cli.pairing.tally import Group, Tally
    from strangler_cli.screen import Screen

_LISTED = 200
_NAMED = 10


def headline(tally: Tally) -> str:
    """How many pairs, and what they came to."""
    parts = [f"{tally.equal:,} equal", f"{tally.different:,} different"]
    parts += [f"{count:,} failed ({reason})" for reason, count in sorted(tally.failed.items())]
    return f"{counted(tally.pairs, 'pair')}: {', '.join(parts)}"


def asides(tally: Tally) -> list[str]:
    """What was no pair, what is not listed, what rules let pass: a line each."""
    out: list[str] = []
    for side, other in (("legacy", "candidate"), ("candidate", "legacy")):
        if count := tally.lone_count[side]:
            names = ", ".join(tally.lone[side][:_NAMED]) + (", …" if count > _NAMED else "")
            out.append(f"{count:,} only with {side}, not with {other}: {names}")
    out += [f"{each.where}: {each.why}" for each in tally.unread[:_NAMED]]
    if tally.unread_count:
        out.append(f"{counted(tally.unread_count, 'entry')} not compared")
    out += [f"{count:,} skipped: {reason}" for reason, count in sorted(tally.skipped.items())]
    if tally.unlisted:
        out.append(f"{counted(tally.unlisted, 'difference')} beyond what is listed")
    if tally.silenced:
        out.append(f"{counted(tally.silenced.total(), 'difference')} let pass by rules")
    if tally.recorded is not None:
        out.append(f"{counted(tally.recorded, 'comparison')} written into the ledger")
    return out


def as_text(screen: Screen, tally: Tally) -> None:
    """The divergences, the most important first, each with an example."""
    screen.line(headline(tally), "good" if tally.exit_code == 0 else "bad")
    groups = tally.ranked()
    columns = [
        Column("pairs", right=True),
        Column("route", wrap=True),
        Column("where", wrap=True),
        Column("why", wrap=True),
        Column("example", wrap=True),
    ]
    screen.table(columns, [_row(group) for group in groups[:_LISTED]])
    if len(groups) > _LISTED:
        screen.line(f"and {counted(len(groups) - _LISTED, 'more divergence')}; --format json has them all")
    _learned(screen, groups)
    for line in asides(tally):
        screen.line(line, "warn")


def _learned(screen: Screen, groups: list[Group]) -> None:
    """What many pairs have told, as the rules that would let it pass."""
    claims = [(group, claim) for group in groups for claim in group.claims]
    if not claims:
        return
    from strangler_cli.formats.learned import rule_lines

    screen.line()
    screen.heading("Learned over many pairs; as a rule")
    for group, claim in claims:
        if group.mark.route:
            screen.line(f"  # {group.mark.route}", "dim")
        for line in rule_lines(claim):
            screen.line(f"  {line}")


def _row(group: Group) -> list[str]:
    example = group.examples[0]
    return [
        f"{group.pairs:,}",
        group.mark.route,
        place(group),
        why(group),
        f"{example.pair}: {example.legacy} against {example.candidate}",
    ]


def place(group: Group) -> str:
    """Where, in a rule's words if it has any for that."""
    return rule_place(group.mark.location) or group.mark.location


def why(group: Group) -> str:
    """Cause and kind, with the drift of money."""
    kind, cause = group.mark.kind, group.cause
    words = (
        f"{cause}: {group.detail}" if group.claims else cause if kind == "changed" else f"{cause} ({kind})"
    )
    drift = ", ".join(money(amount, currency) for currency, amount in sorted(group.drift.items()))
    return f"{words}, {drift}" if drift else words


def as_object(tally: Tally) -> dict[str, Any]:
    """What `--format json` prints."""
    return {
        "pairs": tally.pairs,
        "equal": tally.equal,
        "different": tally.different,
        "failed": dict(sorted(tally.failed.items())),
        "exit_code": tally.exit_code,
        "divergences": [_group(group) for group in tally.ranked()],
        "skipped": dict(sorted(tally.skipped.items())),
        "unlisted": tally.unlisted,
        "silenced": dict(tally.silenced),
        "recorded": tally.recorded,
        "only_legacy": {"count": tally.lone_count["legacy"], "names": tally.lone["legacy"]},
        "only_candidate": {"count": tally.lone_count["candidate"], "names": tally.lone["candidate"]},
        "unread": {
            "count": tally.unread_count,
            "entries": [{"where": each.where, "why": each.why} for each in tally.unread],
        },
    }


def printed(tally: Tally, form: str) -> int:
    """Print it as `text`, `json` or `markdown`; gives the exit code."""
    import click

    if form == "json":
        from strangler_cli.formats.as_json import dumped

        click.echo(dumped(as_object(tally)))
    elif form == "markdown":
        from strangler_cli.formats.markdown import of_tally

        click.echo(of_tally(tally))
    else:
        from strangler_cli.screen import Screen

        as_text(Screen(), tally)
    return tally.exit_code


def _group(group: Group) -> dict[str, Any]:
    from strangler.comparison.learning.claims import proposed_rule

    mark = group.mark
    return {
        "fingerprint": mark.digest,
        "route": mark.route,
        "location": mark.location,
        "place": place(group),
        "kind": mark.kind,
        "cause": group.cause,
        "detail": group.detail,
        "severity": group.severity,
        "pairs": group.pairs,
        "differences": group.differences,
        "drift": group.drift,
        "merged": list(group.merged),
        "rules": [proposed_rule(claim) for claim in group.claims],
        "examples": [
            {
                "pair": each.pair,
                "place": each.place,
                "legacy": each.legacy,
                "candidate": each.candidate,
            }
            for each in group.examples
        ],
    }
