"""`strangler dashboard`: the pages, by themselves."""

from __future__ import annotations

from pathlib import Path

import click

from strangler_cli.logging_options import log_options, logging_as


@click.command(
    help="Show the pages: where every cutover stands, what differs, on what evidence; and move cutovers "
    "from there. They need the ledger alone, so `strangler serve` need not run, and nothing that carries traffic "
    "depends on them.\n\n"
    "They listen on this machine alone, unless the file says how people log in; every page has its `.json` beside it. "
    "Ctrl-C ends them.",
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
    help="Where to listen. Any but a loopback address is refused unless people log in (`dashboard.login`).",
)
@click.option(
    "--openapi",
    is_flag=True,
    help="Print the OpenAPI document of `/api/v1` and do nothing else; it needs no strangler.yaml.",
)
@log_options
@click.pass_obj
def command(config: str, port: int, host: str, log_format: str, log_level: str, *, openapi: bool) -> None:
    """Serve them."""
    import asyncio

    from strangler_cli.paging import pages
    from strangler_cli.session import configuration

    pages()
    if openapi:
        from strangler_dashboard.api.document import document

        click.echo(document(), nl=False)
        return
    dashboard = configuration(config).config.dashboard
    logging_as("dashboard", log_format, log_level)
    from strangler_dashboard.listening import bind, url_of

    with bind(host, port, login=dashboard.login is not None and dashboard.url is not None) as listening:
        from strangler_dashboard.serving import serve
        from strangler_dashboard.stopping import until_signalled

        where = dashboard.url or url_of(listening, "https" if dashboard.tls else "http")
        click.echo(f"the dashboard is at {where}/board; Ctrl-C ends it")
        asyncio.run(until_signalled(lambda stop: serve(Path(config), listening, stop)))
    click.echo("stopped")
