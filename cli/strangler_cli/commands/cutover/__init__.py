"""`strangler cutover`: the transitions of a cutover, each idempotent, each an audit entry; a module per command."""

from __future__ import annotations

import click

from strangler_cli.commands.cutover.advance import advance
from strangler_cli.commands.cutover.apply import apply
from strangler_cli.commands.cutover.approvals import approvals
from strangler_cli.commands.cutover.approve import approve
from strangler_cli.commands.cutover.hold import hold
from strangler_cli.commands.cutover.pause import pause
from strangler_cli.commands.cutover.plan import plan
from strangler_cli.commands.cutover.resume import resume
from strangler_cli.commands.cutover.rollback import rollback
from strangler_cli.commands.cutover.start import start
from strangler_cli.commands.cutover.status import status


@click.group(
    help="Plan, start, advance, pause, hold, resume or roll back a cutover.\n\n"
    "legacy → shadow → canary (step by step) → candidate → retired. Each command may be given twice: it is done once. "
    "With `strangler serve` running, every plane has the change within a second.",
)
def command() -> None:
    """The group."""


for _each in (start, advance, plan, apply, approve, approvals, pause, hold, resume, rollback, status):
    command.add_command(_each)
