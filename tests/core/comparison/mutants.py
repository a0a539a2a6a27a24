"""Ways to make a document another one: anywhere and of any kind, or as a defect of a known cause would.

A mutator is given the document and a random source and gives a `Mutant`, or None where it has nothing to work on.
Nothing here asks the comparison what it thinks.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from strangler.comparison.model import Node, Path
from strangler.comparison.paths import at


@dataclass(frozen=True, slots=True)
class Mutant:
    """`expected`: every difference there must be, as kind and place (the candidate's for what is extra)."""

    left: Node
    right: Node
    expected: tuple[tuple[str, Path], ...]


type Mutator = Callable[[Node, Random], Mutant | None]


def places(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Everything below the root with its path."""
    children: Any = (
        node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    )
    for step, child in children:
        yield (*path, step), child
        yield from places(child, (*path, step))


def replaced(document: Node, path: Path, value: Node) -> Node:
    """A copy with another value in one place."""
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    parent[path[-1]] = value
    return other


def chosen(document: Node, random: Random, fits: Callable[[Path, Node], bool]) -> tuple[Path, Node] | None:
    found = [(path, value) for path, value in places(document) if fits(path, value)]
    return random.choice(found) if found else None


def is_number(value: Node) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_scalar(value: Node) -> bool:
    return not isinstance(value, dict | list)


# Anywhere, of any kind


def change(document: Node, random: Random) -> Mutant | None:
    """One scalar becomes another of its type."""
    place = chosen(document, random, lambda _, value: isinstance(value, str | int | Decimal | bool))
    if place is None:
        return None
    path = place[0]
    value: Any = place[1]
    other: Node
    if isinstance(value, bool):
        other = not value
    elif isinstance(value, str):
        other = random.choice([value + "x", value[::-1] + "!", "", "other"])
    else:
        other = value + random.choice([1, -1, 7, Decimal("0.01"), 10**6])
    if other == value:
        return None
    return Mutant(document, replaced(document, path, other), (("changed", path),))


def drop(document: Node, random: Random) -> Mutant | None:
    """One member or item goes."""
    path, _ = random.choice(list(places(document)))
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    del parent[path[-1]]
    return Mutant(document, other, (("missing", path),))


def add(document: Node, random: Random) -> Mutant | None:
    """One member or item comes."""
    containers = [
        ((), document),
        *((path, node) for path, node in places(document) if isinstance(node, dict | list)),
    ]
    path, _ = random.choice(containers)
    other = copy.deepcopy(document)
    parent: Any = at(other, path)
    new: list[Node] = ["new", 4711, None, {"new": True}, ["new"], Decimal("12.34")]
    value = random.choice(new)
    if isinstance(parent, dict):
        parent["added by a mutator"] = value
        return Mutant(document, other, (("extra", (*path, "added by a mutator")),))
    position = random.randint(0, len(parent))
    parent.insert(position, value)
    return Mutant(document, other, (("extra", (*path, position)),))


def move(document: Node, random: Random) -> Mutant | None:
    """An item goes to another place in its list, or a member to another name."""
    path, _ = random.choice(list(places(document)))
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    if isinstance(parent, dict):
        parent["moved by a mutator"] = parent.pop(path[-1])
        return Mutant(document, other, (("missing", path), ("extra", (*path[:-1], "moved by a mutator"))))
    if len(parent) < 2:
        return None
    item = parent.pop(path[-1])
    parent.insert(random.choice([i for i in range(len(parent) + 1) if i != path[-1]]), item)
    return Mutant(document, other, (("order", path[:-1]),))


def retype(document: Node, random: Random) -> Mutant | None:
    """One value becomes one of another type."""
    path, value = random.choice(list(places(document)))
    others: list[Node] = [[value], {"value": value}] if is_scalar(value) else ["text", 1, None]
    if is_number(value):
        others += [str(value), value == 1, None]
    elif isinstance(value, bool):
        others += [int(value), str(value).lower(), None]
    elif isinstance(value, str):
        others += [len(value), True, None]
    elif value is None:
        others += ["", 0, False]
    return Mutant(document, replaced(document, path, random.choice(others)), (("type", path),))


ANYWHERE: dict[str, Mutator] = {
    "change": change,
    "drop": drop,
    "add": add,
    "move": move,
    "retype": retype,
}


# As a defect of a known cause would

_DECIMAL = re.compile(r"-?\d{1,12}\.\d{1,6}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_CURRENCIES = ("EUR", "USD", "GBP", "CHF")


def _one(
    fits: Callable[[Path, Node], bool], made: Callable[[Any, Random], Node], kind: str = "changed"
) -> Mutator:
    """A mutator of one value: which ones it works on, and what it makes of them."""

    def mutator(document: Node, random: Random) -> Mutant | None:
        place = chosen(document, random, fits)
        if place is None:
            return None
        path, value = place
        return Mutant(document, replaced(document, path, made(value, random)), ((kind, path),))

    return mutator


def _amount(_: Path, value: Node) -> bool:
    """A number with digits after the point, as a number or as text, and not next to zero."""
    if isinstance(value, Decimal):
        return value.as_tuple().exponent != 0 and abs(value) >= 1
    return isinstance(value, str) and bool(_DECIMAL.fullmatch(value)) and abs(Decimal(value)) >= 1


def _like(value: Any, number: Decimal) -> Node:
    return f"{number:f}" if isinstance(value, str) else number


def _rounded(value: Any, random: Random) -> Node:
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return _like(value, number + random.choice([1, -1]) * Decimal(1).scaleb(exponent))


def _text(path: Path, value: Node) -> bool:
    """Words, and neither a number nor a date."""
    return (
        isinstance(value, str)
        and bool(re.search(r"[A-Za-z]{3}", value))
        and not re.match(r"\d{2,4}[-./]", value)
    )


def _is_day(_: Path, value: Node) -> bool:
    return isinstance(value, str) and bool(_DAY.fullmatch(value))


def _is_time(_: Path, value: Node) -> bool:
    return isinstance(value, str) and bool(_TIME.fullmatch(value))


def _clock(value: str) -> datetime:
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _reordered(document: Node, random: Random) -> Mutant | None:
    place = chosen(document, random, lambda _, value: isinstance(value, list) and len(value) > 1)
    if place is None:
        return None
    path, value = place
    assert isinstance(value, list)
    turned = [*value[1:], value[0]]
    return Mutant(document, replaced(document, path, turned), (("order", path),))


def _cut_list(document: Node, random: Random) -> Mutant | None:
    place = chosen(document, random, lambda _, value: isinstance(value, list) and len(value) > 1)
    if place is None:
        return None
    path, value = place
    assert isinstance(value, list)
    return Mutant(document, replaced(document, path, value[:-1]), (("missing", (*path, len(value) - 1)),))


def _absent(document: Node, random: Random) -> Mutant | None:
    place = chosen(document, random, lambda path, _: isinstance(path[-1], str))
    if place is None:
        return None
    path = place[0]
    other = copy.deepcopy(document)
    parent: Any = at(other, path[:-1])
    del parent[path[-1]]
    return Mutant(document, other, (("missing", path),))


def _is_currency(path: Path, value: Node) -> bool:
    return str(path[-1]).lower() in {"currency", "@currencyid"} and isinstance(value, str) and len(value) == 3


def _is_opaque_id(_: Path, value: Node) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z]{2,5}_[A-Za-z0-9]{12,}", value))


CAUSED: dict[str, tuple[str, Mutator]] = {
    "rounding": ("rounding", _one(_amount, _rounded)),
    "sign": ("sign", _one(_amount, lambda value, _: _like(value, -Decimal(value)))),
    "minor units": ("minor-units", _one(_amount, lambda value, _: _like(value, Decimal(value) * 100))),
    "scale": (
        "scale",
        _one(
            lambda path, value: isinstance(value, str) and _amount(path, value), lambda value, _: value + "0"
        ),
    ),
    "type: number as text": (
        "type",
        _one(lambda _, value: is_number(value), lambda value, _: str(value), "type"),
    ),
    "type: truth as text": (
        "type",
        _one(lambda _, value: isinstance(value, bool), lambda value, _: str(value).lower(), "type"),
    ),
    "currency": (
        "currency",
        _one(
            _is_currency,
            lambda value, random: random.choice([code for code in _CURRENCIES if code != value.upper()]),
        ),
    ),
    "day boundary": (
        "day-boundary",
        _one(
            _is_day,
            lambda value, random: (
                date.fromisoformat(value) + timedelta(days=random.choice([1, -1]))
            ).isoformat(),
        ),
    ),
    "date format": (
        "date-format",
        _one(_is_day, lambda value, _: date.fromisoformat(value).strftime("%d.%m.%Y")),
    ),
    "date with a time": ("date-format", _one(_is_day, lambda value, _: f"{value}T00:00:00Z")),
    "time zone": (
        "time-zone",
        _one(
            _is_time,
            lambda value, random: (_clock(value) + timedelta(hours=random.choice([1, 2, -5]))).strftime(
                "%Y-%m-%dT%H:%M:%SZ"
            ),
        ),
    ),
    "time zone, same moment": (
        "time-zone",
        _one(
            _is_time,
            lambda value, _: (_clock(value) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S") + "+02:00",
        ),
    ),
    "case": ("case", _one(_text, lambda value, _: value.swapcase())),
    "whitespace": (
        "whitespace",
        _one(_text, lambda value, random: random.choice([f" {value}", f"{value}\n"])),
    ),
    "truncation of a text": (
        "truncation",
        _one(
            lambda path, value: _text(path, value) and len(str(value)) > 24,
            lambda value, random: value[: random.randint(12, len(value) - 3)] + random.choice(["", "…"]),
        ),
    ),
    "truncation of a list": ("truncation", _cut_list),
    "null": (
        "null-or-absent",
        _one(lambda _, value: value not in (None, "", [], {}), lambda *_: None, "type"),
    ),
    "absent": ("null-or-absent", _absent),
    "order": ("order", _reordered),
    "id": ("id", _one(_is_opaque_id, lambda value, _: value[:6] + value[:5:-1])),
}
"""By name: the cause that is to be told, and what makes it."""
