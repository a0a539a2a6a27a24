"""The grace time between `complete` and `drop`: the old columns stay, under another name, fed by `down`.

A column merely renamed makes no rollback possible: the first insert of the new version would fail on its NOT NULL, and
its values would be stale. Fed, it may be given back at any moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair
from strangler_migrations.sql.names import SYNCED, ident, qualified
from strangler_migrations.sql.tokens import mentioned
from strangler_migrations.statement import Lock, Statement, changes
from strangler_migrations.sync import exact_floats, function, function_name, triggers

_NAME = "~strangler_grace"


@dataclass(frozen=True, slots=True)
class Final:
    """What a table is called after `complete`, and its columns: as they were at `start` → as they are then."""

    table: str
    columns: Mapping[str, str]


def begun(
    catalog: Catalog, table: str, final: Final, pairs: Sequence[Pair], versions: tuple[str, str | None]
) -> Iterator[Statement]:
    """At the end of `complete`, in its transaction: then only `down` acts. `versions`: the new and the old."""
    on = qualified(catalog.schema, final.table)
    for make, always, drop in triggers(on, function_name(catalog, table, "sync"), *versions):
        yield Statement(drop, Lock.ACCESS_EXCLUSIVE, (final.table,), (make, always), "contract")
    fed = [pair for pair in pairs if pair.kept and pair.down]
    if not fed:
        return
    name, trigger = function_name(catalog, table, "grace"), ident(_NAME)
    make = function(catalog, name, _body(fed, final), exact=exact_floats(fed))
    yield Statement(make, undo=(f"DROP FUNCTION IF EXISTS {name}()",), unit="contract")
    create = (
        f"CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {on} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )
    for sql, undo in (
        (create, f"DROP TRIGGER IF EXISTS {trigger} ON {on}"),
        (f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {trigger}", ""),
    ):
        yield changes(final.table, sql, undo, lock=Lock.SHARE_ROW_EXCLUSIVE, unit="contract")


def _body(pairs: Sequence[Pair], final: Final) -> str:
    steps = "\n".join(_fed(pair, final) for pair in reversed(pairs))
    return f"BEGIN\n{steps}\n  RETURN NEW;\nEND"


def _fed(pair: Pair, final: Final) -> str:
    assert pair.kept is not None
    down, type_ = pair.kept_down or pair.down or "", pair.kept_type or pair.old_type
    row = {name: final.columns[column] for name, column in pair.down_row.items() if column in final.columns}
    read = sorted(row[name] for name in mentioned(down, row))
    touched = " OR ".join(f"NEW.{ident(c)}::text IS DISTINCT FROM OLD.{ident(c)}::text" for c in read)
    columns = ", ".join(f"NEW.{ident(column)} AS {ident(name)}" for name, column in row.items())
    return (
        f"  IF TG_OP = 'INSERT' OR {touched or 'false'} THEN\n"
        f"    SELECT CAST(({down}) AS {type_}) INTO NEW.{ident(pair.kept)}"
        f" FROM (SELECT {columns}) AS {ident(final.table)};\n  END IF;"
    )


def ended(catalog: Catalog, table: str, final: str) -> Iterator[Statement]:
    """At `drop`: nothing is fed any more. Before the old columns go, in the same transaction."""
    on, unit = qualified(catalog.schema, final), f"drop {final}"
    yield changes(final, f"DROP TRIGGER IF EXISTS {ident(_NAME)} ON {on}", None, unit=unit)
    for kind in ("grace", "sync"):
        yield Statement(
            f"DROP FUNCTION IF EXISTS {function_name(catalog, table, kind)}()", undo=None, unit=unit
        )
    yield changes(final, f"ALTER TABLE {on} DROP COLUMN IF EXISTS {SYNCED}", None, unit=unit)
