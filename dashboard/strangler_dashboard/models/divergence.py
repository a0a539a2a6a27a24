"""One divergence: what it is, when and where it was seen, whole examples, the rule that would let it pass."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from sqlalchemy import select

from strangler.config.editing import with_rules
from strangler.errors import StranglerError, UsageError
from strangler.ledger import divergences as stored
from strangler.ledger import tables
from strangler.ledger.trend import seen_by_stratum, seen_over_time
from strangler.views.acceptance import rules_for
from strangler.views.divergence import (
    DivergenceView,
    ExemplarView,
    cause,
    divergence_view,
    exemplar_view,
    sentence,
)
from strangler.views.standing import command
from strangler.views.words import iso
from strangler_dashboard.errors import NotFound
from strangler_dashboard.models.example import DocumentsView, curl, documents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.ledger.divergences import Divergence, Shown

BINS: Final = 60
_REASON: Final = "why it may differ"


class VersionView(msgspec.Struct, frozen=True):
    """A version of the candidate in the cutover, the first deployed first. `seen`: how often the divergence was."""

    version: str
    since: str | None
    last_at: str | None
    seen: int


class SeenView(msgspec.Struct, frozen=True):
    """How often it was seen in a bin, with which version."""

    at: str | None
    version: str
    count: int


class TimelineView(msgspec.Struct, frozen=True):
    """Bins of `minutes` minutes, `bins` of them, from `since` on; those in which it was not seen are left out."""

    minutes: int
    bins: int
    since: str | None
    seen: tuple[SeenView, ...]


class StratumView(msgspec.Struct, frozen=True):
    """Where it was seen; an empty text: nothing is told apart."""

    stratum: str
    count: int


class AcceptView(msgspec.Struct, frozen=True):
    """The rule that would let it pass, as a patch of strangler.yaml. `unfit`: why no rule can."""

    command: str
    patch: str
    unfit: str


class ExampleView(msgspec.Struct, frozen=True):
    """One exemplar laid out; `number` of `of`, from 1."""

    number: int
    of: int
    documents: DocumentsView
    curl: str
    exchange: ExemplarView


class DivergenceDetail(msgspec.Struct, frozen=True):
    """All of it. `example`: None where none was kept, or whoever asks may not see bodies (`withheld`)."""

    sentence: str
    cause: str
    divergence: DivergenceView
    timeline: TimelineView | None
    versions: tuple[VersionView, ...]
    strata: tuple[StratumView, ...]
    example: ExampleView | None
    withheld: bool
    accept: AcceptView


def divergence_detail(
    connection: Connection, loaded: Loaded, prefix: str, text: str, *, number: int = 1, bodies: bool = True
) -> DivergenceDetail:
    """`text`: of strangler.yaml as it is, for the patch; `number`: of the example, from 1. Raises NotFound."""
    try:
        shown = stored.show(connection, prefix)
    except UsageError as error:
        raise NotFound(error.what, remedy=error.remedy) from None
    found = shown.divergence
    return DivergenceDetail(
        sentence=sentence(found),
        cause=cause(found),
        divergence=divergence_view(found),
        timeline=_timeline(connection, found.id),
        versions=_versions(connection, found),
        strata=tuple(StratumView(*each) for each in seen_by_stratum(connection, found.id)),
        example=_example(shown, number) if bodies else None,
        withheld=not bodies and bool(shown.exemplars),
        accept=_accept(loaded, found, text),
    )


def _timeline(connection: Connection, divergence: str) -> TimelineView | None:
    found = seen_over_time(connection, divergence, BINS)
    if found is None:
        return None
    span, seen = found
    bins = tuple(SeenView(iso(each.at_ns), each.version or "unknown", each.count) for each in seen)
    return TimelineView(span.width, span.bins, iso(span.starts()[0]), bins)


def _versions(connection: Connection, found: Divergence) -> tuple[VersionView, ...]:
    epochs, seen = tables.epochs, tables.divergence_epochs
    counted = select(seen.c.epoch, seen.c.count).where(seen.c.divergence == found.id)
    counts = {row.epoch: row[1] for row in connection.execute(counted)}
    statement = select(epochs).where(epochs.c.cutover == found.cutover).order_by(epochs.c.created_ns)
    sums: dict[str, tuple[int, int, int]] = {}
    for row in connection.execute(statement).mappings():
        since, last, count = sums.get(row["version"], (row["created_ns"], 0, 0))
        sums[row["version"]] = (since, max(last, row["last_ns"]), count + counts.get(row["id"], 0))
    return tuple(
        VersionView(version or "unknown", iso(since), iso(last), count)
        for version, (since, last, count) in sums.items()
    )


def _example(shown: Shown, number: int) -> ExampleView | None:
    if not shown.exemplars:
        return None
    number = max(1, min(number, len(shown.exemplars)))
    chosen = shown.exemplars[number - 1]
    laid_out = documents(chosen, shown.divergence.location)
    return ExampleView(number, len(shown.exemplars), laid_out, curl(chosen), exemplar_view(chosen))


def _accept(loaded: Loaded, found: Divergence, text: str) -> AcceptView:
    typed = command(loaded, "divergences", "accept", found.id, "--reason", _REASON)
    try:
        rules = rules_for(found, None, (), reason=_REASON, owner=None, expires=None)
        patch = _patch(text, loaded.file, found.route, msgspec.json.encode(rules))
    except StranglerError as error:
        return AcceptView("", "", error.what)
    except KeyError:
        return AcceptView("", "", f"strangler.yaml has no route `{found.route}` any more")
    return AcceptView(typed, patch, "")


@lru_cache(maxsize=256)
def _patch(text: str, file: Path, route: str, rules: bytes) -> str:
    """Kept: the file is parsed and checked twice for it, and a page that is open asks again and again."""
    decoded: list[dict[str, Any]] = msgspec.json.decode(rules)
    return with_rules(text, file, [(rule, route) for rule in decoded]).patch
