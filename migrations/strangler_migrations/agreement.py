"""Whether the two forms of every row of a table agree: one query, as the triggers judge a row that has both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from strangler_migrations.catalog.model import Catalog
from strangler_migrations.draft import Pair, grouped
from strangler_migrations.sql.names import SYNCED, ident, qualified
from strangler_migrations.sync import parted

_ROW: Final = "_strangler_row"


class Agreement(msgspec.Struct, frozen=True):
    """`sql` gives one row: rows, those without a second form, those whose forms disagree, the key of one of these."""

    table: str
    sql: str


def agreement(catalog: Catalog, table: str, pairs: Sequence[Pair]) -> Agreement:
    """For the pairs of a table, as it is called before `complete`. What only one version has cannot disagree."""
    both = (parted(group, table, _ROW) for group in grouped(pairs))
    # Neither is the new form what `up` makes of the old one, nor the old one what `down` makes of the new.
    apart = " OR ".join(f"(({each[0]}) AND ({each[1]}))" for each in both if each)
    key = ", ".join(f"{_ROW}.{ident(column)}" for column in catalog.tables[table].key)
    return Agreement(
        table,
        "SELECT count(*), count(*) FILTER (WHERE alone), count(*) FILTER (WHERE apart),"
        " min(place) FILTER (WHERE alone OR apart) FROM ("
        f"SELECT {_ROW}.{SYNCED} IS NOT TRUE AS alone, ({apart or 'false'}) AS apart, ROW({key})::text AS place"
        f" FROM {qualified(catalog.schema, table)} AS {_ROW}) AS checked",
    )
