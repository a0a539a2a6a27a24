"""A plane's cumulative counts as they were last seen, and what came since."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Counts(msgspec.Struct, frozen=True):
    """See `StreamReport`."""

    dropped: dict[str, int] = {}
    uncaptured: dict[str, int] = {}
    served: dict[str, tuple[int, int, int]] = {}
    refused: dict[str, int] = {}


_DECODER = msgspec.msgpack.Decoder(Counts)


def stored_counts(stored: bytes) -> Counts:
    """From storage."""
    return _DECODER.decode(stored)


def encoded(counts: Counts) -> bytes:
    """As stored."""
    return msgspec.msgpack.encode(counts, order="sorted")


def risen(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """By how much each count rose; a late report, whose counts are smaller, adds nothing."""
    return {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}


def highest(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """The larger of both, count by count."""
    return {name: max(before.get(name, 0), after.get(name, 0)) for name in {*before, *after}}
