"""The triggers that keep columns of one table and the same columns of another in step, until they have moved.

Each direction writes only what differs, so a write comes back once and ends. Whoever writes both rows of a pair in two
sessions at once may be the victim of a deadlock, as with any two rows. A row of the other table that comes takes what
is here; one that the new version deletes takes it away.

Functions run as their owner: a writer of one table need not have rights on the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from strangler_migrations import marks
from strangler_migrations.moved import Moved, MovedColumn, anyof
from strangler_migrations.sql.names import ident, prefixed, qualified
from strangler_migrations.statement import Lock, Statement, changes
from strangler_migrations.sync import by_path, distinct, function, function_name

type Kind = Literal["out", "back", "fill"]
"""From here to there; from there to here; what inserts of the new version leave out."""

_TRIGGER: Final = "~strangler_move"
_ALONE: Final = "pg_catalog.pg_trigger_depth() = 0"
"""A row that goes because its other half goes takes nothing away from it."""


@dataclass(frozen=True, slots=True)
class _Trigger:
    """What makes, what enables and what drops a trigger of a table."""

    table: str
    kind: Kind
    make: str
    always: str
    drop: str


def begun(moved: Moved) -> Iterator[Statement]:
    """At `start`: both directions, in one transaction."""
    for kind, body in _bodies(moved):
        gone = f"DROP FUNCTION IF EXISTS {_name(moved, kind)}()"
        yield Statement(_function(moved, kind, body), undo=(gone,), unit=moved.unit)
    for trigger in _triggers(moved):
        yield from _installed(trigger, moved.unit)


def closed(moved: Moved) -> Iterator[Statement]:
    """At `complete`, before the names change places: nothing comes from the old columns any more."""
    for each in _triggers(moved):
        if each.kind != "fill":
            undo = (each.make, each.always)
            yield Statement(each.drop, Lock.ACCESS_EXCLUSIVE, (each.table,), undo, "contract")


def fed(moved: Moved, final: Moved) -> Iterator[Statement]:
    """At `complete`, after it: the old columns are fed. `final`: with the names of then."""
    now = {"back": _back(final, final=True), "fill": _fill(final)}
    for kind, body in _bodies(moved):
        if kind != "out":
            undo = (_function(moved, kind, body),)
            yield Statement(_function(moved, kind, now[kind]), undo=undo, unit="contract")
    for trigger in _grace(final):
        yield from _installed(trigger, "contract")


def ended(moved: Moved, final: Moved) -> Iterator[Statement]:
    """At `drop`, before the old columns go, in the same transaction."""
    unit = f"drop {moved.here}"
    fills = (each for each in _triggers(moved) if each.kind == "fill")
    for trigger in (*_grace(final), *fills):
        yield changes(trigger.table, trigger.drop, None, unit=unit)
    for kind, _ in _bodies(moved):
        yield Statement(f"DROP FUNCTION IF EXISTS {_name(moved, kind)}()", undo=None, unit=unit)


def _installed(trigger: _Trigger, unit: str) -> Iterator[Statement]:
    for sql, undo in ((trigger.make, trigger.drop), (trigger.always, "")):
        yield changes(trigger.table, sql, undo, lock=Lock.SHARE_ROW_EXCLUSIVE, unit=unit)


def _bodies(moved: Moved) -> Iterator[tuple[Kind, str]]:
    yield "out", _out(moved)
    yield "back", _back(moved, final=False)
    if moved.filled:
        yield "fill", _fill(moved)


def _name(moved: Moved, kind: Kind) -> str:
    return function_name(moved.catalog, f"{moved.here}_{moved.there}", f"move_{kind}")


def _function(moved: Moved, kind: Kind, body: str) -> str:
    text = function(moved.catalog, _name(moved, kind), f"#variable_conflict use_column\n{body}")
    return text.replace("LANGUAGE plpgsql", "LANGUAGE plpgsql SECURITY DEFINER")


def _out(moved: Moved) -> str:
    """A row here was written, or is about to go."""
    sets = ", ".join(f"{ident(c.there)} = NEW.{ident(c.here)}" for c in moved.columns)
    write = (
        f"UPDATE {moved.target} AS _there SET {sets}"
        f" WHERE {moved.joined('_there', 'NEW')} AND ({moved.apart('_there', 'NEW')});"
    )
    gone = "NULL;"
    if moved.made:
        news = ", ".join(f"NEW.{ident(column)}" for column in (*moved.key, *moved.columns_here))
        insert = moved.insert(f"VALUES ({news})")
        write = f"IF {moved.said('NEW')} THEN\n    {insert};\n  ELSE\n    {write}\n  END IF;"
        gone = f"DELETE FROM {moved.target} AS _there WHERE {moved.joined('_there', 'OLD')};"
    return f"""DECLARE
  mark text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    {gone}
    RETURN OLD;
  END IF;
  {write}
  IF TG_ARGV[0] = 'old' THEN
{marks.writer(moved.versions[0])}
  END IF;
  RETURN NULL;
