"""`strangler demo`: the main job, on two real billing services."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = "strangler-demo"


@click.command(
    help="Run the main job on two real billing services that ship with strangler: shadow, compare, block, mend, cut "
    "over, roll back. About two minutes; everything stays on this machine, in one folder.\n\n"
    "Exit code 0: everything that it promises was seen.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the customers, the month and the traffic."
)
@click.option(
    "--folder",
    metavar="DIR",
    default=_FOLDER,
    show_default=True,
    help="Where ledger, databases and logs stay; emptied by the next run.",
)
@click.option(
    "--defects",
    metavar="LIST",
    help="Defects the candidate has at first: names separated by commas, `all` (the default) or `none`.",
)
@click.option("--rate", type=click.IntRange(1, 100_000), metavar="N", help="Requests a second.")
@click.option("--json", "json_file", metavar="FILE", help="Write the whole account there.")
@click.option("--keep-serving", is_flag=True, help="Stay up after the summary, until Ctrl-C.")
def command(
    seed: int,
    folder: str,
    defects: str | None,
    rate: int | None,
    json_file: str | None,
    *,
    keep_serving: bool,
) -> int:
    """Run it."""
    from strangler.errors import UsageError

    try:
        from strangler_demo.story.options import Options
        from strangler_demo.story.run import run
    except ImportError as error:
        raise UsageError(
            f"the demo is not installed ({error.name or error})", remedy='pip install "strangler[demo]"'
        ) from None
    from rich.console import Console

    options = Options(
        seed=seed,
        folder=Path(folder).resolve(),
        defects=_chosen(defects),
        json_file=Path(json_file) if json_file else None,
        keep_serving=keep_serving,
        **({"rate": rate} if rate else {}),
    )
    return run(options, Console())


def _chosen(defects: str | None) -> tuple[str, ...]:
    from strangler.errors import UsageError
    from strangler_demo.candidate.defects import DEFECTS

    if defects in {None, "all"}:
        return tuple(DEFECTS)
    if defects in {"none", ""}:
        return ()
    names = tuple(name.strip() for name in str(defects).split(","))
    unknown = [name for name in names if name not in DEFECTS]
    if unknown:
        raise UsageError(f"there is no defect {unknown[0]!r}", remedy=f"there are: {', '.join(DEFECTS)}")
    return names
