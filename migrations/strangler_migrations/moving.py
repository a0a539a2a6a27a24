"""The triggers that keep columns of one table and the same columns of another in step, until they have moved.

Each direction writes only what differs, so a write comes back once and ends. It reads the row as it is by now, not as
the event has it: a statement may write both tables, and a trigger of the user's the same row once more. Whoever writes
both rows of a pair in two sessions at once may be the victim of a deadlock, as with any two rows. A row of the other
table that comes takes what is here; one that the new version deletes takes it away.

Functions run as their owner: a writer of one table need not have rights on the other. So nobody else may execute them,
or whoever makes a trigger of his own could write both tables through them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from strangler_migrations import marks
from strangler_migrations.moved import Moved, MovedColumn, anyof
from strangler_migrations.sql.names import ident, prefixed, qualified
from strangler_migrations.statement import Lock, Statement, changes
from strangler_migrations.sync import EARLY, TRIGGER, by_path, distinct, function, function_name, owned

type Kind = Literal["out", "back", "fill"]
"""From here to there; from there to here; what inserts of the new version leave out."""

_TRIGGER: Final = f"{TRIGGER}_move"
_GIVING: Final = "strangler.giving_back"
"""On while what came from there is written here: by the search_path that is the old version, and it is no client."""
_EARLY: Final = f"{EARLY}_move"
"""Sorts before PostgreSQL's own triggers of foreign keys: a row there has to be gone when they look."""


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
        yield owned(_name(moved, kind), moved.unit)
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
    now = {"back": _back_fed(final), "fill": _fill(final)}
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
    yield "back", _back(moved)
    if moved.filled:
        yield "fill", _fill(moved)


def _name(moved: Moved, kind: Kind) -> str:
    return function_name(moved.catalog, f"{moved.here}_{moved.there}", f"move_{kind}")


def _function(moved: Moved, kind: Kind, body: str) -> str:
    text = f"#variable_conflict use_column\n{body}"
    also = f"{_GIVING} = on" if kind == "back" else ""
    return function(moved.catalog, _name(moved, kind), text, as_owner=True, also=also)


def _out(moved: Moved) -> str:
    """A row here was written, or has gone."""
    sets = ", ".join(f"{ident(c.there)} = _here.{ident(c.here)}" for c in moved.columns)
    write = (
        f"UPDATE {moved.target} AS _there SET {sets} FROM {moved.source} AS _here"
        f" WHERE {moved.same('_here', 'NEW')} AND {moved.joined('_there', '_here')}"
        f" AND ({moved.apart('_there', '_here')});"
    )
    gone = "NULL;"
    if moved.made:
        read = ", ".join(f"_here.{ident(column)}" for column in (*moved.key, *moved.columns_here))
        rows = (
            f"SELECT {read} FROM {moved.source} AS _here WHERE {moved.same('_here', 'NEW')}"
            f" AND ({moved.said('_here')}) AND NOT EXISTS (SELECT FROM {moved.target} AS _found"
            f" WHERE {moved.joined('_found', '_here')})"
        )
        write += f"\n  {moved.insert(rows)};"
        gone = f"DELETE FROM {moved.target} AS _there WHERE {moved.joined('_there', 'OLD')};"
    return f"""DECLARE
  mark text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    {gone}
    RETURN NULL;
  END IF;
  {write}
  IF TG_ARGV[0] = 'old' AND pg_catalog.current_setting('{_GIVING}', true) IS DISTINCT FROM 'on' THEN
{marks.writer(moved.versions[0])}
  END IF;
  RETURN NULL;
END"""


def _back(moved: Moved) -> str:
    """A row there was written, is about to be, or has gone."""
    over = _over(moved)
    taken = "\n".join(_taken(moved, column, over) for column in moved.columns)
    return f"""BEGIN
  IF TG_WHEN = 'BEFORE' THEN
{taken}
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' THEN
    {_emptied(moved)}
    RETURN NULL;
  END IF;
  IF TG_OP = 'INSERT' THEN
{_said_there(moved)}
    RETURN NULL;
  END IF;
  IF ({over}) AND TG_ARGV[0] = 'new' THEN
    {_emptied(moved)}
  END IF;
  {_given(moved, moved.columns_there)}
  RETURN NULL;
END"""


