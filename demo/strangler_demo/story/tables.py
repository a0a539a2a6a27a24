"""Divergences on the screen: by defect, or as they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from strangler_demo.candidate.defects import title
from strangler_demo.story.play import Play

_SHOWN: Final = 8
_WIDE: Final = 44
"""Characters of a place, and of a pair of values."""


def show_found(play: Play, claimed: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Each defect with the divergence it shows up as most often."""
    rows: list[tuple[str, ...]] = []
    for name, seen in claimed.items():
        most = max(seen, key=lambda each: int(each["count"]), default=None)
        if most is None:
            rows.append((title(name), "", "", "", "not yet"))
        else:
            rows.append((title(name), str(len(seen)), *_example(most)))
    header = ("what ships in the candidate", "seen as", "one of them", "cause", "legacy → candidate")
    play.screen.table("the defects, as strangler found them", header, rows)


def _example(divergence: Mapping[str, Any]) -> tuple[str, str, str]:
    route, where = str(divergence["route"]), str(divergence["location"]).removeprefix("body ")
    room = _WIDE - len(route) - 1
    place = f"{route} {where if len(where) <= room else '…' + where[1 - room :]}"
    values = f"{divergence['legacy']} → {divergence['candidate']}"
    return place, str(divergence["cause"]), values if len(values) <= _WIDE else f"{values[: _WIDE - 1]}…"


def show(play: Play, seen: Sequence[Mapping[str, Any]]) -> None:
    """The divergences as a table, one example each."""
    rows = [(str(each["count"]), *_example(each)) for each in seen[:_SHOWN]]
    heading = f"{len(seen)} divergences in this epoch" if rows else "no divergences in this epoch"
    play.screen.table(heading, ("seen", "where", "cause", "legacy → candidate"), rows)


def line(divergence: Mapping[str, Any]) -> str:
    """A divergence in one line."""
    return f"{divergence['route']} {divergence['location']} {divergence['kind']} {divergence['cause']}"
