"""`strangler`: the command line. Commands return their exit code; errors become words in `boundary` only."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from strangler_cli import boundary
from strangler_cli.lazy import LazyGroup

_HELP = """Move a billing system from a legacy service to its candidate, one cutover at a time, with proof.

\b
A cutover's life:
  strangler init --legacy URL --candidate URL    write strangler.yaml
  strangler check                                see what it would do
  strangler serve                                carry traffic
  strangler cutover start NAME                   ask the candidate beside legacy
  strangler status                               see what differs, what is proposed, what is next
  strangler cutover advance NAME                 one step on, if the gate agrees
"""
_EPILOG = """\b
Exit codes: 0 done, passed or equal · 1 blocked, different or refused · 2 usage or configuration
            3 evidence insufficient or ledger away · 4 paused or frozen · 70 a mistake of ours
"""


def _version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"strangler {version('strangler')}")
        context.exit()


@click.group(
    cls=LazyGroup,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    metavar="FILE",
    default="strangler.yaml",
    show_default=True,
    envvar="STRANGLER_CONFIG",
    show_envvar=True,
    help="The configuration.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version."
)
@click.pass_context
def cli(context: click.Context, config: str) -> None:
    """Move requests from a legacy service to its successor, one cutover at a time, with proof.

    Begin with `strangler init --legacy URL --candidate URL`; see it at work with `strangler demo`.
    """
    # Where every command finds the configuration's path.
    context.obj = config


def run(arguments: Sequence[str]) -> int:
    """One command, from its arguments to its exit code. Prints; never raises."""
    return boundary.guarded(lambda: _invoke(list(arguments)))


def _invoke(arguments: list[str]) -> object:
    with cli.make_context("strangler", arguments or ["--help"]) as context:
        return cli.invoke(context)


def main() -> NoReturn:
    """The entry point."""
    # None of pydantic's plugins is used here; looking for them opens the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
