"""Options that several commands have."""

from __future__ import annotations

from typing import Final

import click

TALLY_FORMAT: Final = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="For people, for programs, for a page.",
)
"""How what many pairs came to is printed (`formats.tally.printed`)."""
