"""Names of a table's columns, so that no cell takes another's place and no heading is lost."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from strangler.comparison.model import Anomaly, Path

_LISTED: Final = 20


def distinct(headings: Sequence[str], path: Path, anomalies: list[Anomaly]) -> list[str]:
    """Headings as names, each once: `net` that stands again is `net#2`, or the next number that no column has."""
    seen: dict[str, int] = {}
    taken = set(headings)
    names: list[str] = []
    for name in headings:
        count = seen[name] = seen.get(name, 0) + 1
        if count == 1:
            names.append(name)
            continue
        anomalies.append(Anomaly("repeated-column", path, f"column {name!r} stands {count} times"))
        while (other := f"{name}#{count}") in taken:
            count = seen[name] = count + 1
        taken.add(other)
        names.append(other)
    return names


def beyond(column: int, taken: AbstractSet[str]) -> str:
    """The name of a column (from 0) that has no heading: `#4`, with more of `#` where a heading says that."""
    name = f"#{column + 1}"
    while name in taken:
        name += "#"
    return name


def no_cells(path: Path, names: Sequence[str]) -> Anomaly:
    """Headings over nothing: a tree of rows does not show them."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return Anomaly("no-cells", path, f"no cell stands under {', '.join(map(repr, names[:_LISTED]))}{more}")
