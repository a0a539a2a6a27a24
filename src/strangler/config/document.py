"""A YAML text as a tree that knows its lines, refused while it is small when it would not stay small."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, overload

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingEndEvent,
    ScalarEvent,
)
from ruamel.yaml.parser import RoundTripParser

from strangler.errors import ConfigError, Problem

type Location = tuple[str | int, ...]

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 20_000
"""Values in a file, an alias counting as all it stands for."""
_LONGEST_NUMBER: Final = 300
_HALVES: Final = re.compile("[\ud800-\udfff]")


@overload
def read(text: str, file: str) -> CommentedMap: ...
@overload
def read(text: str, file: str, *, lists: bool) -> CommentedMap | CommentedSeq: ...
def read(text: str, file: str, *, lists: bool = False) -> CommentedMap | CommentedSeq:
    """The tree of a text: a mapping, or, where `lists` are allowed, a list.

    Raises ConfigError with the line where it stops being usable.
    """
    if len(text) > MAX_BYTES:
        raise _refused(file, 0, f"the file has {len(text):,} characters", f"at most {MAX_BYTES:,}")
    tree = _loaded(text, file)
    if isinstance(tree, CommentedMap) or (lists and isinstance(tree, CommentedSeq)):
        return tree
    raise _refused(
        file, 1, "the file holds no mapping", "it starts with `version: 1`, then `legacy:` and `candidate:`"
    )


def _loaded(text: str, file: str) -> Any:
    try:
        yaml = YAML(typ="rt")
        yaml.Parser = partial(_Guarded, _Size(file))
        return yaml.load(text)
    except DuplicateKeyError as error:
        raise _refused(
            file, _line(error), _twice(error), "keep one of them; YAML lets no key stand twice"
        ) from None
    except YAMLError as error:
        raise _refused(file, _line(error), f"not YAML: {_reason(error)}") from None
    except (
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
        NotImplementedError,
        AssertionError,
    ) as error:
        # ruamel's own slips on odd scalars (an impossible date, a key that cannot be hashed)
        raise _refused(file, 0, f"not usable as YAML: {error}") from None


def _refused(file: str, line: int, what: str, remedy: str | None = None) -> ConfigError:
    return ConfigError(file, [Problem(line, "", what, remedy)])


def _line(error: YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark else 0


def _reason(error: YAMLError) -> str:
    problem = getattr(error, "problem", None)
    text = str(problem or error).strip() or "it cannot be read"
    return text.splitlines()[0]


def _twice(error: MarkedYAMLError) -> str:
    words = str(error.problem).split('"')  # found duplicate key "x" with value …
    return f"the key `{words[1]}` stands twice in the same mapping" if len(words) > 2 else _reason(error)


class _Size:
    """How many values a text stands for, event by event; a few short aliases can stand for billions."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[tuple[str | None, int]] = []
        self._anchored: dict[str, int] = {}
        self._count = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if (tag := getattr(event, "tag", None)) and not _core(str(tag)):
            raise _refused(self._file, line, f"the YAML tag {tag} means nothing here", "remove it")
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchored:
                raise _refused(
                    self._file,
                    line,
                    f"the alias *{event.anchor} stands for what it is part of, or for nothing",
                )
            self._count += self._anchored[event.anchor]
        elif isinstance(event, CollectionStartEvent):
            self._open.append((event.anchor, self._count))
            self._count += 1
            if len(self._open) > MAX_DEPTH:
                raise _refused(self._file, line, "nested too deeply", f"at most {MAX_DEPTH} levels")
        elif isinstance(event, CollectionEndEvent | MappingEndEvent):
            anchor, before = self._open.pop()
            self._remember(anchor, self._count - before)
        elif isinstance(event, ScalarEvent):
            self._count += 1
            self._remember(event.anchor, 1)
            self._scalar(event.value, line, quoted=event.style is not None)
        if self._count > MAX_NODES:
            raise _refused(
                self._file,
                line,
                "the file stands for too many values",
                f"at most {MAX_NODES:,}, aliases counted in full",
            )

    def _scalar(self, value: str, line: int, *, quoted: bool) -> None:
        if _HALVES.search(value):
            raise _refused(
                self._file,
                line,
                "half of a character stands here (\\ud800 to \\udfff)",
                "write the whole one",
            )
        if not quoted and len(value) > _LONGEST_NUMBER and value.strip("+-").isdecimal():
            raise _refused(
                self._file,
                line,
                f"a number of {len(value):,} digits means nothing here",
                "put quotes around what is a text",
            )

    def _remember(self, anchor: str | None, count: int) -> None:
        if anchor is not None:
            self._anchored[anchor] = count


class _Guarded(RoundTripParser):
    """A parser that refuses a text event by event, before anything is made of the event."""

    def __init__(self, size: _Size, loader: Any) -> None:
        super().__init__(loader)
        self._size = size

    def get_event(self) -> Any:
        event = super().get_event()
        self._size.take(event)
        return event


def _core(tag: str) -> bool:
    return tag == "!" or tag.removeprefix("tag:yaml.org,2002:") in {
        "str",
        "int",
        "float",
        "bool",
        "null",
        "map",
        "seq",
    }


def plain(node: object) -> Any:
    """The same values without the round-trip types: what a validator sees."""
    if isinstance(node, CommentedMap):
        return {plain(key): plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [plain(item) for item in node]
    if node is None or isinstance(node, bool | Decimal | date | datetime):
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)


def line_of(tree: object, location: Location) -> int:
    """The line (from 1) of a location in a round-trip tree, or that of its nearest parent."""
    return max(_lines(tree, location), default=1) if location else 1


def _lines(tree: object, location: Location) -> Iterator[int]:
    node: Any = tree
    for step in location:
        try:
            if isinstance(node, CommentedMap):
                yield node.lc.key(step)[0] + 1
            elif isinstance(node, CommentedSeq):
                yield node.lc.item(step)[0] + 1
            elif not isinstance(node, dict):
                return
            node = node[step]
        except (KeyError, IndexError, TypeError, AttributeError):
            return


def value_at(tree: object, location: Location) -> object:
    """The value at a location, None when it is not there. A text that stands for a list of one is its item, too."""
    node: Any = tree
    for step in location:
        if isinstance(node, str):
            return node
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            return None
    return node


def dotted(location: Location) -> str:
    """A location in words: `routes.invoice.rules[0].decimal`."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
