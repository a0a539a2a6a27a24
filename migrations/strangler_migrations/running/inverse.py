"""Whether `down` gives back what `up` took, on a sample of the rows, before anything changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import psycopg

from strangler.errors import Refused
from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair
from strangler_migrations.plan import Plan
from strangler_migrations.running.session import Session
from strangler_migrations.sql.names import ident, qualified
from strangler_migrations.sync import distinct

_SAMPLE: Final = 1_000


def round_trip(session: Session, plan: Plan, pairs: Sequence[Pair], *, allow_loss: bool) -> Iterator[str]:
    """Old → new → old on a sample of rows, of columns that hold one thing together. Raises Refused.

    What a constraint makes `up` mend need not come back.
    """
    olds, news = _sides(pairs)
    if not olds or not news or any(pair.mends for pair in pairs):
        return
    name = f"{pairs[0].table}.{olds[0].name}"
    try:
        with session.connection.transaction():
            found = session.connection.execute(_sampled(plan.catalog, olds, news).encode()).fetchone()
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error)
        raise Refused(
            f"`{name}` does not survive up and down: {said}",
            where=pairs[0].where,
            remedy="some value that is there cannot be converted: let `up` say what becomes of it",
        ) from None
    seen, lost, example, void, without = found or (0, 0, "", 0, "")
    if void:
        raise Refused(
            f"`up` gives NULL where there must be a value, in {void:,} of {seen:,} sampled rows of `{pairs[0].table}`:"
            f" {without}",
            where=pairs[0].where,
            remedy="let `up` say a value, such as COALESCE(…), or `nullable: true`",
        )
    if not lost:
        return
    what = f"{lost:,} of {seen:,} sampled values of `{name}` do not come back, such as {example}"
    if not allow_loss:
        raise Refused(
            f"`down` does not invert `up`: {what}",
            where=pairs[0].where,
            remedy="mend them, or say --allow-loss: then rows that the new version writes change in the old form",
        )
    yield f"`down` loses information, and a rollback would not restore it: {what}"


def unsteady(session: Session, plan: Plan, pairs: Sequence[Pair]) -> Iterator[str]:
    """An `up` that mends, or a `down`, that gives another value each time: no comparison of both forms proves it."""
    olds, news = _sides(pairs)
    if not olds or not news:
        return
    with suppress(psycopg.Error), session.connection.transaction():
        row = session.connection.execute(_twice(plan.catalog, olds, news).encode()).fetchone()
        for way, each in zip(("up", "down"), row or (), strict=False):
            if each and (way == "down" or any(pair.mends for pair in pairs)):
                yield (
                    f"`{way}` of `{olds[0].table}.{olds[0].name}` gives another value each time: nothing can prove that"
                    " both forms agree, so `verify` will call them different, and `complete` will want --force"
                )


def _sides(pairs: Sequence[Pair]) -> tuple[list[Pair], list[Pair]]:
    """Those with an old form that comes back, and those with a new one that is made."""
    olds = [pair for pair in pairs if pair.old is not None and pair.down is not None]
    return olds, [pair for pair in pairs if pair.new is not None and pair.up is not None]


def _twice(catalog: Catalog, olds: Sequence[Pair], news: Sequence[Pair]) -> str:
    """Whether a second answer of `up`, and of `down`, is another one, in any of some rows."""
    ups = ", ".join(f"{up} AS n{n}, {up} AS m{n}" for n, up in enumerate(_up(catalog, pair) for pair in news))
    back = (_down(catalog, pair, news) for pair in olds)
    downs = ", ".join(f"{down} AS d{n}, {down} AS e{n}" for n, down in enumerate(back))
    ups_differ = " OR ".join(distinct(f"n{n}", f"m{n}", pair.new_type) for n, pair in enumerate(news))
    downs_differ = " OR ".join(distinct(f"d{n}", f"e{n}", pair.old_type) for n, pair in enumerate(olds))
    return (
        f"SELECT bool_or({ups_differ}), bool_or({downs_differ}) FROM (SELECT u.*, {downs} FROM ("
        f"SELECT r.*, {ups} FROM {qualified(catalog.schema, olds[0].table)} AS r LIMIT 20) AS u) AS d"
    )


def _sampled(catalog: Catalog, olds: Sequence[Pair], news: Sequence[Pair]) -> str:
    """How many of a sample, how many lost, one of them; how many without a value that must have one, one of them.

    `down` is asked twice: a random one says nothing.
    """
    ups = ", ".join(f"{_up(catalog, pair)} AS n{number}" for number, pair in enumerate(news))
    downs = ", ".join(
        f"u.{ident(pair.old or '')} AS was{number}, {down} AS d{number}, {down} AS e{number}"
        for number, pair in enumerate(olds)
        for down in [_down(catalog, pair, news)]
    )
    lost = " OR ".join(
        f"{distinct(f'was{n}', f'd{n}', pair.old_type)} AND d{n}::text IS NOT DISTINCT FROM e{n}::text"
        for n, pair in enumerate(olds)
    )
    void = " OR ".join(f"n{n} IS NULL" for n, pair in enumerate(news) if pair.required) or "false"
    was, new, back = (
        " || ', ' || ".join(f"COALESCE({name}{n}::text, 'NULL')" for n in range(count))
        for name, count in (("was", len(olds)), ("n", len(news)), ("d", len(olds)))
    )
    return (
        "SELECT count(*), count(*) FILTER (WHERE lost), min(shown) FILTER (WHERE lost),"
        " count(*) FILTER (WHERE void), min(was) FILTER (WHERE void) FROM ("
        f" SELECT {was} AS was, {was} || ' → ' || {new} || ' → ' || {back} AS shown, {lost} AS lost, {void} AS void"
        f" FROM (SELECT u.*, {downs} FROM (SELECT r.*, {ups} FROM {qualified(catalog.schema, olds[0].table)} AS r"
        f" LIMIT {_SAMPLE}) AS u) AS d) AS s"
    )


def _up(catalog: Catalog, pair: Pair) -> str:
    known = catalog.tables[pair.table].columns
    row = ", ".join(f"r.{ident(c)} AS {ident(name)}" for name, c in pair.up_row.items() if c in known)
    return f"(SELECT CAST(({pair.up}) AS {pair.new_type}) FROM (SELECT {row}) AS {ident(pair.table)})"


def _down(catalog: Catalog, pair: Pair, news: Sequence[Pair]) -> str:
    known = catalog.tables[pair.table].columns
    made = {new.name: f"u.n{number}" for number, new in enumerate(news)}
    row = ", ".join(
        f"{made.get(name, f'u.{ident(c)}')} AS {ident(name)}"
        for name, c in pair.down_row.items()
        if name in made or c in known
    )
    return f"(SELECT CAST(({pair.down}) AS {pair.old_type}) FROM (SELECT {row}) AS {ident(pair.table)})"
