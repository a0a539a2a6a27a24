"""Write docs/killbill.md: what lint and plan say of Kill Bill's schema and of its history of migrations.

    python scripts/killbill_page.py > docs/killbill.md

Takes ../shared/corpus/sql/killbill, and a PostgreSQL server of its own.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg

from strangler.errors import UsageError
from strangler.testing.postgres import start
from strangler_migrations.after import after
from strangler_migrations.catalog.model import Catalog, Table
from strangler_migrations.catalog.read import read
from strangler_migrations.lint import lint
from strangler_migrations.migration import parse
from strangler_migrations.plan import plan
from strangler_migrations.statement import Phase

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "sql" / "killbill"
_MODULES = (
    "util",
    "account",
    "tenant",
    "catalog",
    "subscription",
    "entitlement",
    "payment",
    "invoice",
    "usage",
    "beatrix",
)
_HEAD = """# Kill Bill through lint and plan

Written by `scripts/killbill_page.py`; `make full` holds it. Kill Bill is an open-source billing system whose schema is
written for MySQL and PostgreSQL at once: `ddl-postgresql.sql` gives PostgreSQL the types it lacks, then the `ddl.sql`
of ten modules make {tables} tables. Its {migrations} migrations are written in MySQL's grammar, or in what both take.
"""


def schema_files() -> list[Path]:
    """In the order in which they can be run."""
    modules = [next(CORPUS.rglob(f"billing/{name}/ddl.sql")) for name in _MODULES]
    return [next(CORPUS.rglob("ddl-postgresql.sql")), *modules]


def migrations() -> list[Path]:
    """By version."""
    return sorted(CORPUS.rglob("V*.sql"), key=lambda file: file.name)


def linted() -> Iterator[str]:
    """What lint finds, by rule: in the schema's files, and in the migrations, each known with those before it."""
    schema = [(file.name, file.read_text()) for file in schema_files()]
    history = [(file.name, file.read_text()) for file in migrations()]
    here = Counter(each.rule for each in lint(schema))
    there = Counter(each.rule for each in lint(history))
    yield "## Lint\n\n| rule | in the schema | in the migrations |\n|---|---|---|"
    for rule in sorted(here | there, key=lambda rule: (-there[rule], rule)):
        name = f"`{rule}`" if rule == "unreadable" else f"[`{rule}`](lint.md#{rule})"
        yield f"| {name} | {here[rule]} | {there[rule]} |"
    yield ""
    yield (
        f"{there['unreadable']} of {len(history)} migrations are no SQL of PostgreSQL's (`modify`, `change`, back"
        " quotes): one finding each."
    )


def _text(table: Table) -> str:
    return next((c.name for c in table.columns.values() if c.type.startswith("character varying")), "")


def _operations(table: Table) -> Iterator[tuple[str, str]]:
    """One operation of each kind over a table, for the first column that it fits."""
    name, text = table.name, _text(table)
    yield "add_column", f"{{table: {name}, column: {{name: extra, type: text}}, up: \"''\"}}"
    yield "drop_table", f"{{name: {name}}}"
    yield "rename_table", f"{{from: {name}, to: {name}_moved}}"
    if text:
        yield "alter_column", f"{{table: {name}, column: {text}, type: text}}"
        yield "drop_column", f"{{table: {name}, column: {text}, down: \"''\"}}"
        yield "rename_column", f"{{table: {name}, from: {text}, to: {text}_moved}}"
        yield "create_index", f"{{name: {name[:40]}_new_idx, table: {name}, columns: [{text}]}}"
    for column in table.columns.values():
        if column.type in {"integer", "bigint"} and "nextval" in (column.default or ""):
            yield "alter_column (numbered)", f"{{table: {name}, column: {column.name}, type: bigint}}"
            break


def planned(catalog: Catalog) -> Iterator[str]:
    """Which of them can be planned, and why the others are refused; after each, what is left is planned over again."""
    done, refused = Counter[str](), dict[str, Counter[str]]()
    for table in catalog.tables.values():
        for kind, body in _operations(table):
            loaded = parse(f"operations: [{{{kind.partition(' ')[0]}: {body}}}]", Path("01_x.yaml"))
            try:
                after(plan(loaded, catalog), loaded)
                done[kind] += 1
            except UsageError as error:
                refused.setdefault(kind, Counter())[_reason(error)] += 1
    yield "## Plan\n\n| operation | planned | refused | why |\n|---|---|---|---|"
    for kind in sorted(done.keys() | refused.keys()):
        why = refused.get(kind, Counter[str]())
        reasons = "; ".join(f"{text} ({count})" for text, count in why.most_common())
        yield f"| `{kind}` | {done[kind]} | {sum(why.values())} | {reasons} |"


def _reason(error: UsageError) -> str:
    """Without the names."""
    said = error.what.rpartition(": ")[2] if "second form" in error.what else error.what
    return re.sub(r"`[^`]*`", "…", said)


def history_planned(catalog: Catalog) -> str:
    """Each migration as the SQL of a file, all in turn."""
    previous, back = None, 0
    for file in migrations():
        up = json.dumps(file.read_text())
        loaded = parse(f"operations: [{{sql: {{up: {up}}}}}]", Path(f"{file.name[:14]}.yaml"))
        made = plan(loaded, catalog, previous)
        catalog, previous = after(made, loaded), made.version
        back += made.way_back[Phase.START] is None
    return (
        f"All {len(migrations())} migrations, each as the `sql` of a file without a `down`, are planned in turn;"
        f" {back or 'none'} of them can be taken back without one."
    )


def loaded_schema(url: str) -> Catalog:
    """The schema on a server."""
    with psycopg.connect(url, autocommit=True) as connection:
        for file in schema_files():
            connection.execute(file.read_bytes())
        return read(connection, "public")


def page(url: str) -> str:
    """The page; `url`: an empty database."""
    catalog = loaded_schema(url)
    head = _HEAD.format(tables=len(catalog.tables), migrations=len(migrations()))
    return "\n".join((head, *linted(), "", *planned(catalog), "", history_planned(catalog))) + "\n"


def main() -> int:
    """Print it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = start(Path(folder) / "server")
        try:
            sys.stdout.write(page(server.create_database()))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
