"""The triggers that keep both forms of a row in step, in both directions.

Which version wrote a row the data tells: on UPDATE the side that changed, on INSERT the side that is set to something
else than it would have by itself. A qualified write to the other version's view, a SECURITY DEFINER procedure and a
replica's write are judged rightly so, where the search_path alone misjudges them; it only breaks ties (neither side was
touched). Both sides touched and not agreeing is an error, because either choice would lose somebody's write.

The triggers are ENABLE ALWAYS: what replication applies is kept in step, too. Their function has a search_path of its
own, so an expression means the same for every client; the client's path is looked at in the triggers' conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from strangler_migrations import marks
from strangler_migrations.binding import expand
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair, grouped
from strangler_migrations.sql.names import SYNCED, ident, literal, prefixed, qualified
from strangler_migrations.sql.tokens import mentioned
from strangler_migrations.statement import Lock, Statement, changes

STATE: Final = "strangler"
"""The schema of strangler's own: its state, and the functions of triggers."""
# Sorted behind nearly every name: rows are kept in step after other BEFORE triggers have had their say.
TRIGGER: Final = "~strangler"
EARLY: Final = "!strangler"
"""Begins the names of those that come before all others."""
_WITHOUT_EQUALITY: Final = frozenset(
    {"json", "xml", "point", "polygon", "line", "lseg", "path", "circle", "box"}
)


def function_name(catalog: Catalog, table: str, kind: str) -> str:
    """The trigger function of a table; `kind`: `sync` or `grace`."""
    return qualified(STATE, prefixed(f"{kind}_", f"{catalog.schema}_{table}"))


def installed(
    catalog: Catalog, table: str, pairs: Sequence[Pair], new: str, old: str | None
) -> Iterator[Statement]:
    """At `start`, with the columns, in one transaction. `new` and `old` are the versions' schemas."""
    on, name = qualified(catalog.schema, table), function_name(catalog, table, "sync")
    unit = expand(table)
    yield changes(
        table,
        f"ALTER TABLE {on} ADD COLUMN {SYNCED} boolean",
        f"ALTER TABLE {on} DROP COLUMN IF EXISTS {SYNCED}",
        unit=unit,
        why="NULL in every row that is there: no rewrite",
    )
    yield Statement(
        function(catalog, name, body(pairs, table, new), exact=exact_floats(pairs)),
        undo=(f"DROP FUNCTION IF EXISTS {name}()",),
        unit=unit,
    )
    for make, always, drop in triggers(on, name, new, old):
        lock = Lock.SHARE_ROW_EXCLUSIVE
        yield changes(table, make, drop, lock=lock, unit=unit)
        yield changes(table, always, "", lock=lock, unit=unit)


def body(pairs: Sequence[Pair], table: str, version: str) -> str:
    """The function's body: which side was touched, then the other side from it. `version`: the new one's schema."""
    down = "\n".join(_computed(pair, table, "down") for pair in reversed(pairs) if pair.old and pair.down)
    up = "\n".join(_computed(pair, table, "up") for pair in pairs if pair.new and pair.up)
    # Columns of the user's may be called as the variables are.
    return f"""#variable_conflict use_column
DECLARE
  newer boolean := TG_ARGV[0] = 'new';
  old_touched boolean;
  new_touched boolean;
  agrees boolean;
  mark text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    old_touched := {_any(_changed(pair.old, pair.old_type) for pair in pairs if pair.old)};
    new_touched := {_any(_changed(pair.new, pair.new_type) for pair in pairs if pair.new)};
    IF OLD.{SYNCED} IS NULL THEN
{_caught_up(pairs, table)}
    END IF;
  ELSE
    old_touched := {_any(filter(None, (_set(pair) for pair in pairs)))};
    new_touched := {_any(f"NEW.{ident(pair.new)} IS NOT NULL" for pair in pairs if pair.new)};
{_numbered(pairs, table)}
  END IF;
  NEW.{SYNCED} := true;
  IF old_touched AND new_touched THEN
{_agreement(pairs, table)}
    RETURN NEW;
  END IF;
  newer := CASE WHEN new_touched THEN true WHEN old_touched THEN false ELSE newer END;
  IF newer THEN
{down or "    NULL;"}
  ELSE
{up or "    NULL;"}
{marks.writer(version)}
  END IF;
  RETURN NEW;
END"""


