"""How much was compared under each rule of the file, and how much it let pass: in the present epoch, and ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, func, select

from strangler.comparison.rules import CompiledRule, Rules
from strangler.config.load import Loaded
from strangler.config.rules import Rule
from strangler.ledger import tables
from strangler.ledger.epochs import current

IDLE_AFTER: Final = 1_000
"""Comparisons in which a rule has let nothing pass before that is worth a word: with so many, something that it is
needed for once in 300 would have shown itself, at 95 %.
"""


@dataclass(frozen=True, slots=True)
class Use:
    """Of one route: exchanges compared under a rule, and differences that it let pass."""

    compared: int = 0
    silenced: int = 0


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule of the file. `route`: empty for one that holds for every route. `written`: as the file has it.

    `now` (the present epoch) and `ever` (all epochs) are per route that it holds for and that is in a cutover;
    `last_ns`: when it last let something pass, Unix nanoseconds, 0 for never. Rules that say the same share counts:
    the ledger knows a rule by what it means.
    """

    rule: CompiledRule
    route: str
    written: Mapping[str, Any]
    now: Mapping[str, Use]
    ever: Mapping[str, Use]
    last_ns: int

    @property
    def compared(self) -> int:
        """In the present epochs of all routes that it holds for."""
        return sum(use.compared for use in self.now.values())

    @property
    def idle(self) -> bool:
        """Whether it let nothing pass in the present epochs, after enough comparisons. `only` is not: it narrows."""
        return (
            self.rule.kind != "only"
            and self.compared >= IDLE_AFTER
            and not any(use.silenced for use in self.now.values())
        )


def rule_uses(connection: Connection, loaded: Loaded) -> list[RuleUse]:
    """Every rule of the file, in the order of the file: those for every route, then route by route."""
    counts = _Counts(connection, loaded)
    return [counts.of(*each) for each in _rules(loaded)]


def _rules(loaded: Loaded) -> Iterator[tuple[CompiledRule, Rule, str]]:
    file = str(loaded.file)
    general = loaded.config.rules
    lines = [loaded.line_of("rules", index) for index in range(len(general))]
    for compiled, rule in zip(Rules.of(general, lines, file=file).compiled, general, strict=True):
        yield compiled, rule, ""
    for name, route in loaded.config.routes.items():
        lines = [loaded.line_of("routes", name, "rules", index) for index in range(len(route.rules))]
        for compiled, rule in zip(Rules.of(route.rules, lines, file=file).compiled, route.rules, strict=True):
            yield compiled, rule, name


class _Counts:
    """What the ledger has counted, per route: in the present epoch of its cutover, and in all of them."""

    def __init__(self, connection: Connection, loaded: Loaded) -> None:
        self._compared: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        self._silenced: dict[bool, Counter[tuple[str, str]]] = {True: Counter(), False: Counter()}
        self._last: dict[tuple[str, str], int] = {}
        self._routes: list[str] = []
        for cutover, plan in loaded.config.cutovers.items():
            self._routes += plan.routes
            epoch = current(connection, loaded.config, cutover)
            present = epoch.id if epoch else 0
            self._take(connection, cutover, present)

    def _take(self, connection: Connection, cutover: str, present: int) -> None:
        for epoch, route, count in compared(connection, cutover):
            self._compared[False][route] += count
            self._compared[True][route] += count * (epoch == present)
        hits, epochs = tables.rule_hits, tables.epochs
        rows = connection.execute(select(hits).join(epochs).where(epochs.c.cutover == cutover))
        for epoch, route, rule, count, last_ns in rows:
            self._silenced[False][route, rule] += count
            self._silenced[True][route, rule] += count * (epoch == present)
            self._last[route, rule] = max(last_ns, self._last.get((route, rule), 0))

    def of(self, compiled: CompiledRule, rule: Rule, route: str) -> RuleUse:
        """One rule's."""
        where = [name for name in self._routes if route in {"", name}]
        digest = compiled.digest
        now, ever = (
            {name: Use(self._compared[when][name], self._silenced[when][name, digest]) for name in where}
            for when in (True, False)
        )
        written = rule.model_dump(mode="json", by_alias=True, exclude_unset=True)
        last_ns = max((self._last.get((name, digest), 0) for name in where), default=0)
        return RuleUse(compiled, route, written, now, ever, last_ns)


def compared(connection: Connection, cutover: str) -> Iterator[tuple[int, str, int]]:
    """Epoch, route, and how many exchanges were compared; where the candidate gave no answer nothing was."""
    cells, epochs = tables.evidence, tables.epochs
    rows = connection.execute(
        select(
            cells.c.epoch, cells.c.route, func.sum(cells.c.n + cells.c.duplicates - cells.c.candidate_failed)
        )
        .join(epochs)
        .where(epochs.c.cutover == cutover)
        .group_by(cells.c.epoch, cells.c.route)
    )
    for epoch, route, count in rows:
        yield epoch, route, int(count)