END"""


def _back(moved: Moved, *, final: bool) -> str:
    """A row there was written, is about to be, or has gone. `final`: there is no old version any more."""
    over = _over(moved)
    newer = "true" if final else "TG_ARGV[0] = 'new'"
    empty = ", ".join(f"{ident(c.here)} = {c.empty}" for c in moved.columns)
    emptied = (
        f"UPDATE {moved.source} AS _here SET {empty}"
        f" WHERE {moved.joined('OLD', '_here')} AND ({moved.said('_here')});"
    )
    sets = ", ".join(f"{ident(c.here)} = NEW.{ident(c.there)}" for c in moved.columns)
    taken = "\n".join(_taken(moved, column, over) for column in moved.columns)
    return f"""BEGIN
  IF TG_WHEN = 'BEFORE' THEN
{taken}
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    {emptied}
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND ({over}) AND {newer} THEN
    {emptied}
  END IF;
  UPDATE {moved.source} AS _here SET {sets}
    WHERE {moved.joined("NEW", "_here")} AND ({moved.apart("NEW", "_here")});
  RETURN NULL;
END"""


def _taken(moved: Moved, column: MovedColumn, over: str) -> str:
    """A row there that comes, or goes over to another one, gets what is here; under a lock: no write is missed."""
    there = f"NEW.{ident(column.there)}"
    changed = distinct(there, f"OLD.{ident(column.there)}", column.type)
    return f"""    IF (TG_OP = 'INSERT' AND {there} IS NULL)
        OR (TG_OP = 'UPDATE' AND TG_ARGV[0] = 'old' AND ({over}) AND NOT ({changed})) THEN
      SELECT _here.{ident(column.here)} INTO {there} FROM {moved.source} AS _here
        WHERE {moved.joined("NEW", "_here")} FOR SHARE;
    END IF;"""


def _fill(moved: Moved) -> str:
    """An insert here that leaves out what has moved."""
    lines = [
        f"  IF NEW.{ident(column.here)} IS NULL THEN\n    NEW.{ident(column.here)} := {column.empty};\n  END IF;"
        for column in moved.columns
        if column.without
    ]
    return "\n".join(("BEGIN", *lines, "  RETURN NEW;", "END"))


def _triggers(moved: Moved) -> Iterator[_Trigger]:
    """Those of the time of both versions."""
    newer = by_path(*moved.versions)
    keys = anyof(f"NEW.{ident(key)} IS DISTINCT FROM OLD.{ident(key)}" for key in moved.key)
    changed = f"{_changed(moved.columns_here, moved.columns)} OR {keys}"
    said = anyof(f"NEW.{ident(column)} IS NOT NULL" for column in moved.columns_here)
    for side, path in (("new", newer), ("old", f"NOT ({newer})")):
        yield _here(moved, "out", f"insert_{side}", "AFTER INSERT", f"({said}) AND {path}", side)
        yield _here(moved, "out", f"update_{side}", "AFTER UPDATE", f"({changed}) AND {path}", side)
        over = f"({_over(moved)}) AND {path}"
        yield _there(moved, f"over_{side}", "BEFORE UPDATE", over, side)
        written = f"({_written(moved)}) AND {path}"
        yield _there(moved, f"update_{side}", "AFTER UPDATE", written, side)
    yield _there(moved, "comes", "BEFORE INSERT", "true")
    yield _there(moved, "insert", "AFTER INSERT", "true")
    yield _there(moved, "delete", "AFTER DELETE", f"{_ALONE} AND {newer}")
    if moved.made:
        yield _here(moved, "out", "delete", "BEFORE DELETE", "true", "new")
    if moved.filled:
        empty = anyof(f"NEW.{ident(c.here)} IS NULL" for c in moved.columns if c.without)
        yield _here(moved, "fill", "fill", "BEFORE INSERT", empty, "new")


def _grace(moved: Moved) -> Iterator[_Trigger]:
    """Those of the grace time."""
    yield _there(moved, "fed_insert", "AFTER INSERT", "true")
    yield _there(moved, "fed_update", "AFTER UPDATE", _written(moved))
    yield _there(moved, "fed_delete", "AFTER DELETE", _ALONE)


def _over(moved: Moved) -> str:
    """Whether a row there belongs to another row than before."""
    return anyof(f"NEW.{ident(on)} IS DISTINCT FROM OLD.{ident(on)}" for on in moved.on)


def _written(moved: Moved) -> str:
    return f"{_changed(moved.columns_there, moved.columns)} OR {_over(moved)}"


def _changed(names: Sequence[str], columns: Sequence[MovedColumn]) -> str:
    pairs = zip(names, columns, strict=True)
    return anyof(distinct(f"NEW.{ident(name)}", f"OLD.{ident(name)}", column.type) for name, column in pairs)


def _there(moved: Moved, what: str, event: str, when: str, side: str = "new") -> _Trigger:
    return _on(moved, moved.there, "back", what, event, when, side)


def _here(moved: Moved, kind: Kind, what: str, event: str, when: str, side: str) -> _Trigger:
    return _on(moved, moved.here, kind, what, event, when, side)


def _on(moved: Moved, table: str, kind: Kind, what: str, event: str, when: str, side: str) -> _Trigger:
    on, name = qualified(moved.catalog.schema, table), ident(prefixed(f"{_TRIGGER}_{what}_", moved.there))
    make = (
        f"CREATE TRIGGER {name} {event} ON {on} FOR EACH ROW WHEN ({when})"
        f" EXECUTE FUNCTION {_name(moved, kind)}('{side}')"
    )
    always = f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}"
    return _Trigger(table, kind, make, always, f"DROP TRIGGER IF EXISTS {name} ON {on}")
