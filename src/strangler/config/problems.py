"""What the model refuses, in the file's own terms: line, key, value, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from strangler.config.base import BRANCH
from strangler.config.document import Location, dotted, line_of, value_at
from strangler.config.rules import KINDS, keys_of
from strangler.config.schema import keys_at
from strangler.errors import Problem

_SHOWN: Final = 80
_MISSING: Final = {
    "version": "write `version: 1`",
    "legacy": "write `legacy: {url: https://…}`: the system that answers today",
    "candidate": "write `candidate: {url: https://…}`: the system that is to take over",
    "url": "the base URL, such as https://billing.example.com/api",
    "path": "a template, such as /invoices/{id}",
    "match": "what makes a request this route's, such as `match: {method: GET, path: /invoices/{id}}`",
    "routes": "the names of the routes that move together",
}


def problems(error: ValidationError, tree: object, schema: dict[str, Any] | None = None) -> list[Problem]:
    """Every problem, by line; each said once. `schema`: of the file, where it is not strangler.yaml."""
    details = error.errors(include_url=False, include_input=False)
    found = dict.fromkeys(_problem(each, tree, schema) for each in details if not _follows(each, details))
    return sorted(found, key=lambda problem: problem.line)


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because what is in it was refused."""
    inside = (each["loc"][: len(detail["loc"])] for each in details if each is not detail)
    return detail["type"] == "too_short" and detail["loc"] in inside


def at(tree: object, found: Iterable[tuple[Location, str, str | None]]) -> Iterator[Problem]:
    """Problems from locations, words and remedies."""
    for location, what, remedy in found:
        yield Problem(line_of(tree, location), dotted(location), what, remedy)


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A suggestion for a misspelt name; else what is known, where that is little enough to read."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean `{close[0]}`?"
    return f"known here: {', '.join(names)}" if 0 < len(names) <= 20 else None


def _problem(detail: ErrorDetails, tree: object, schema: dict[str, Any] | None) -> Problem:
    location = _in_file(detail["loc"])
    what, remedy = _words(detail, location, tree, schema)
    return Problem(line_of(tree, location), dotted(location), what, remedy)


def _in_file(location: Location) -> Location:
    """A pydantic location without union branches and key checks, which the file does not have."""
    return tuple(
        step for step in location if not (isinstance(step, str) and step.startswith((BRANCH, "[key]")))
    )


def _words(
    detail: ErrorDetails, location: Location, tree: object, schema: dict[str, Any] | None
) -> tuple[str, str | None]:
    kind = detail["type"]
    if kind == "extra_forbidden":
        name = str(location[-1])
        return f"unknown key `{name}`", did_you_mean(name, _known(detail["loc"], location, schema))
    if kind == "missing":
        name = str(location[-1])
        return f"`{name}` is missing", _MISSING.get(name)
    if kind == "rule_kind":
        return _rule_kind(value_at(tree, location))
    if kind in {"model_type", "dict_type", "tuple_type"}:
        return _shape(kind, value_at(tree, location), keys_at(location, schema))
    if kind == "string_pattern_mismatch":
        return (
            f"`{location[-1]}` cannot be a name here",
            "lower-case letters, digits, `.`, `_` and `-`, starting with a letter or digit, at most 63",
        )
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    # What somebody wrote in the place of a secret may be one.
    shown = "" if location[-1] == "secret" else _shown(value_at(tree, location))
    return f"{message[:1].lower()}{message[1:]}{shown}", None


def _known(location: Location, in_file: Location, schema: dict[str, Any] | None) -> Iterable[str]:
    """The keys known where a key is unknown; of a rule, only those of its kind."""
    branch = str(location[-2]).removeprefix(BRANCH) if len(location) > 1 else ""
    return keys_of(branch) if branch in KINDS else keys_at(in_file[:-1], schema)


def _shown(value: object) -> str:
    if value is None or isinstance(value, CommentedMap | CommentedSeq):
        return ""
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return f" (it says {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'})"


def _shape(kind: str, value: object, known: Iterable[str]) -> tuple[str, str | None]:
    if kind == "tuple_type":
        what = "has nothing under it" if value is None else f"should be a list{_shown(value)}"
        return what, "write `[a, b]`, or one `- item` a line; or remove the key"
    keys = sorted(known)
    empty = "has nothing under it" if value is None else f"should be a mapping{_shown(value)}"
    return empty, f"keys known here: {', '.join(keys)}" if keys else None


def _rule_kind(value: object) -> tuple[str, str | None]:
    if not isinstance(value, CommentedMap):
        return f"a rule is a mapping{_shown(value)}", "such as `ignore: $.generated_at`"
    keys = [str(key) for key in value]
    kinds = [key for key in keys if key in KINDS]
    if len(kinds) > 1:
        return (
            f"a rule has one kind, this has {' and '.join(f'`{key}`' for key in kinds)}",
            "make two rules of it",
        )
    for key in keys:
        close = difflib.get_close_matches(key, KINDS, n=1)
        if close:
            return f"unknown kind of rule `{key}`", f"did you mean `{close[0]}`?"
    return "a rule needs its kind and a location", f"one of {', '.join(KINDS)}: `ignore: $.generated_at`"