def _caught_up(pairs: Sequence[Pair], table: str) -> str:
    """A row that the backfill has not reached gets its new form first, from what it was."""
    lines = [
        f"      IF NEW.{ident(pair.new)}::text IS NOT DISTINCT FROM OLD.{ident(pair.new)}::text THEN\n"
        f"        {_assigned(pair, table, 'up', 'OLD')}\n      END IF;"
        for pair in pairs
        if pair.new and pair.up
    ]
    return "\n".join(lines) or "      NULL;"


def _numbered(pairs: Sequence[Pair], table: str) -> str:
    """A default that varies gives every row a value, whoever writes it: it is the new form's, too, if there is none."""
    lines = [
        f"    IF NEW.{ident(pair.new)} IS NULL THEN\n      {_assigned(pair, table, 'up', 'NEW')}\n    END IF;"
        for pair in pairs
        if pair.varies and pair.new and pair.up
    ]
    return "\n".join(lines)


def _computed(pair: Pair, table: str, way: str) -> str:
    """One side from the other, where what it is computed from is new; a random part is not thrown again."""
    row, expression = (pair.up_row, pair.up) if way == "up" else (pair.down_row, pair.down)
    read = sorted(row[name] for name in mentioned(expression or "", row))
    touched = [f"NEW.{ident(column)}::text IS DISTINCT FROM OLD.{ident(column)}::text" for column in read]
    return f"    IF TG_OP = 'INSERT' OR {_any(touched)} THEN\n      {_assigned(pair, table, way, 'NEW')}\n    END IF;"


def _assigned(pair: Pair, table: str, way: str, record: str) -> str:
    target = pair.new if way == "up" else pair.old
    assert target is not None
    return f"{value(pair, table, way, record, f'INTO NEW.{ident(target)} ')};"


def value(pair: Pair, table: str, way: str, record: str, into: str = "") -> str:
    """A query for one side; PostgreSQL itself resolves the names, over a row that has the version's."""
    row, expression = (pair.up_row, pair.up) if way == "up" else (pair.down_row, pair.down)
    type_ = pair.new_type if way == "up" else pair.old_type
    columns = ", ".join(f"{record}.{ident(column)} AS {ident(name)}" for name, column in row.items())
    return f"SELECT CAST(({expression}) AS {type_}) {into}FROM (SELECT {columns}) AS {ident(table)}"


def _changed(column: str, type_: str) -> str:
    return distinct(f"NEW.{ident(column)}", f"OLD.{ident(column)}", type_)


def distinct(left: str, right: str, type_: str) -> str:
    """Whether two values of a type differ: 2 and 2.00 do not. Types that cannot be compared are, as text."""
    cast = "::text" if type_.partition("(")[0].lower() in _WITHOUT_EQUALITY else ""
    return f"({left}){cast} IS DISTINCT FROM ({right}){cast}"


def _set(pair: Pair) -> str | None:
    """Whether the old form was set by somebody. A default that varies cannot be told from a value: it tells nothing."""
    if pair.old is None or (pair.varies and pair.new):
        return None
    column = f"NEW.{ident(pair.old)}"
    if pair.old_default is None:
        return f"{column} IS NOT NULL"
    default = f"CAST({pair.old_default} AS {pair.old_type})"
    return f"({column} IS NOT NULL AND {distinct(column, default, pair.old_type)})"


