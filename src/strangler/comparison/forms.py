"""The form that values have which differ by themselves, as an expression for a `pattern` rule.

A rule that ignores a place also lets what stands there vanish. One that asks for the form lets only the value vary, so
that is what noise gets wherever a form can be told: an id, a clock, a number, a text in which the same parts stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from strangler.comparison.model import Node

_IDS: Final = (
    "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    "[a-z]{2,6}_[A-Za-z0-9]{8,64}",
    "[0-9a-f]{16,64}",
)
"""A UUID, a prefix with a random part, long hexadecimal digits."""
_PART: Final = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]")
_TELLING: Final = 8
"""Characters that a value, or what stays of it, has at least for its length, or for itself, to say something."""
_PARTS: Final = 40
_LONGEST: Final = 256


def form_of(values: Sequence[Node], *, several: bool = True) -> str | None:
    """An expression that every value matches as a whole, narrow enough to say something; None where there is none.

    What is neither text nor a whole number has no form, and neither have words. `several`: there are values enough to
    tell the parts of a text that stay from those that are the same by chance; else only ids and numbers have a form.
    """
    texts = [value for value in values if isinstance(value, str) and 0 < len(value) <= _LONGEST]
    if values and len(texts) == len(values):
        form = _id(texts) or ((_parts(texts) or _beginning(texts)) if several else None)
        return _sound(form, texts)
    whole = [
        value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 0
    ]
    if values and len(whole) == len(values):
        return _digits([str(value) for value in whole])
    return None


def _id(texts: list[str]) -> str | None:
    return next((form for form in _IDS if all(re.fullmatch(form, text) for text in texts)), None)


def _digits(texts: list[str]) -> str:
    return "[0-9]" + _times([len(text) for text in texts])


def _parts(texts: list[str]) -> str | None:
    """The parts that are the same in all stay; those that vary become characters of their kind, so many of them."""
    rows = [_PART.findall(text) for text in texts]
    if len({len(row) for row in rows}) > 1 or len(rows[0]) > _PARTS:
        return None
    out: list[str] = []
    for column in zip(*rows, strict=True):
        if len(set(column)) == 1:
            out.append(_as_it_is(column[0]))
        elif all(part.isalnum() for part in column) and any(not part.isalpha() for part in column):
            kind = "[0-9]" if all(part.isdecimal() for part in column) else "[A-Za-z0-9]"
            out.append(kind + _times([len(part) for part in column]))
        else:
            return None
    return "".join(out)


def _beginning(texts: list[str]) -> str | None:
    """What they all begin with, up to a mark; then anything but spaces."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*texts, strict=False))
    shared = re.sub(r"[A-Za-z0-9]+$", "", "".join(letters[0] for letters in same))
    if len(shared) < _TELLING or any(" " in text[len(shared) :] for text in texts):
        return None
    return f"{_as_it_is(shared)}[!-~]{{1,{_LONGEST - len(shared)}}}"


def _as_it_is(text: str) -> str:
    """`re.escape` without what needs no escape: people read it."""
    return re.sub(r"[][.^$*+?{}\\|()]", r"\\\g<0>", text)


def _times(lengths: list[int]) -> str:
    longest = max(lengths)
    if len(set(lengths)) == 1 and longest >= _TELLING:
        return f"{{{longest}}}"
    return f"{{1,{1 << longest.bit_length()}}}"


def _sound(form: str | None, texts: list[str]) -> str | None:
    """The form, if a rule may have it (`config.regexes`) and it does what it is for."""
    from strangler.config.regexes import check_regex

    if form is None or not all(re.fullmatch(form, text) for text in texts):
        return None
    try:
        return check_regex(form)
    except ValueError:
        return None
