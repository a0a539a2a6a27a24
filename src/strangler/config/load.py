"""Read `strangler.yaml`: every problem at once, each with its line and what would be right."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from strangler.config.check import cross_checks
from strangler.config.model import Config
from strangler.errors import ConfigError, Problem, UsageError

type Location = tuple[str | int, ...]

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TAGS: Final = {"only", "ignore", "unordered", "decimal", "instant", "identity", "map", "rename"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The configuration with the file it came from. `line_of` gives the line of any location, from 1."""

    config: Config
    file: Path
    tree: CommentedMap
    digest: str
    """SHA-256 of the file's text."""

    def line_of(self, *location: str | int) -> int:
        """The line of a key or item; that of its nearest parent when the file has no such place."""
        return line_of(self.tree, location)

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to."""
        return self.file.resolve().parent


def load(file: Path) -> Loaded:
    """Read and check the file. Raises UsageError when there is none, ConfigError with all its problems."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            "there is no such file",
            where=str(file),
            remedy="`strangler init --legacy URL --candidate URL` writes one, `--config FILE` names another",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(file)) from error
    return parse(text, file)


def parse(text: str, file: Path) -> Loaded:
    """Check a text as the content of `file`. Raises ConfigError with all its problems."""
    tree = _yaml(text, str(file))
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(str(file), sorted(_problems(error, tree), key=lambda p: p.line)) from None
    problems = [
        Problem(line_of(tree, location), _dotted(location), what, remedy)
        for location, what, remedy in cross_checks(config)
    ]
    if problems:
        raise ConfigError(str(file), sorted(problems, key=lambda problem: problem.line))
    return Loaded(config, file, tree, hashlib.sha256(text.encode()).hexdigest())


def expand(value: str, environment: Mapping[str, str] = os.environ) -> str:
    """Put environment variables in the place of `${NAME}`. Raises UsageError naming one that is not set."""

    def replacement(match: re.Match[str]) -> str:
        found = environment.get(match[1])
        if found is None:
            raise UsageError(
                f"the environment variable {match[1]} is not set", remedy=f"export {match[1]}=… before this command"
            )
        return found

    return _VARIABLE.sub(replacement, value)


def _yaml(text: str, file: str) -> CommentedMap:
    try:
        tree = YAML(typ="rt").load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(file, [Problem(mark.line + 1 if mark else 0, "", f"not YAML: {what}")]) from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(file, [Problem(0, "", f"not YAML: {error}")]) from None
    if not isinstance(tree, CommentedMap):
        raise ConfigError(file, [Problem(1, "", "the file is no mapping", "it starts with `version: 1`")])
    return tree


def line_of(tree: object, location: Location) -> int:
    """The line (from 1) of a location in a round-trip tree."""
    line = 1
    node: Any = tree
    for step in location:
        try:
            if isinstance(node, CommentedMap):
                line = node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq):
                line = node.lc.item(step)[0] + 1
            else:
                break
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
    return line


def _problems(error: ValidationError, tree: CommentedMap) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        location = _in_file(detail["loc"], tree)
        what, remedy = _words(detail, location, tree)
        yield Problem(line_of(tree, location), _dotted(location), what, remedy)


def _in_file(location: Location, tree: object) -> Location:
    """A pydantic location without the names of union members, which the file does not have."""
    out: list[str | int] = []
    node: Any = tree
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if isinstance(node, CommentedMap) and step in node:
            node = node[step]
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            node = node[step]
        elif not last or (isinstance(step, str) and not _is_tag(step)):
            if isinstance(node, CommentedMap) and last and isinstance(step, str) and not _is_tag(step):
                out.append(step)
            continue
        else:
            continue
        out.append(step)
    return tuple(out)


def _is_tag(step: str) -> bool:
    return step in _TAGS or "[" in step or (step[:1].isupper() and step.isidentifier()) or step == "str"


def _words(detail: ErrorDetails, location: Location, tree: CommentedMap) -> tuple[str, str | None]:
    kind = detail["type"]
    if kind == "extra_forbidden":
        name = str(location[-1]) if location else ""
        known = sorted(_known_keys(location[:-1]))
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        remedy = f"did you mean `{close[0]}`?" if close else (f"known here: {', '.join(known)}" if known else None)
        return f"unknown key `{name}`", remedy
    if kind == "missing":
        missing = str(detail["loc"][-1])
        return f"`{missing}` is missing", None
    value = _value(tree, location)
    shown = "" if value is None or isinstance(value, CommentedMap | CommentedSeq) else f" (it says {value!r})"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}{shown}", None


def _value(tree: object, location: Location) -> object:
    node: Any = tree
    for step in location:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def _known_keys(location: Location) -> set[str]:
    """The keys that the model knows at a place of the file."""
    from strangler.config.schema import keys_at

    return keys_at(location)


def _dotted(location: Location) -> str:
    return ".".join(str(step) for step in location)

