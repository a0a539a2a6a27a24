"""What a comparison of both forms of a migration found: for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from strangler_migrations.contract import Proof


def told(migration: str, proof: Proof, *, as_json: bool) -> None:
    """Print it; docs/commands.md has the fields."""
    from strangler_cli.formats.as_json import dumped
    from strangler_cli.screen import Screen

    if as_json:
        fields = {
            "verdict": proof.verdict,
            "rows": proof.rows,
            "apart": proof.apart,
            "example": proof.example,
        }
        click.echo(
            dumped({"migration": migration, **fields, "at": proof.at.isoformat(), "digest": proof.digest})
        )
    elif proof.apart:
        what = f"both forms of {proof.apart:,} of {proof.rows:,} rows do not agree, such as {proof.example}"
        Screen().line(f"{migration}: {what}", "bad")
    else:
        Screen().line(f"{migration}: both forms of {proof.rows:,} rows agree ({proof.digest[:12]})", "good")
