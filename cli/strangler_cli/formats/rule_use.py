"""What rules let pass, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from strangler.config.rule_yaml import flow
from strangler.ledger.rule_use import Use
from strangler.views.words import ago, counted, iso
from strangler_cli.screen import Column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from strangler.ledger.rule_use import RuleUse
    from strangler_cli.screen import Cell, Screen

_SIGNED: Final = frozenset({"reason", "owner", "expires"})
_NONE: Final = Use()


def as_table(
    screen: Screen, uses: Sequence[RuleUse], route: str, file: str, today: date, now_ns: int
) -> None:
    """The rules of a route in the order in which they count."""
    columns = [Column("", right=True), Column("where it stands"), Column("rule", wrap=True), Column("for")]
    columns += [Column("let pass", right=True), Column("ever", right=True), Column("last")]
    columns += [Column("until"), Column("owner"), Column("why", wrap=True)]
    rows = [_row(number, each, route, file, today, now_ns) for number, each in enumerate(uses, start=1)]
    screen.table(columns, rows)


def _row(number: int, each: RuleUse, route: str, file: str, today: date, now_ns: int) -> list[Cell]:
    rule = each.rule
    narrows = rule.kind == "only"
    until = rule.expires.isoformat() if rule.expires else "-"
    return [
        str(number),
        f"{file}:{rule.line}",
        _meaning(each),
        each.route or "every route",
        "narrows" if narrows else (f"{each.now.get(route, _NONE).silenced:,}", "warn" if each.idle else ""),
        "-" if narrows else f"{each.ever.get(route, _NONE).silenced:,}",
        "-" if narrows else ago(each.last_ns, now_ns),
        (f"{until}, expired", "bad") if rule.expires and rule.expires < today else until,
        rule.owner or "-",
        rule.reason or "-",
    ]


def _meaning(each: RuleUse) -> str:
    written = {name: value for name, value in each.written.items() if name not in _SIGNED}
    if len(each.rule.locations) == 1:
        written[each.rule.kind] = each.rule.locations[0]
    return flow(written)


def advice(each: RuleUse) -> str:
    """What to say of an idle rule."""
    what = f"`{each.rule.kind}: {', '.join(each.rule.locations)}` let nothing pass"
    if each.rule.kind == "decimal":
        return f"{what}; it still says that money stands there"
    return f"{what}; is it still needed?"


def since(each: RuleUse) -> str:
    """In how many comparisons."""
    return counted(each.compared, "comparison")


def as_object(each: RuleUse, file: str, today: date) -> dict[str, Any]:
    """One rule; the fields stand in docs/commands.md."""
    rule = each.rule
    return {
        "file": file,
        "line": rule.line,
        "route": each.route,
        "kind": rule.kind,
        "locations": list(rule.locations),
        "rule": dict(each.written),
        "digest": rule.digest,
        "reason": rule.reason,
        "owner": rule.owner,
        "expires": rule.expires.isoformat() if rule.expires else None,
        "expired": rule.expires is not None and rule.expires < today,
        "idle": each.idle,
        "last_at": iso(each.last_ns),
        "epoch": {name: _use(use) for name, use in each.now.items()},
        "ever": {name: _use(use) for name, use in each.ever.items()},
    }


def _use(use: Use) -> dict[str, int]:
    return {"compared": use.compared, "silenced": use.silenced}
