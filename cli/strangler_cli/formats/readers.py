"""Who uses the old form: for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from strangler.views.words import ago
from strangler_cli.formats import brownout
from strangler_cli.screen import Column, Screen
from strangler_migrations.brownout import Brownout
from strangler_migrations.readers import Seen, Standing, Unknown

_WAYS: Final = {
    "reads": "reads a view of the old version",
    "writes": "writes the old form",
    "table": "reads the table itself",
    "statement": "calls a statement of the old form",
    "refused": "was refused in a brownout",
}
_COLUMNS: Final = (
    Column("role"),
    Column("application"),
    Column("address"),
    Column("what"),
    Column("last seen"),
    Column("first seen"),
)
_SHOWN: Final = 60


def as_object(standing: Standing, last: Brownout | None) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
    form, calls = standing.form, standing.calls
    return {
        "migration": form.migration,
        "version": form.version,
        "previous": form.previous,
        "tables": list(form.tables),
        "watched": {"since": _iso(standing.since), "until": _iso(standing.until)},
        "blind": standing.blind,
        "brownout": None if last is None else brownout.as_object(last),
        "seen": [_seen(each) for each in standing.seen],
        "unknown": [_unknown(each) for each in standing.unknown],
        "statements": None
        if calls is None
        else [
            {"role": c.role, "calls": c.calls, "called_at": _iso(c.called_at), "old": c.old, "text": c.text}
            for c in calls
        ],
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "way": seen.way,
        "role": seen.role,
        "application": seen.application,
        "address": seen.address,
        "first_seen": _iso(seen.first_seen),
        "last_seen": _iso(seen.last_seen),
    }


def _unknown(unknown: Unknown) -> dict[str, Any]:
    word = unknown.acknowledged
    said = None if word is None else {"actor": word.actor, "reason": word.reason, "at": _iso(word.at)}
    return {"name": unknown.name, "what": unknown.what, "stale": unknown.stale, "acknowledged": said}


def as_text(screen: Screen, standing: Standing, last: Brownout | None) -> None:
    """The old form, who was seen, what is unknown, what pg_stat_statements says, since when it is looked at, and what
    the latest brownout came to.
    """
    form = standing.form
    old = [f"the views of {form.previous}"] if form.previous else []
    old += [f"the old form of {', '.join(form.tables)}"] if form.tables else []
    screen.heading(f"{form.migration}: who uses {' and '.join(old) or 'the old form'}")
    if not form.anything:
        screen.line("it takes nothing from anybody")
        return
    now = _ns(standing.now)
    rows = [
        [
            s.role,
            s.application,
            s.address,
            _WAYS[s.way],
            ago(_ns(s.last_seen), now),
            ago(_ns(s.first_seen), now),
        ]
        for s in standing.seen
    ]
    screen.table(_COLUMNS, rows)
    if not rows:
        screen.line("nobody was seen")
    _print_unknown(screen, standing.unknown, now)
    _print_calls(screen, standing, now)
    if last is not None:
        screen.line(brownout.line(last), "warn" if last.refused else "")
    if standing.since is not None:
        screen.line(f"looked at since {ago(_ns(standing.since), now)}", "dim")
    if standing.blind:
        screen.line(
            "note: this role does not see what other roles' sessions are called: GRANT pg_read_all_stats",
            "warn",
        )


def _print_unknown(screen: Screen, unknown: Iterable[Unknown], now: int) -> None:
    for each in unknown:
        word = each.acknowledged
        if word is None:
            again = " (it is another since it was acknowledged)" if each.stale else ""
            screen.line(f"unknown: {each.name}: {each.what}{again}", "warn")
            screen.line(f"    `strangler migrate readers acknowledge {_quoted(each.name)} --reason TEXT`")
        else:
            screen.line(
                f"unknown: {each.name}: acknowledged by {word.actor} {ago(_ns(word.at), now)}: {word.reason}"
            )


def _print_calls(screen: Screen, standing: Standing, now: int) -> None:
    if standing.calls is None:
        screen.line("pg_stat_statements is not loaded: no second witness", "dim")
        return
    rows = [
        [
            each.role,
            "only the old form" if each.old else "either form",
            ago(_ns(each.called_at), now) if each.called_at else "not since it is looked at",
            " ".join(each.text.split())[:_SHOWN],
        ]
        for each in standing.calls
    ]
    screen.table(
        (Column("role"), Column("answered by"), Column("called"), Column("statement", wrap=True)), rows
    )


def _quoted(name: str) -> str:
    import shlex

    return shlex.quote(name)


def _ns(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000_000


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
