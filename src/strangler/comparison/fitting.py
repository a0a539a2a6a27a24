"""Which rule a sighting speaks for: no wider than what its cause says, and tried on every example."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from strangler.comparison.date_forms import formats
from strangler.comparison.forms import form_of
from strangler.comparison.instants import instant
from strangler.comparison.model import Node
from strangler.comparison.rules import Rules

if TYPE_CHECKING:
    from strangler.comparison.proposals import Sighting

_WHOLE: Final = frozenset({"status", "$"})
"""To ignore one of these is to compare nothing."""
_STEPS: Final = (("1m", 60), ("5m", 300), ("15m", 900), ("1h", 3_600))
_SEVERAL: Final = 3
"""Examples that tell what stays the same from what happens to: the ledger keeps one of each noise."""
_ROOM: Final = 10
"""A tolerance is that many times what was seen: a busy day is slower than the day it was seen on."""

type Written = Mapping[str, object]
"""A rule as `strangler.yaml` writes it, its kind first."""


def fitting(sighting: Sighting) -> Written | None:
    """The rule for one sighting; None where none is obvious, or where it would not do for every example."""
    if sighting.learned is not None:
        return sighting.learned
    if sighting.place in _WHOLE and sighting.kind != "order":
        return None
    known = _unordered if sighting.kind == "order" else _RULES.get(sighting.cause)
    if sighting.own and sighting.cause == "id":
        known = None  # an id that is another one every time maps to nothing
    rule = known(sighting) if known is not None else None
    if rule is not None and lets_pass(rule, sighting.examples):
        return rule
    return _of_noise(sighting) if sighting.own else None


def lets_pass(rule: Written, examples: Sequence[tuple[Node, Node]]) -> bool:
    """Whether a rule takes every example for the same."""
    kind = next(iter(rule))
    if kind in {"unordered", "ignore"}:  # of the one the examples are positions, the other asks nothing
        return True
    from strangler.comparison.pair import compare  # with every decoder; `status` proposes, mostly nothing

    tried = Rules.parse([{**rule, kind: "$.x"}])
    return all(compare({"x": left}, {"x": right}, tried).verdict == "equal" for left, right in examples)


def _of_noise(sighting: Sighting) -> Written | None:
    if sighting.kind == "changed":
        step = _tolerance(sighting.examples)
        if step is not None:
            return {"instant": sighting.place, "tolerance": step}
        several = len(sighting.examples) >= min(sighting.differed, _SEVERAL)
        form = form_of([value for example in sighting.examples for value in example], several=several)
        if form is not None:
            return {"pattern": sighting.place, "matches": form}
    return None if sighting.steady else {"ignore": sighting.place}


def _tolerance(examples: Sequence[tuple[Node, Node]]) -> str | None:
    """How far apart a clock's values may be, where the place is a clock."""
    moments = [(instant(first, "iso", UTC), instant(second, "iso", UTC)) for first, second in examples]
    apart = [abs(first - second) for first, second in moments if first is not None and second is not None]
    if not apart or len(apart) < len(moments):
        return None
    return next((step for step, seconds in _STEPS if _ROOM * max(apart) <= timedelta(seconds=seconds)), None)


def _unordered(sighting: Sighting) -> Written:
    return {"unordered": sighting.place}


def _decimal(sighting: Sighting) -> Written:
    return {"decimal": sighting.place}


def _spaces(sighting: Sighting) -> Written:
    return {"text": sighting.place, "whitespace": "collapse"}


def _letters(sighting: Sighting) -> Written:
    return {"text": sighting.place, "case": "fold"}


def _unicode(sighting: Sighting) -> Written:
    """The wider form only where the narrower one will not do."""
    narrow: Written = {"text": sighting.place, "unicode": "NFC"}
    if "compatibility" not in sighting.detail and lets_pass(narrow, sighting.examples):
        return narrow
    return {**narrow, "unicode": "NFKC"}


def _moment(sighting: Sighting) -> Written | None:
    forms = formats(sighting.examples)
    if forms is None:
        return None
    legacy, candidate = forms
    if legacy != candidate:
        return {"instant": sighting.place, "format": {"legacy": legacy, "candidate": candidate}}
    return {"instant": sighting.place} if legacy == "iso" else {"instant": sighting.place, "format": legacy}


def _ids(sighting: Sighting) -> Written | None:
    """Only ids that map one to one, as far as the examples tell; and an id of legacy's is not another thing's there."""
    pairs = {(str(left), str(right)) for left, right in sighting.examples}
    lefts, rights = {left for left, _ in pairs}, {right for _, right in pairs}
    one_to_one = len(lefts) == len(pairs) == len(rights)
    return {"identity": sighting.place} if one_to_one and lefts.isdisjoint(rights) else None


_RULES: Final[Mapping[str, Callable[[Sighting], Written | None]]] = {
    "scale": _decimal,
    "whitespace": _spaces,
    "case": _letters,
    "unicode": _unicode,
    "date-format": _moment,
    "time-zone": _moment,
    "id": _ids,
}
"""What each cause says for itself."""
