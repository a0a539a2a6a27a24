"""Entries of the audit, as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from strangler.ledger.audit import Entry


class EntryView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link. `at_ns`: Unix time in nanoseconds; `before`, `after`: what changed, by the action; `evidence`: hash of
    what it rests on; `via`: how whoever acted was known, where it was not by a command; `prev`: hash of the entry
    before. `strangler audit export` has the text that `hash` is of.
    """

    seq: int
    at_ns: int
    actor: str
    action: str
    subject: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    evidence: str
    prev: str
    hash: str
    via: str = ""


def entry_view(entry: Entry) -> EntryView:
    """One link; of one that is not as it was written, that it is `unreadable`. `strangler audit verify` says more."""
    try:
        return msgspec.convert({**entry.body, "prev": entry.prev, "hash": entry.hash}, EntryView)
    except msgspec.ValidationError:
        return EntryView(entry.seq, 0, "", "unreadable", "", "", None, None, "", entry.prev, entry.hash)
