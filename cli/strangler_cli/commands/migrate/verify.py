"""`strangler migrate verify`: whether two tables or queries hold the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strangler_cli.migrating import on_a_database
from strangler_cli.options import Duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strangler.redaction import Redactor
    from strangler_migrations.parity import Evidence, Options, Relation


@click.command(
    help="Without LEFT and RIGHT: compare both forms of every row while a migration is under way, the proof that "
    "`complete` asks for; in the grace time the old columns that are fed, which a rollback gives back. With them: "
    "compare a table or a query of two databases, row by row, by checksums that the databases reckon themselves; "
    "nothing is written to either. LEFT and RIGHT are URLs: postgresql://…, or one of them sqlite:///FILE or "
    "mariadb://…; ${NAME} in them is an environment variable.\n\n"
    "Exit code 0: equal; 1: different; 2: usage; 3: unfinished, or too little to prove it by.",
)
@click.argument("left", required=False, metavar="[LEFT RIGHT]")
@click.argument("right", required=False, metavar="")
@on_a_database
@click.option(
    "--table", "tables", multiple=True, metavar="NAME", help="The table on both sides; twice: left, right."
)
@click.option("--query", "queries", multiple=True, metavar="SQL", help="A query instead; twice: left, right.")
@click.option("--key", metavar="COLUMNS", help="What tells a row from all others. Default: the primary key.")
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Compare these columns only.")
@click.option("--rules", metavar="FILE", help="What may differ; a column is `$.NAME`.")
@click.option(
    "--wait",
    metavar="DURATION",
    type=Duration(),
    default="1s",
    show_default=True,
    help="How long after a difference both sides are looked at again.",
)
@click.option("--state", metavar="FILE", help="Keep there how far it is, and go on from there.")
@click.option("--list", "listed", type=click.IntRange(0, 10_000), default=20, show_default=True,
              help="So many differences are shown.")  # fmt: skip
@click.option("--stop-after", type=click.IntRange(0), default=0, metavar="N",
              help="End when so many rows differ. Default: never.")  # fmt: skip
@click.option("--publish", metavar="NAME", help="Put the result into the ledger, as the parity of NAME.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the evidence and its hash.")
def verify(
    config: str,
    database: str | None,
    base: str | None,
    left: str | None,
    right: str | None,
    tables: tuple[str, ...],
    queries: tuple[str, ...],
    key: str | None,
    columns: tuple[str, ...],
    rules: str | None,
    wait: int,
    state: str | None,
    listed: int,
    stop_after: int,
    publish: str | None,
    as_json: bool,
) -> int:
    """Verify."""
    if left is None:
        if any((tables, queries, key, columns, rules, state, stop_after, publish)):
            raise click.UsageError("without LEFT and RIGHT both forms are compared, whole; say both.")
        return _forms(config, database, base, as_json=as_json)
    if right is None:
        raise click.UsageError("say RIGHT as well, or neither: then both forms are compared.")
    from strangler_migrations.parity import Options

    options = Options(
        key=tuple(part.strip() for part in (key or "").split(",") if part.strip()),
        columns=columns,
        wait=wait / 1e9,
        listed=listed,
        stop_after=stop_after,
        state=None if state is None else Path(state),
    )
    evidence = _verified((left, right), _relations(tables, queries), options, rules, _redactor(config))
    if publish is not None:
        _publish(config, publish, evidence)
    _print(evidence, as_json=as_json)
    return evidence.exit_code


def _forms(config: str, database: str | None, base: str | None, *, as_json: bool) -> int:
    from strangler.errors import Refused
    from strangler_cli.formats.proof import told
    from strangler_cli.migrating import opened, proven
    from strangler_migrations.readers import under_way
    from strangler_migrations.running.states import State
    from strangler_migrations.running.store import migrations

    with opened(config, database, base) as place:
        connection = place.session.connection
        kept = (each for each in reversed(migrations(connection)) if each.state is State.CONTRACTED)
        record = under_way(connection) or next(kept, None)
        if record is None:
            raise Refused(
                "no migration has two forms to compare now",
                remedy="`strangler migrate start FILE` starts one",
            )
        found = proven(place, record)
    told(record.name, found, as_json=as_json)
    return 0 if found.verdict == "equal" else 1


def _relations(tables: Sequence[str], queries: Sequence[str]) -> tuple[Relation, Relation]:
    from strangler_migrations.parity import Relation

    given = [Relation(table=each) for each in tables] + [Relation(query=each) for each in queries]
    if bool(tables) == bool(queries) or len(given) > 2:
        raise click.UsageError("name a table (--table) or a query (--query), once for both sides or twice.")
    return given[0], given[-1]


def _verified(
    urls: tuple[str, str],
    relations: tuple[Relation, Relation],
    options: Options,
    rules: str | None,
    redactor: Redactor,
) -> Evidence:
    from dataclasses import replace

    from strangler_cli.progress import measured
    from strangler_migrations.parity import around, sides, verify

    if rules is not None:
        from strangler.config.rulesfile import parse_rules
        from strangler_cli.files import read_text

        options = replace(options, rules=parse_rules(read_text(rules), Path(rules))[0])
    left, right = sides(urls, relations)
    with measured("comparing", "rows") as told:
        return verify(left, right, options, redactor, around(lambda step: told(step.done, step.total)))


def _redactor(config: str) -> Redactor:
    """As the configuration says, where there is one; else what is always redacted, with a key for this run."""
    import os
    import secrets

    from strangler.redaction import Redactor, redaction_key

    if not Path(config).exists():
        return Redactor(secrets.token_bytes(32))
    from strangler_cli.session import configuration

    loaded = configuration(config)
    said = loaded.config.redaction
    key = redaction_key(said.key, loaded.folder / loaded.config.serve.state, os.environ)
    return Redactor(key, said.fields)


def _publish(config: str, name: str, evidence: Evidence) -> None:
    from strangler_cli.session import configuration, ledger_of
    from strangler_migrations.parity import publish

    with ledger_of(configuration(config)) as ledger, ledger.begin() as connection:
        publish(connection, name, evidence)


def _print(evidence: Evidence, *, as_json: bool) -> None:
    if as_json:
        from strangler_cli.formats.as_json import dumped
        from strangler_cli.formats.parity import as_object

        click.echo(dumped(as_object(evidence)))
        return
    from strangler_cli.formats.parity import as_text
    from strangler_cli.screen import Screen

    as_text(Screen(), evidence)
