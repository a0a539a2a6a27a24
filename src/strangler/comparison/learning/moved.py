"""What one pair shows of fields: gone on one side, come on the other, and which of them hold the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.learning.evidence import FIELDS, LINKS, Learned, Link, Lone, Mark
from strangler.comparison.learning.places import nameable
from strangler.comparison.model import Difference, Node, Path, jsonpath
from strangler.comparison.paths import ANY
from strangler.comparison.values import EXACT, canonical, is_number, tame

type Marker = Callable[[str], str]
"""A value's text to what stands for it: the same for the same text, and not to be read back."""
type Values = dict[Path, str]
"""What wildcards stood for, to the text of the value there."""

_SAYS_NOTHING: Final = frozenset({"true", "false", '""', "[]", "{}", '["number","0"]', '["number","1"]'})


def moved(out: Learned, route: str, differences: Iterable[Difference], mark: Marker) -> None:
    """Add what a pair shows, if it shows all: give it every difference of the pair that counts."""
    gone, come = dict[str, Values](), dict[str, Values]()
    for difference in differences:
        named = _field(difference)
        value = difference.left if difference.kind == "missing" else difference.right
        if named is None or value is None:
            continue
        field, bound = named
        missing = difference.kind == "missing"
        (gone if missing else come).setdefault(field, {})[bound] = _text(value)
        lone = (out.missing if missing else out.extra).setdefault(field, Lone(1))
        lone.marks[fingerprint(route, difference).digest] = Mark(difference.kind, difference.cause.code)
    if len(gone) > FIELDS or len(come) > FIELDS:
        # Another kind of document. Half of its fields would not be the truth about any.
        out.missing.clear()
        out.extra.clear()
        return
    by_values: dict[frozenset[tuple[Path, str]], list[str]] = {}
    for field, values in come.items():
        by_values.setdefault(frozenset(values.items()), []).append(field)
    links = [
        (field, other, _marks(values, mark))
        for field, values in gone.items()
        for other in by_values.get(frozenset(values.items()), ())
    ]
    # Constants make many links, of which none will hold; what tells something comes first.
    for field, other, marks in sorted(links, key=lambda each: not each[2])[:LINKS]:
        out.links.setdefault(field, {})[other] = Link(1, marks)


def _field(difference: Difference) -> tuple[str, Path] | None:
    """The field that one side lacks, and what the wildcards of its path stand for, as the candidate counts."""
    location, kind = difference.location, difference.kind
    if location.part != "body" or kind not in {"missing", "extra"} or not location.path:
        return None
    name = location.path[-1]
    if not isinstance(name, str):
        return None
    shape = location.path if difference.pattern is None else difference.pattern
    field = jsonpath((*shape[:-1], name))
    if not nameable(field):
        return None
    there = difference.counterpart or location.path
    bound = tuple(step for step, of in zip(there[:-1], shape[:-1], strict=True) if of == ANY)
    return field, bound


def _marks(values: Values, mark: Marker) -> dict[str, int]:
    telling = {text for text in values.values() if text not in _SAYS_NOTHING}
    return dict.fromkeys((mark(text) for text in telling), 1)


def _text(value: Node) -> str:
    return canonical(_by_value(value)).decode()


def _by_value(value: Node) -> Node:
    """Numbers that are equal look the same, and like no text."""
    if isinstance(value, dict):
        return {name: _by_value(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_by_value(below) for below in value]
    if not isinstance(value, bool) and is_number(value):
        number = tame(value)  # type: ignore[arg-type]
        if number is None:
            return ["number", f"{value:x}" if isinstance(value, int) else str(value)]
        return ["number", str(number.normalize(EXACT))]
    return value