def _back_fed(moved: Moved) -> str:
    """The same after `complete`, when there is no old version any more."""
    empty = ", ".join(f"{ident(c.here)} = {c.empty}" for c in moved.columns)
    return f"""BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    UPDATE {moved.source} AS _here SET {empty} WHERE {moved.said("_here")};
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    {_emptied(moved)}
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND ({_over(moved)}) THEN
    {_emptied(moved)}
  END IF;
  {_given(moved, moved.columns_there)}
  RETURN NULL;
END"""


def _emptied(moved: Moved) -> str:
    """What is here of a row there that has gone, unless another has come in its place."""
    empty = ", ".join(f"{ident(c.here)} = {c.empty}" for c in moved.columns)
    return (
        f"UPDATE {moved.source} AS _here SET {empty} WHERE {moved.joined('OLD', '_here')} AND ({moved.said('_here')})"
        f" AND NOT EXISTS (SELECT FROM {moved.target} AS _there WHERE {moved.linked('_there', 'OLD')});"
    )


def _given(moved: Moved, values: Sequence[str], *, record: str = "_there") -> str:
    """What is there is here, too. `values`: columns of the row there, or SQL over both rows where `record` is empty."""
    said = [f"{record}.{ident(value)}" if record else value for value in values]
    sets = ", ".join(f"{ident(c.here)} = {value}" for c, value in zip(moved.columns, said, strict=True))
    pairs = zip(moved.columns, said, strict=True)
    apart = anyof(distinct(f"_here.{ident(c.here)}", value, c.type) for c, value in pairs)
    return (
        f"UPDATE {moved.source} AS _here SET {sets} FROM {moved.target} AS _there"
        f" WHERE {moved.linked('_there', 'NEW')} AND {moved.joined('_there', '_here')} AND ({apart});"
    )


def _said_there(moved: Moved) -> str:
    """A row there has come: here goes what it says. NULL says nothing, nor does a default of the old version's."""
    heres, theres = (
        [f"{row}.{ident(name)}" for name in names]
        for row, names in (("_here", moved.columns_here), ("_there", moved.columns_there))
    )
    newer = [f"COALESCE({there}, {here})" for there, here in zip(theres, heres, strict=True)]
    older = [
        f"CASE WHEN {there} IS NOT NULL AND {distinct(there, c.empty, c.type)} THEN {there} ELSE {here} END"
        for c, there, here in zip(moved.columns, theres, heres, strict=True)
    ]
    sets = ", ".join(f"{ident(c.there)} = _here.{ident(c.here)}" for c in moved.columns)
    return f"""    IF TG_ARGV[0] = 'new' THEN
      {_given(moved, newer, record="")}
    ELSE
      {_given(moved, older, record="")}
    END IF;
    UPDATE {moved.target} AS _there SET {sets} FROM {moved.source} AS _here
      WHERE {moved.linked("_there", "NEW")} AND {moved.joined("_there", "_here")}
        AND ({moved.apart("_there", "_here")});"""


