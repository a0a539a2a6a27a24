"""`strangler compare`: two files, two folders, or many pairs, as legacy's and the candidate's answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from strangler_cli.options import DECODE, PAIR_FIELDS, TALLY_FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strangler import Context, Outcome, Rules
    from strangler_cli.pairing.pair import Entry
    from strangler_cli.pairing.tally import Tally


@click.command(
    help="Compare two files, or two folders by the names of their files, as legacy's and the candidate's answers;"
    " - is standard input. With --pairs: many pairs, one a line.\n\n"
    "Exit code 0: equal; 1: different; 2: usage, nothing to compare, or something that cannot be read.",
)
@click.argument("legacy", metavar="[A", required=False)
@click.argument("candidate", metavar="B]", required=False)
@click.option(
    "--pairs",
    metavar="FILE",
    help='JSON Lines, packed (gzip) or not: {"id": …, "route": …, "legacy": ANSWER, "candidate": ANSWER},'
    ' an ANSWER being {"status": …, "headers": …, "body": …}.',
)
@PAIR_FIELDS
@TALLY_FORMAT
@click.option("--rules", metavar="FILE", help="What may differ: a list of rules, or a file with `rules:`.")
@DECODE
@click.option("--full", is_flag=True, help="Two files: show them whole, not only around what differs.")
def command(
    legacy: str | None,
    candidate: str | None,
    pairs: str | None,
    media: str | None,
    form: str,
    rules: str | None,
    decode: str | None,
    full: bool,
    **fields: Any,
) -> int:
    """Compare."""
    from strangler_cli.files import context_of, rules_of

    if (pairs is None) == (legacy is None):
        raise click.UsageError("name two files or two folders, or give --pairs.")
    by = _By(rules_of(rules), context_of(decode))
    if pairs is not None:
        from strangler_cli.pairing.jsonlines import names_of, pairs_of

        return _many(pairs_of(pairs, names_of(media=media, **fields)), by, form)
    if legacy is None or candidate is None:
        raise click.UsageError("name the other side, too: strangler compare A B.")
    if Path(legacy).is_dir() and Path(candidate).is_dir():
        from strangler_cli.pairing.folders import folder_pairs

        return _many(folder_pairs(Path(legacy), Path(candidate), media), by, form)
    return _one(legacy, candidate, media, by, form, full=full)


@dataclass(frozen=True, slots=True)
class _By:
    """What a pair is compared by."""

    rules: Rules
    context: Context


def _one(legacy: str, candidate: str, media: str | None, by: _By, form: str, *, full: bool) -> int:
    from strangler import compare
    from strangler_cli.files import read_bytes
    from strangler_cli.pairing.whole import answer_of, media_by_name

    if legacy == candidate == "-":
        raise click.UsageError("standard input is one file; name the other.")
    kind = media or media_by_name(legacy) or media_by_name(candidate)
    left, right = (answer_of(file, read_bytes(file), kind) for file in (legacy, candidate))
    outcome = compare(left, right, by.rules, by.context)
    if form == "json":
        from strangler_cli.formats.as_json import dumped
        from strangler_cli.formats.outcome import as_object

        click.echo(dumped(as_object(outcome)))
    elif form == "markdown":
        from strangler_cli.formats.markdown import of_outcome

        click.echo(of_outcome(outcome, legacy, candidate))
    else:
        from strangler_cli.formats.beside import beside
        from strangler_cli.formats.outcome import as_text
        from strangler_cli.screen import Screen

        screen = Screen()
        as_text(screen, outcome, legacy, candidate)
        beside(screen, outcome, left, right, full=full)
    return _exit_code(outcome)


def _exit_code(outcome: Outcome) -> int:
    return {"equal": 0, "different": 1, "failed": 2}[outcome.verdict]


def _many(entries: Iterable[Entry], by: _By, form: str) -> int:
    from strangler_cli.formats.tally import printed

    return printed(_tallied(entries, by), form)


def _tallied(entries: Iterable[Entry], by: _By) -> Tally:
    from strangler import compare
    from strangler_cli.pairing.pair import Lone, Pair
    from strangler_cli.pairing.tally import Judged, Tally
    from strangler_cli.progress import progress

    tally = Tally()
    with progress("comparing") as step:
        for entry in entries:
            if isinstance(entry, Pair):
                outcome = compare(entry.legacy, entry.candidate, by.rules, by.context)
                judged = Judged(entry.legacy, entry.candidate, by.rules, by.context)
                tally.judged(entry.name, entry.route, outcome, judged)
            elif isinstance(entry, Lone):
                tally.alone(entry)
            else:
                tally.not_read(entry)
            step()
    return tally
