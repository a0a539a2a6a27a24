"""Whether the two forms of every row of a table agree: one query, as the triggers judge a row that has both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import msgspec

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair, grouped
from strangler_migrations.grace import Final
from strangler_migrations.sql.names import SYNCED, ident, qualified
from strangler_migrations.sync import parted

_ROW = "_strangler_row"
_PLACE = "_strangler_place"


class Agreement(msgspec.Struct, frozen=True, omit_defaults=True):
    """`sql` gives one row: rows, those without a second form, those whose forms disagree, the key of one of these.
    `contracted`: of the form that is kept after `complete`; else of both before it.
    """

    table: str
    sql: str
    contracted: bool = False


def agreement(catalog: Catalog, table: str, pairs: Sequence[Pair]) -> Agreement:
    """For the pairs of a table, as it is called before `complete`. What only one version has cannot disagree."""
    key = ", ".join(f"{_ROW}.{ident(column)}" for column in catalog.tables[table].key)
    apart = _apart(pairs, table) or "false"
    # Where no new form is filled, no row has to have been seen.
    alone = f"{_ROW}.{SYNCED} IS NOT TRUE" if any(pair.new and pair.up for pair in pairs) else "false"
    return Agreement(
        table,
        "SELECT count(*), count(*) FILTER (WHERE alone), count(*) FILTER (WHERE apart),"
        " min(place) FILTER (WHERE alone OR apart) FROM ("
        f"SELECT {alone} AS alone, ({apart}) AS apart, ROW({key})::text AS place"
        f" FROM {qualified(catalog.schema, table)} AS {_ROW}) AS checked",
    )


def kept_agreement(catalog: Catalog, table: str, final: Final, pairs: Sequence[Pair]) -> Iterator[Agreement]:
    """The same in the grace time, of the old columns that are fed: what a rollback would give back. Each row is read
    under its names of before.
    """
    names = {**final.columns, **{pair.old: pair.kept for pair in pairs if pair.old and pair.kept}}
    if not (apart := _apart([_fed(pair, final, names) for pair in pairs], table)):
        return
    widened = {p.old: final.columns[p.new] for p in pairs if p.old and p.new and p.new in final.columns}
    called = {**final.columns, **widened}
    key = ", ".join(f"r.{ident(called[column])}" for column in catalog.tables[table].key)
    read = ", ".join(f"r.{ident(now)} AS {ident(before)}" for before, now in names.items())
    yield Agreement(
        final.table,
        "SELECT count(*), 0, count(*) FILTER (WHERE apart), min(place) FILTER (WHERE apart) FROM ("
        f"SELECT ({apart}) AS apart, {_PLACE} AS place FROM"
        f" (SELECT {read}, ROW({key})::text AS {_PLACE} FROM {qualified(catalog.schema, final.table)} AS r)"
        f" AS {_ROW}) AS checked",
        contracted=True,
    )


def _apart(pairs: Sequence[Pair], table: str) -> str:
    """Neither is the new form what `up` makes of the old one, nor the old one what `down` makes of the new."""
    both = (parted(group, table, _ROW) for group in grouped(pairs))
    return " OR ".join(f"(({each[0]}) AND ({each[1]}))" for each in both if each)


def _fed(pair: Pair, final: Final, names: Mapping[str, str]) -> Pair:
    """As it is fed after `complete`, if it is, reading what is there then."""
    return replace(
        pair,
        old=pair.old if pair.kept else None,
        down=pair.kept_down or pair.down,
        old_type=pair.kept_type or pair.old_type,
        new_type=pair.final_type or pair.new_type,
        down_row={name: column for name, column in pair.down_row.items() if column in final.columns},
        up_row={name: column for name, column in pair.up_row.items() if column in names},
    )
