"""Regular expressions that a file may hold: they compile, and no text makes them take exponential time."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any, Final

LONGEST: Final = 1_000
"""Characters of an expression, at most."""
_OFTEN: Final = 10
"""As often, and what is repeated counts as repeated without end."""
_REMEDY: Final = "make the inner one possessive, such as (?:[a-z]++-)*"


def check_regex(text: str) -> str:
    """The text; raises ValueError with what is wrong and what to write instead."""
    if len(text) > LONGEST:
        raise ValueError(f"a regular expression of {len(text):,} characters; at most {LONGEST:,}")
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None
    # The parser of `re` itself, which has no public name: what else says how a text is read would be a copy of it.
    parsed = importlib.import_module("re._parser").parse(text)
    if any(_may_explode(parsed, repeated=False)):
        raise ValueError(f"a repetition or a choice inside of a repetition may take forever; {_REMEDY}")
    return text


def _may_explode(parsed: Any, *, repeated: bool) -> Iterator[bool]:
    """Whether, below a repetition, there is anything that can be tried in more than one way."""
    for operation, argument in parsed:
        name = str(operation)
        if name in {"MAX_REPEAT", "MIN_REPEAT"}:
            least, most, inner = argument
            yield repeated and least != most
            yield from _may_explode(inner, repeated=repeated or most >= _OFTEN)
        elif name == "BRANCH":
            yield repeated
            for inner in argument[1]:
                yield from _may_explode(inner, repeated=repeated)
        else:
            # What is possessive or atomic is not tried again, however often what is around it is.
            atomic = name in {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}
            for inner in _groups(argument):
                yield from _may_explode(inner, repeated=repeated and not atomic)


def _groups(argument: Any) -> Iterator[Any]:
    """The parts of an expression inside an operation's argument."""
    if hasattr(argument, "getwidth"):
        yield argument
    elif isinstance(argument, tuple):
        for part in argument:
            yield from _groups(part)
