"""`strangler serve`: planes, worker and control, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from strangler_cli.logging_options import log_options, logging_as

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler_shadow.supervisor import Serving


@click.command(
    help="Carry traffic. Clients come to `serve.listen`; legacy answers until a cutover says otherwise; the other side "
    "is asked off the critical path. A changed strangler.yaml is taken up while it runs.\n\n"
    "Ctrl-C drains and stops cleanly; a second one stops at once.",
)
@click.option(
    "--candidate-version", metavar="TEXT", help="The candidate's version; goes before what the file says."
)
@click.option(
    "--log", metavar="FILE", help="Where the processes write what they have to say. Default: standard error."
)
@log_options
@click.pass_obj
def command(
    config: str, candidate_version: str | None, log: str | None, log_format: str, log_level: str
) -> None:
    """Serve."""
    import asyncio

    from strangler_cli.beside import readers_followed
    from strangler_cli.session import configuration

    loaded = configuration(config)
    try:
        from strangler_shadow.supervisor import serve
    except ImportError as error:
        raise _not_installed(error) from None
    logging_as("serve", log_format, log_level)
    file = _opened(log) if log else None
    try:
        with readers_followed(loaded):
            asyncio.run(
                serve(
                    loaded,
                    candidate_version=candidate_version,
                    on_ready=lambda serving: _ready(loaded, serving),
                    log=file.fileno() if file else None,
                )
            )
    finally:
        if file:
            file.close()
    click.echo("stopped")


def _not_installed(error: ImportError) -> Exception:
    from strangler.errors import UsageError

    return UsageError(
        f"what carries traffic is not installed ({error.name or error})",
        remedy='pip install "strangler[shadow]"',
    )


def _opened(log: str) -> BinaryIO:
    from strangler.errors import UsageError

    try:
        return Path(log).open("ab")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=log) from None


def _ready(loaded: Loaded, serving: Serving) -> None:
    from strangler.views.standing import command as typed
    from strangler_cli import overriding
    from strangler_cli.screen import Screen

    screen = Screen()
    overriding.tell(screen, loaded)
    screen.line(
        f"listening on {serving.listen}; send clients there instead of to {loaded.config.legacy.url}", "good"
    )
    screen.line(f"  candidate    {loaded.config.candidate.url}")
    screen.line(f"  control      {serving.control}/v1/status")
    if serving.dashboard:
        screen.line(f"  dashboard    {serving.dashboard}/board")
    screen.line(f"  look around  {typed(loaded, 'status')}")
    for name in loaded.config.cutovers:
        screen.line(f"  start        {typed(loaded, 'cutover', 'start', name)}")
    screen.line("  Ctrl-C drains and stops")
    screen.flush()
