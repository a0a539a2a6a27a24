"""Another opaque id for, perhaps, the same thing: what an `identity` rule is for."""

from __future__ import annotations

import re
from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node

_NAME: Final = re.compile(
    r"(?:^|.*[_\-.:@])(?:id|ids|uuid|guid|uid|key)|.*[a-z](?:Id|Ids|Uuid|ID)|.*Identifier", re.ASCII
)
_SHORTEST: Final = 10
_SHAPE: Final = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"  # a UUID
    r"|[a-z]{2,6}_[A-Za-z0-9]{8,}"  # a prefix and a random part
    r"|[0-9a-f]{16,64}",
    re.ASCII,
)


def explain(site: Site) -> str | None:
    """Fits two values shaped like opaque ids (UUID, `in_1Gx…`, long hex), or two ids by their name."""
    if site.kind not in {"changed", "type"}:
        return None
    if _shaped(site.left) and _shaped(site.right):
        return "another opaque id"
    if _plain(site.left) and _plain(site.right) and named_like_an_id(site.name):
        return "another id"
    return None


def named_like_an_id(name: str) -> bool:
    """`id`, `customerId`, `invoice_uuid`."""
    return _NAME.fullmatch(name) is not None


def _shaped(value: Node) -> bool:
    return isinstance(value, str) and len(value) >= _SHORTEST and _SHAPE.fullmatch(value) is not None


def _plain(value: Node) -> bool:
    return type(value) is str or type(value) is int


CAUSE = KnownCause(
    code="id",
    about=frozenset({"number", "text", "type", "value"}),
    explain=explain,
    good=(
        Example({"id": 17}, {"id": "c0ffee00-0000-4000-8000-000000000017"}),
        Example({"invoice": "in_1GqIC8HYgolSBA35"}, {"invoice": "in_1MowQVLkdIwHu7ix"}),
        Example({"customerId": 4}, {"customerId": 5}),
    ),
    bad=(Example({"paid": "yes"}, {"paid": "no"}), Example({"valid": 1}, {"valid": 2})),
)