def _agreement(pairs: Sequence[Pair], table: str) -> str:
    lines = list[str]()
    for group in grouped(pairs):
        if (found := parted(group, table, "NEW")) is None:
            continue
        up, down = found
        name = next(pair.name for pair in group if pair.old)
        said = literal(f"{table}.{name}: both forms are written and do not agree")
        lines.append(
            f"    agrees := NOT ({up})\n      OR NOT ({down});\n"
            f"    IF NOT agrees THEN\n"
            f"      RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = {said};\n"
            f"    END IF;"
        )
    return "\n".join(lines) or "    NULL;"


def parted(group: Sequence[Pair], table: str, record: str) -> tuple[str, str] | None:
    """Whether a new form is not what `up` makes of the old one, and the other way round; None: there is but one."""
    news = [(pair, pair.new) for pair in group if pair.new and pair.up]
    olds = [(pair, pair.old) for pair in group if pair.old and pair.down]
    if not (news and olds):
        return None
    return (
        _any(distinct(f"{record}.{ident(c)}", value(p, table, "up", record), p.new_type) for p, c in news),
        _any(distinct(f"{record}.{ident(c)}", value(p, table, "down", record), p.old_type) for p, c in olds),
    )


def _any(conditions: Iterable[str]) -> str:
    return " OR ".join(conditions) or "false"


def exact_floats(pairs: Iterable[Pair]) -> bool:
    """Whether floats are read as texts, which `extra_float_digits` of a client could cut."""
    return any(pair.old_type in {"real", "double precision"} for pair in pairs)


def function(
    catalog: Catalog, name: str, text: str, *, exact: bool = False, as_owner: bool = False, also: str = ""
) -> str:
    """A trigger function, with the search_path of its expressions; `exact`: floats have all their digits; `as_owner`:
    it runs with its owner's rights; `also`: another `name = value` that holds while it runs.
    """
    path = (catalog.schema, *catalog.server.search_path)
    names = ", ".join(ident(schema) for schema in dict.fromkeys(path) if schema != STATE)
    digits = " SET extra_float_digits = 1" if exact else ""
    rights = " SECURITY DEFINER" if as_owner else ""
    more = f" SET {also}" if also else ""
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql{rights}\n"
        f"SET search_path = {names}, pg_temp{digits}{more} AS $strangler${text}$strangler$"
    )


def owned(name: str, unit: str) -> Statement:
    """Nobody but its owner makes triggers of a function that runs as its owner."""
    return Statement(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC", unit=unit)


def triggers(on: str, function_: str, new: str, old: str | None) -> Iterator[tuple[str, str, str]]:
    """What makes, what enables and what drops each of a table's triggers."""
    newer = by_path(new, old)
    # What the backfill writes has both forms already.
    filled = f"OLD.{SYNCED} IS NULL AND NEW.{SYNCED} IS TRUE"
    for event, side, condition in (
        ("INSERT", "new", newer),
        ("INSERT", "old", f"NOT ({newer})"),
        ("UPDATE", "new", f"NOT ({filled}) AND {newer}"),
        ("UPDATE", "old", f"NOT ({filled}) AND NOT ({newer})"),
    ):
        name = ident(f"{TRIGGER}_{event.lower()}_{side}")
        make = (
            f"CREATE TRIGGER {name} BEFORE {event} ON {on} FOR EACH ROW WHEN ({condition})"
            f" EXECUTE FUNCTION {function_}({literal(side)})"
        )
        yield make, f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}", f"DROP TRIGGER IF EXISTS {name} ON {on}"


def by_path(new: str, old: str | None) -> str:
    """Whether the client's search_path names the new version, and the old one not before it."""
    path = "pg_catalog.current_schemas(false)"
    place = f"pg_catalog.array_position({path}, {literal(new)}::name)"
    if old is None:
        return f"({place} IS NOT NULL)"
    other = f"pg_catalog.array_position({path}, {literal(old)}::name)"
    return f"COALESCE({place} < COALESCE({other}, 100000), false)"
