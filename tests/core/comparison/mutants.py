"""Ways to make a document another one: anywhere and of any kind, or as a defect of a known cause would.

A mutator is given the document and a random source and gives a `Mutant`, or None where it has nothing to work on.
Nothing here asks the comparison what it thinks.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from strangler.comparison.model import Node, Path
from strangler.comparison.paths import at


@dataclass(frozen=True, slots=True)
class Mutant:
    """`expected`: every difference there must be, as kind and place (the candidate's for what is extra).

    `status`: of both answers, where it is not 200. `said`: what the cause must say.
    """

    left: Node
    right: Node
    expected: tuple[tuple[str, Path], ...]
    status: int = 200
    said: str = ""


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


def _spelt(made: Callable[[str, Random], tuple[str, str]]) -> Mutator:
    """A mutator that writes one text of a document in two ways."""

    def mutator(document: Node, random: Random) -> Mutant | None:
        place = chosen(document, random, _text)
        if place is None:
            return None
        path, value = place
        left, right = made(str(value), random)
        return Mutant(replaced(document, path, left), replaced(document, path, right), (("changed", path),))

    return mutator


_FOREIGN = ("Straße", "Société", "Åkesson", "Łódź", "naïve", "España", "Műhely")
_WIDE = {ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"}


def _other_form(value: str, random: Random) -> tuple[str, str]:
    left = f"{value} {random.choice(_FOREIGN[1:4])} 12"
    if random.random() < 0.5:
        return left, left.translate(_WIDE)
    return unicodedata.normalize("NFC", left), unicodedata.normalize("NFD", left)


def _misread(value: str, random: Random) -> tuple[str, str]:
    left = f"{value} {random.choice(('Straße', 'Société', 'España', 'Ærø', 'Größe'))}"
    charset = random.choice(("latin-1", "cp1252"))
    try:
        return left, left.encode().decode(charset)
    except UnicodeDecodeError:  # five bytes are nothing in Windows-1252
        return left, left.encode().decode("latin-1")


_PAGES: tuple[tuple[str, Node, Node], ...] = (
    ("page_size", 20, 50),
    ("has_more", True, False),
    ("next_cursor", "Y3Vyc29yOjIw", "Y3Vyc29yOjUw"),
    ("offset", 0, 40),
    ("nextPageUrl", "/rows?page=2", "/rows?cursor=abc"),
)


def _with(document: Node, path: Path, name: str, value: Node) -> Node:
    other = copy.deepcopy(document)
    parent: Any = at(other, path)
    parent[name] = value
    return other


def _maps(document: Node) -> list[tuple[Path, Any]]:
    found = [((), document), *places(document)]
    return [(path, node) for path, node in found if isinstance(node, dict)]


def _paged(document: Node, random: Random) -> Mutant | None:
    """A member that speaks of pages, other on either side, beside a list."""
    beside = [path for path, node in _maps(document) if any(isinstance(each, list) for each in node.values())]
    if not beside:
        return None
    path = random.choice(beside)
    name, left, right = random.choice(_PAGES)
    return Mutant(
        _with(document, path, name, left), _with(document, path, name, right), (("changed", (*path, name)),)
    )


def _error_body(document: Node, random: Random) -> Mutant | None:
    """Both refuse, in other words."""
    path, _ = random.choice(_maps(document))
    left, right = random.choice(
        (("no such invoice", "Not Found"), ("must not be empty", "this field is required"))
    )
    before, after = (_with(document, path, "message", text) for text in (left, right))
    status = random.choice((400, 404, 409, 422))
    return Mutant(before, after, (("changed", (*path, "message")),), status=status)


_HALVES = {"half-up": ROUND_HALF_UP, "half-even": ROUND_HALF_EVEN}


def _rounded_otherwise(document: Node, random: Random) -> Mutant | None:
    """A net amount over lines: rounded half-up on one side, half-even on the other."""
    path, _ = random.choice(_maps(document))
    lines: list[Node] = []
    net = Decimal(0)
    for _ in range(random.randint(1, 4)):
        quantity, price = random.randint(1, 9), Decimal(random.randint(10, 9_999)).scaleb(-3)
        net += quantity * price
        lines.append({"quantity": quantity, "unit_price": price})
    rest = (Decimal("0.005") - net) % Decimal("0.01")
    lines.append({"quantity": 1, "unit_price": 2 + rest})
    net += 2 + rest
    cents = {name: net.quantize(Decimal("0.01"), half) for name, half in _HALVES.items()}
    if cents["half-up"] == cents["half-even"]:
        return None
    before, after = (
        _with(document, path, "added", {"currency": "EUR", "net": cents[name], "lines": lines})
        for name in ("half-up", "half-even")
    )
    return Mutant(before, after, (("changed", (*path, "added", "net")),), said=" rounds ")


CAUSED: dict[str, tuple[str, Mutator]] = {
    "rounding": ("rounding", _one(_amount, _rounded)),
    "rounding, computed again": ("rounding", _rounded_otherwise),
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
    "unicode": ("unicode", _spelt(_other_form)),
    "mojibake": ("mojibake", _spelt(_misread)),
    "pagination": ("pagination", _paged),
    "error body": ("error-body", _error_body),
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


# As a version that renames something would, over many documents

type Pairs = list[tuple[Node, Node]]


@dataclass(frozen=True, slots=True)
class Run:
    """Pairs of one route in which one thing was renamed throughout, and one in which it is something else.

    `place`: where, with -1 for list positions.
    """

    pairs: Pairs
    place: Path
    wrong: tuple[Node, Node]


type Renaming = Callable[[Node, Random], Run]
_STATES = (("OPEN", "offen"), ("P", "settled"), ("Void", "cancelled"), ("new", "new"), ("1", "first"))


def _shape(path: Path) -> Path:
    return tuple(-1 if isinstance(step, int) else step for step in path)


def _values_renamed(document: Node, random: Random) -> Run:
    path, _ = random.choice(_maps(document))
    states = random.sample(_STATES[:3], random.randint(2, 3)) + random.sample(
        _STATES[3:], random.randint(0, 1)
    )
    said = [random.choice(states) for _ in range(30)]
    pairs = [
        (_with(document, path, "stage", left), _with(document, path, "stage", right)) for left, right in said
    ]
    wrong = _with(document, path, "stage", states[0][0]), _with(document, path, "stage", "elsewhere")
    return Run(pairs, (*_shape(path), "stage"), wrong)


def _field_renamed(document: Node, random: Random) -> Run:
    path, _ = random.choice(_maps(document))
    pairs = [
        (
            _with(document, path, "former", f"{number} of them"),
            _with(document, path, "latter", f"{number} of them"),
        )
        for number in range(8)
    ]
    wrong = _with(document, path, "former", "nine"), _with(document, path, "latter", "ten")
    return Run(pairs, (*_shape(path), "former"), wrong)


RENAMED: dict[str, Renaming] = {"enum-renamed": _values_renamed, "field-renamed": _field_renamed}
"""By the cause that is to be learned."""
