"""Whether what a path names can lie at, or under, what another one names; told from the paths alone."""

from __future__ import annotations

from strangler.comparison.paths import ANY, Pattern, Query, Segment, widened


def lies_under(path: Pattern | Query, place: Pattern | Query) -> bool:
    """Whether some document has something that `path` names at a place that `place` names, or below it."""
    return _under(widened(path), widened(place), whole=False)


def meets(path: Pattern | Query, place: Pattern | Query) -> bool:
    """Whether some document has one thing that both name."""
    return _under(widened(path), widened(place), whole=True)


def _under(path: Pattern, place: Pattern, *, whole: bool) -> bool:
    if not place:
        return not path or not whole
    if not path:
        return False
    first, other = path[0], place[0]
    return (
        (_share(first, other) and _under(path[1:], place[1:], whole=whole))
        or (first.descend and _under(path, place[1:], whole=whole))
        or (other.descend and _under(path[1:], place, whole=whole))
    )


def _share(one: Segment, other: Segment) -> bool:
    if ANY in one.choices or ANY in other.choices:
        return True
    return not set(one.choices).isdisjoint(other.choices)
