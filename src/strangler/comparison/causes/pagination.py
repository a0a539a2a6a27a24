"""The same list in other pages: another page size, cursor or link to the next page."""

from __future__ import annotations

from typing import Final

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node, Path
from strangler.comparison.paths import at

_NAMES: Final = """
    page pages pagenumber pagesize perpage pagecount totalpages limit offset cursor
    next nextpage nextcursor nextlink nextpagetoken nextpageurl nexturl hasnext hasnextpage hasmore
    previous prev previouspage previouscursor prevcursor startingafter endingbefore
"""
_MEMBERS: Final = frozenset(_NAMES.split())


def explain(site: Site) -> str | None:
    """Fits a member that speaks of pages, beside a list; and what a list lacks where such a member differs too."""
    lone = site.kind in {"missing", "extra"} and isinstance(site.path[-1], int)
    if lone or site.kind == "length":
        return _other_page(site)
    if _plain(site.name) not in _MEMBERS or site.path[-1] != site.name:
        # In XML everything stands in lists, so a list beside it says nothing.
        return None
    if _lists(site.left_root, site.path) or _lists(site.right_root, site.path):
        return "the list comes in other pages"
    return None


def _other_page(site: Site) -> str | None:
    depth = -1 if site.kind == "length" else -2
    left, right = _map(site.left_root, site.path[:depth]), _map(site.right_root, site.counterpart[:depth])
    if left is None or right is None:
        return None
    for name in left.keys() & right.keys():
        if _plain(name) in _MEMBERS and left[name] != right[name]:
            return f"another page: `{name}` differs too"
    return None


def _lists(root: Node, path: Path) -> bool:
    """Whether a list stands beside the member, or beside what it stands in (`links`, `meta`)."""
    for depth in (-1, -2):
        around = _map(root, path[:depth]) if len(path) >= -depth else None
        if around is not None and any(isinstance(child, list) for child in around.values()):
            return True
    return False


def _map(root: Node, path: Path) -> dict[str, Node] | None:
    try:
        found = at(root, path)
    except KeyError:
        return None
    return found if isinstance(found, dict) else None


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


CAUSE = KnownCause(
    code="pagination",
    about=frozenset({"lone", "list", "number", "text", "value"}),
    explain=explain,
    good=(
        Example(
            {"items": [{"id": 1}, {"id": 2}], "page_size": 2},
            {"items": [{"id": 1}, {"id": 2}], "page_size": 20},
        ),
        Example(
            {"data": [{"id": 1}], "has_more": True},
            {"data": [{"id": 1}, {"id": 2}, {"id": 3}], "has_more": False},
        ),
        Example(
            {"data": [{"id": 1}], "links": {"next": "/invoices?cursor=abc"}},
            {"data": [{"id": 1}], "links": {"next": "/invoices?page=2"}},
        ),
    ),
    bad=(
        Example({"customer": "A", "limit": 500}, {"customer": "A", "limit": 5000}),
        Example(
            {"data": [{"id": 1}, {"id": 2}], "has_more": False}, {"data": [{"id": 1}], "has_more": False}
        ),
    ),
)
