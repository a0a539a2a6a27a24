"""What a brownout came to: for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from strangler_migrations.brownout import Brownout


def as_object(found: Brownout) -> dict[str, Any]:
    """For programs; docs/commands.md has the fields."""
    return {
        "began": found.began.isoformat(),
        "until": found.until.isoformat(),
        "ended": None if found.ended is None else found.ended.isoformat(),
        "actor": found.actor,
        "reason": found.reason,
        "refused": found.refused,
    }


def line(found: Brownout) -> str:
    """In a sentence."""
    refused = f"{found.refused:,} statements were refused" if found.refused else "nobody was refused"
    if found.ended is None:
        return f"a brownout is at work until {found.until:%H:%M:%S}: {refused} so far"
    seconds = (found.ended - found.began).seconds
    return f"brownout of {seconds} s, {found.began:%Y-%m-%d %H:%M} ({found.reason}): {refused}"


def told(migration: str, found: Brownout, *, as_json: bool) -> None:
    """Print it."""
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen

    if as_json:
        click.echo(dumped({"migration": migration, **as_object(found)}))
    else:
        Screen().line(f"{migration}: {line(found)}", "bad" if found.refused else "good")
