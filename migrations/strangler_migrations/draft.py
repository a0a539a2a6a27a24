"""What a migration has come to after some of its operations: pure values that operations hand on.

While a migration is under way the tables have the columns of both versions; each version sees its own through views.
`Shown` says what the new version shows of a table, `Pair` what has to be kept in step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from strangler.errors import UsageError
from strangler_migrations.catalog.model import Catalog, Column, Table
from strangler_migrations.checks import Check
from strangler_migrations.filling import Filling
from strangler_migrations.sql.names import is_ours
from strangler_migrations.statement import Phase, Statement


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as the new version shows it: the names there → the columns that hold them now.

    `defaults`: those that the view itself has to have, because the column must have none while both versions write.
    """

    table: str
    columns: Mapping[str, str]
    defaults: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Pair:
    """What has to be kept in step in every row of a table.

    `old` and `new` are columns; an added one has no `old`, a dropped one no `new`. `up` gives the new form from
    `up_row`, `down` the old one from `down_row` (name in the expression → column). `kept`: what the old column is
    called after `complete`. `mends`: what `up` makes need not come back by `down`: it mends values for a constraint, or
    what is lost is said by other means. `group`: columns that are several here and one there. `required`: `up` gives a
    value always. `varies`: the old column's default gives another value each time. `kept_down`, `kept_type`: its value
    and type after `complete`, where they are others; `final_type`: the new column's then.
    """

    table: str
    name: str
    old: str | None
    new: str | None
    old_type: str = ""
    new_type: str = ""
    old_default: str | None = None
    up: str | None = None
    down: str | None = None
    up_row: Mapping[str, str] = field(default_factory=dict[str, str])
    down_row: Mapping[str, str] = field(default_factory=dict[str, str])
    kept: str | None = None
    mends: bool = False
    where: str = ""
    group: str = ""
    required: bool = False
    varies: bool = False
    kept_down: str | None = None
    kept_type: str | None = None
    final_type: str | None = None


def grouped(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Pairs that hold one thing together: those of a group, and each that has none."""
    found = dict[tuple[str, str, int], list[Pair]]()
    for number, pair in enumerate(pairs):
        found.setdefault((pair.table, pair.group, 0 if pair.group else number), []).append(pair)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Draft:
    """`catalog`: as it will be after `start`; `shown`: by the new version's names; `where`: of the operation at work.

    `finals`: what each table (as called now) will be called in the end; empty on the first pass over the operations.
    """

    catalog: Catalog
    shown: Mapping[str, Shown]
    where: str = ""
    finals: Mapping[str, str] = field(default_factory=dict[str, str])
    made: frozenset[str] = frozenset()
    """Tables that this migration makes: nobody uses them yet."""
    paired: frozenset[tuple[str, str]] = frozenset()
    """Columns that have a second form already."""
    made_types: frozenset[str] = frozenset()
    """Types that this migration makes, as SQL names them."""
    before: Catalog | None = None
    """As it is before `start`."""
    versions: tuple[str, str | None] = ("", None)
    """The schemas of the new version and of the old one."""

    def visible(self, name: str) -> Shown:
        """What the version shows under a table's name. Raises UsageError when there is no such table."""
        if name not in self.shown:
            raise self.wrong(f"there is no table `{name}`", _close(name, self.shown))
        return self.shown[name]

    def table(self, name: str) -> Table:
        """The table that is shown under a name."""
        return self.catalog.tables[self.visible(name).table]

    def column(self, table: str, name: str) -> Column:
        """The column that is shown under a name. Raises UsageError when there is none."""
        shown = self.visible(table)
        if name not in shown.columns:
            raise self.wrong(f"`{table}` has no column `{name}`", _close(name, shown.columns))
        return self.table(table).columns[shown.columns[name]]

    def is_there(self, table: str, columns: Iterable[str]) -> bool:
        """Whether columns of a table are there before `start`, and not only after it."""
        known = self.before.tables if self.before else {}
        return table in known and known[table].columns.keys() >= set(columns)

    def final(self, physical: str) -> str:
        """What a table will be called after `complete`."""
        return self.finals.get(physical, physical)

    def showing(self, name: str, shown: Shown) -> Draft:
        """The same, a table shown differently."""
        return replace(self, shown={**self.shown, name: shown})

    def hiding(self, name: str) -> Draft:
        """The same without a table."""
        return replace(self, shown={key: value for key, value in self.shown.items() if key != name})

    def wrong(self, what: str, remedy: str | None = None) -> UsageError:
        """What the operation at work cannot do."""
        return UsageError(what, where=self.where or None, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Change:
    """What one operation does: its statements by phase, the draft after it, what is to be kept in step, and what the
    rows have to answer.
    """

    phases: Mapping[Phase, tuple[Statement, ...]]
    draft: Draft
    pairs: tuple[Pair, ...] = ()
    warnings: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    fillings: tuple[Filling, ...] = ()


def begun(catalog: Catalog) -> Draft:
    """The draft before the first operation: every table as it is. What strangler made beside it is not shown."""
    shown = {
        table.name: Shown(table.name, {name: name for name in table.columns if not is_ours(name)})
        for table in catalog.tables.values()
        if not is_ours(table.name)
    }
    return Draft(catalog, shown, before=catalog)


def _close(name: str, known: Mapping[str, object]) -> str | None:
    from strangler.config.problems import did_you_mean

    return did_you_mean(name, known)
