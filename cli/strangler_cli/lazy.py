"""A command group that imports a command's module only when that command is called.

`strangler --help` names every command and must not wait for what they need, so the one-line helps stand here.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Final

import click

COMMANDS: Final[dict[str, str]] = {
    "init": "Write a commented strangler.yaml for two systems.",
    "check": "Say what strangler.yaml would do, and what stands in its way.",
    "serve": "Carry traffic: planes, worker and control, supervised.",
    "status": "Show where every cutover stands, and what is next.",
    "dashboard": "Show the pages: cutovers, divergences, evidence.",
    "token": "Make, list and revoke who may reach the dashboard.",
    "session": "List who is logged in at the dashboard; log people out.",
    "report": "Write what the pages show into one file.",
    "divergences": "List, show, accept and resolve what differs.",
    "rules": "List the rules in force, and suggest further ones.",
    "compare": "Compare files, folders or many pairs as two answers.",
    "replay": "Ask a recording's requests again, and compare.",
    "gate": "Ask whether a cutover may advance (exit 0: yes).",
    "cutover": "Plan, start, advance, pause, hold or roll back a cutover.",
    "effects": "Show what runs by itself and on which side.",
    "numbers": "Show the numbers documents got: gaps, doubles.",
    "migrate": "Change the database's schema while both versions work.",
    "audit": "Read who did what and why; verify and export it.",
    "notifications": "Send a test event to each webhook.",
    "referee": "Show what the second judge says; acknowledge its alarms.",
    "demo": "Run the main job on two real billing services.",
    "schema": "Print the JSON Schema of strangler.yaml, for editors.",
}


class LazyGroup(click.Group):
    """The commands of `COMMANDS`, each in `strangler_cli.commands.NAME` as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """In the order of a cutover's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import it now."""
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"strangler_cli.commands.{cmd_name}").command
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a misspelt command."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            close = difflib.get_close_matches(name, COMMANDS, n=1)
            ctx.fail(f"there is no command {name!r}." + (f" Did you mean {close[0]!r}?" if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Names and short helps, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
