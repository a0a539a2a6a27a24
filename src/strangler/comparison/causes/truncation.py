"""One side ends early: the last items of a list, or the end of a text, are lost."""

from __future__ import annotations

from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node
from strangler.comparison.paths import at

_SHORTEST: Final = 8
"""Characters that must be left of a text: any text begins with an empty one."""


def explain(site: Site) -> str | None:
    """Fits a lone item behind the last of a list that is not empty, a list cut short, a text cut short."""
    if site.kind in {"missing", "extra"} and isinstance(site.path[-1], int):
        return _lost_item(site)
    if site.kind == "changed" and isinstance(site.left, str) and isinstance(site.right, str):
        return _cut_text(site.left, site.right)
    return None


def _lost_item(site: Site) -> str | None:
    left = _list(site.left_root, site.path[:-1])
    right = _list(site.right_root, site.counterpart[:-1])
    longer, shorter = (left, right) if site.kind == "missing" else (right, left)
    position = site.path[-1]
    if longer is None or not shorter or not isinstance(position, int) or len(shorter) >= len(longer):
        return None
    return f"the list ends after {len(shorter)} of {len(longer)} items" if position >= len(shorter) else None


def _list(root: Node, path: tuple[str | int, ...]) -> list[Node] | None:
    try:
        found = at(root, path)
    except KeyError:
        return None
    return found if isinstance(found, list) else None


def _cut_text(left: str, right: str) -> str | None:
    shorter, longer = sorted((left, right), key=len)
    bare = shorter.rstrip("….").rstrip()
    if len(bare) < _SHORTEST or len(bare) >= len(longer.rstrip()) or not longer.startswith(bare):
        return None
    return f"the text ends after {len(bare)} of {len(longer)} characters"


CAUSE = KnownCause(
    code="truncation",
    about=frozenset({"lone", "text"}),
    explain=explain,
    good=(
        Example(
            {"lines": [{"sku": "A"}, {"sku": "B"}, {"sku": "C"}]}, {"lines": [{"sku": "A"}, {"sku": "B"}]}
        ),
        Example({"note": "Thank you for your order"}, {"note": "Thank you for"}),
    ),
    bad=(
        Example(
            {"lines": [{"sku": "A"}, {"sku": "B"}, {"sku": "C"}]}, {"lines": [{"sku": "B"}, {"sku": "C"}]}
        ),
        Example({"lines": [{"sku": "A"}]}, {"lines": []}),
        Example({"note": "paid"}, {"note": "paid late"}),
    ),
)
