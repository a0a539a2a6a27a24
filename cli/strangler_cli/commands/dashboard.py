"""`strangler dashboard`: the pages, by themselves."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(
    help="Show the pages: where every cutover stands, what differs, on what evidence. They read the ledger, so "
    "`strangler serve` need not run, and nothing that carries traffic depends on them.\n\n"
    "They listen on this machine alone; every page has its `.json` beside it. Ctrl-C ends them.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8602,
    show_default=True,
    help="Where to listen; 0 takes a free port.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="A loopback address. Any other is refused: nobody logs in here yet.",
)
@click.pass_obj
def command(config: str, port: int, host: str) -> None:
    """Serve them."""
    import asyncio

    from strangler_cli.paging import pages
    from strangler_cli.session import configuration

    pages()
    configuration(config)
    from strangler_dashboard.listening import bind_local, url_of

    with bind_local(host, port) as listening:
        from strangler_dashboard.serving import serve
        from strangler_dashboard.stopping import until_signalled

        click.echo(f"the dashboard is at {url_of(listening)}/board; Ctrl-C ends it")
        asyncio.run(until_signalled(lambda stop: serve(Path(config), listening, stop)))
    click.echo("stopped")
