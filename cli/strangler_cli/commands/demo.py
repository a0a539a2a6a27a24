"""`strangler demo`: the main job, on two real billing services."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = "strangler-demo"


@click.command(
    help="Run the main job on two real billing services that ship with strangler: shadow, compare, block, mend, cut "
    "over, roll back. Three to four minutes; everything stays on this machine, in one folder.\n\n"
    "Exit code 0: everything that it promises was seen.",
)
@click.option(
    "--chapter",
    type=click.Choice(["cutover", "amounts"]),
    default="cutover",
    show_default=True,
    help="`cutover`: the main job. `amounts`: under traffic an amount stops being a float, from expand to contract, on "
    "a PostgreSQL of its own.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the customers, the month and the traffic."
)
@click.option(
    "--folder",
    metavar="DIR",
    help=f"Where ledger, databases and logs stay; emptied by the next run. Default: {_FOLDER}, or {_FOLDER}-amounts.",
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
    chapter: str,
    seed: int,
    folder: str | None,
    defects: str | None,
    rate: int | None,
    json_file: str | None,
    *,
    keep_serving: bool,
) -> int:
    """Run it."""
    from strangler.errors import UsageError

    if chapter != "cutover" and (defects is not None or keep_serving):
        option = "--keep-serving" if defects is None else "--defects"
        raise UsageError(
            f"the chapter {chapter} has no {option}", remedy="leave it out, or take --chapter cutover"
        )
    try:
        from strangler_demo.amounts.run import run as amounts
        from strangler_demo.story.options import Options
        from strangler_demo.story.run import run as cutover
    except ImportError as error:
        raise UsageError(
            f"the demo is not installed ({error.name or error})", remedy='pip install "strangler[demo]"'
        ) from None
    from rich.console import Console

    options = Options(
        seed=seed,
        folder=Path(folder or (_FOLDER if chapter == "cutover" else f"{_FOLDER}-{chapter}")).resolve(),
        defects=_chosen(defects),
        json_file=Path(json_file) if json_file else None,
        keep_serving=keep_serving,
        **({"rate": rate} if rate else {}),
    )
    return (cutover if chapter == "cutover" else amounts)(options, Console())


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