def _taken(moved: Moved, column: MovedColumn, over: str) -> str:
    """A row there that comes, or goes over to another one, gets what is here; under a lock: no write is missed.

    Not where there is one already: an upsert that says NULL means it.
    """
    there = f"NEW.{ident(column.there)}"
    changed = distinct(there, f"OLD.{ident(column.there)}", column.type)
    query = (
        f"SELECT _here.{ident(column.here)} INTO {there} FROM {moved.source} AS _here"
        f"\n        WHERE {moved.joined('NEW', '_here')}"
    )
    found = f"EXISTS (SELECT FROM {moved.target} AS _found WHERE {moved.linked('_found', 'NEW')})"
    comes = f"{there} IS NULL" if column.required else f"{there} IS NULL AND NOT {found}"
    # Its row here may come later in the same statement.
    filled = f"\n      {there} := COALESCE({there}, {column.empty});" if column.required else ""
    return f"""    IF TG_OP = 'INSERT' THEN
      IF {comes} THEN
        {query} FOR SHARE;
      END IF;{filled}
    ELSIF TG_ARGV[0] = 'old' AND ({over}) AND NOT ({changed}) THEN
      {query} FOR SHARE;
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
    # A key that changes takes its row there along, with what that holds: nothing to be written.
    changed = _changed(moved.columns_here, moved.columns)
    said = moved.said("NEW")
    for side, path in (("new", newer), ("old", f"NOT ({newer})")):
        yield _here(moved, "out", f"insert_{side}", "AFTER INSERT", f"({said}) AND {path}", side)
        yield _here(moved, "out", f"update_{side}", "AFTER UPDATE", f"({changed}) AND {path}", side)
        over = f"({_over(moved)}) AND {path}"
        yield _there(moved, f"over_{side}", "BEFORE UPDATE", over, side)
        written = f"({_written(moved)}) AND {path}"
        yield _there(moved, f"update_{side}", "AFTER UPDATE", written, side)
        yield _there(moved, f"insert_{side}", "AFTER INSERT", path, side)
    yield _there(moved, "comes", "BEFORE INSERT", "true")
    yield _there(moved, "delete", "AFTER DELETE", newer)
    if moved.made:
        yield _on(moved, _Event(moved.here, "out", "delete", "AFTER DELETE", "true"), early=True)
    if moved.filled:
        empty = anyof(f"NEW.{ident(c.here)} IS NULL" for c in moved.columns if c.without)
        yield _here(moved, "fill", "fill", "BEFORE INSERT", empty, "new")


def _grace(moved: Moved) -> Iterator[_Trigger]:
    """Those of the grace time."""
    yield _there(moved, "fed_insert", "AFTER INSERT", "true")
    yield _there(moved, "fed_update", "AFTER UPDATE", _written(moved))
    yield _there(moved, "fed_delete", "AFTER DELETE", "true")
    yield _there(moved, "fed_truncate", "AFTER TRUNCATE", "")


def _over(moved: Moved) -> str:
    """Whether a row there belongs to another row than before."""
    return anyof(f"NEW.{ident(on)} IS DISTINCT FROM OLD.{ident(on)}" for on in moved.on)


def _written(moved: Moved) -> str:
    return f"{_changed(moved.columns_there, moved.columns)} OR {_over(moved)}"


def _changed(names: Sequence[str], columns: Sequence[MovedColumn]) -> str:
    pairs = zip(names, columns, strict=True)
    return anyof(distinct(f"NEW.{ident(name)}", f"OLD.{ident(name)}", column.type) for name, column in pairs)


@dataclass(frozen=True, slots=True)
class _Event:
    """What a trigger of a table waits for; `when` empty: the whole statement."""

    table: str
    kind: Kind
    what: str
    event: str
    when: str
    side: str = "new"


def _there(moved: Moved, what: str, event: str, when: str, side: str = "new") -> _Trigger:
    return _on(moved, _Event(moved.there, "back", what, event, when, side))


def _here(moved: Moved, kind: Kind, what: str, event: str, when: str, side: str) -> _Trigger:
    return _on(moved, _Event(moved.here, kind, what, event, when, side))


def _on(moved: Moved, each: _Event, *, early: bool = False) -> _Trigger:
    on = qualified(moved.catalog.schema, each.table)
    name = ident(prefixed(f"{_EARLY if early else _TRIGGER}_{each.what}_", moved.there))
    rows = f"FOR EACH ROW WHEN ({each.when})" if each.when else "FOR EACH STATEMENT"
    make = (
        f"CREATE TRIGGER {name} {each.event} ON {on} {rows}"
        f" EXECUTE FUNCTION {_name(moved, each.kind)}('{each.side}')"
    )
    always = f"ALTER TABLE {on} ENABLE ALWAYS TRIGGER {name}"
    return _Trigger(each.table, each.kind, make, always, f"DROP TRIGGER IF EXISTS {name} ON {on}")
