"""What a report is made of: the board, the worst divergences, the evidence, of one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from strangler.ledger import listing, looking
from strangler.ledger.exemplars import exemplars
from strangler.ledger.filters import Filter
from strangler.views.divergence import divergence_view, sentence
from strangler.views.words import iso
from strangler_dashboard.models.board import BoardView, Taken, board_view, take
from strangler_dashboard.models.divergences import Listed
from strangler_dashboard.models.evidence import EvidenceView, evidence_view
from strangler_dashboard.models.example import BlockView, DocumentsView, documents

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded
    from strangler.views.status import OverrideView

MOST: Final = 1_000
EXAMPLES: Final = 25
"""So many of the worst are shown side by side."""
_PAGE: Final = 500
_LINES: Final = 60


class Report(msgspec.Struct, frozen=True):
    """All of it. `matching`: state to severity to count, of all divergences, listed here or not."""

    made_at: str | None
    file: str
    board: BoardView
    evidence: tuple[EvidenceView, ...]
    matching: dict[str, dict[str, int]]
    divergences: tuple[Listed, ...]
    examples: dict[str, DocumentsView]

    @property
    def total(self) -> int:
        """Divergences there are."""
        return sum(sum(severities.values()) for severities in self.matching.values())


def gathered(
    connection: Connection, loaded: Loaded, override: OverrideView | None, now_ns: int, chosen: Filter
) -> Report:
    """Read it, in one consistent view. `chosen`: which divergences; a cutover in it narrows everything to that one."""
    taken: Taken = take(connection, loaded, now_ns, only=chosen.cutover or None)
    found = _worst(connection, chosen)
    return Report(
        made_at=iso(now_ns),
        file=loaded.file.name,
        board=board_view(taken, override),
        evidence=tuple(
            evidence_view(taken, entry.state.name)
            for entry in taken.standing.cutovers
            if entry.evidence.epoch
        ),
        matching=looking.tally(connection, chosen),
        divergences=found,
        examples=_examples(connection, found),
    )


def _worst(connection: Connection, chosen: Filter) -> tuple[Listed, ...]:
    out: list[Listed] = []
    after = None
    while len(out) < MOST:
        page = listing.listed(connection, chosen, after, min(_PAGE, MOST - len(out)))
        out += [Listed(sentence(each), divergence_view(each)) for each in page.found]
        after = page.following
        if after is None:
            break
    return tuple(out)


def _examples(connection: Connection, found: tuple[Listed, ...]) -> dict[str, DocumentsView]:
    out: dict[str, DocumentsView] = {}
    for each in found:
        if len(out) == EXAMPLES:
            break
        kept = exemplars(connection, each.divergence.id)
        if kept:
            out[each.divergence.id] = _shortened(documents(kept[0], each.divergence.location))
    return out


def _shortened(laid_out: DocumentsView) -> DocumentsView:
    """What differs with some lines around it, and no more than so many: the report's size is bounded."""
    blocks, left = list[BlockView](), _LINES
    for block in laid_out.blocks:
        lines = () if block.folded else block.lines[:left]
        left -= len(lines)
        if lines or block.folded:
            blocks.append(BlockView(block.folded, lines))
    return msgspec.structs.replace(laid_out, blocks=tuple(blocks))
