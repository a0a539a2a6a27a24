"""A migration as its file says it: pgroll's open format, YAML or JSON, read as it is.

    operations:
      - add_column:
          table: invoices
          column: {name: currency, type: char(3)}
          up: "'EUR'"

The file's name is the migration's, and files are applied in the order of their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from strangler.config import document, problems
from strangler.config.base import Part
from strangler.errors import ConfigError, Problem, UsageError
from strangler_migrations.operations.entry import Entry, Operation

SUFFIXES = (".yaml", ".yml", ".json")


def _version(value: str) -> str:
    if not value or len(value.encode()) > 63 or "\0" in value:
        raise ValueError("a version's schema has a name of 1 to 63 bytes")
    return value


class Migration(Part):
    """A file of operations that make one new version together."""

    name: str | None = None
    """The migration's name; default: the file's. Some older files say it."""
    version_schema: Annotated[str, AfterValidator(_version)] | None = None
    """What the new version is called; default: the migration's name."""
    operations: tuple[Entry, ...] = Field(min_length=1)
    """What changes, in order."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A migration and the file it came from. `lines`: the line, from 1, of each operation."""

    name: str
    version: str
    operations: tuple[Operation, ...]
    file: str
    lines: tuple[int, ...]
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def where(self, index: int) -> str:
        """`FILE:LINE` of an operation."""
        return f"{self.file}:{self.lines[index]}"


def load(file: Path) -> Loaded:
    """Read and check a file. Raises UsageError when it cannot be read, ConfigError with all its problems."""
    return parse(text_of(file), file)


def text_of(file: Path) -> str:
    """A file's text, UTF-8. Raises UsageError."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"is not UTF-8 text (byte {error.start})", where=str(file)) from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(file)) from None


def parse(text: str, file: Path) -> Loaded:
    """Check a text as the content of `file`. Raises ConfigError with all its problems."""
    from strangler_migrations.schema import json_schema

    tree = document.read(text, str(file), lists=True)
    if not hasattr(tree, "items"):
        raise ConfigError(
            str(file), [Problem(1, "", "the file holds no mapping", "it starts with `operations:`")]
        )
    try:
        migration = Migration.model_validate(document.plain(tree))
    except ValidationError as error:
        raise ConfigError(str(file), problems.problems(error, tree, json_schema())) from None
    name = migration.name or file.stem
    lines = tuple(document.line_of(tree, ("operations", index)) for index in range(len(migration.operations)))
    operations = tuple(entry.operation for entry in migration.operations)
    return Loaded(name, migration.version_schema or name, operations, str(file), lines, text)


def files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, by name. Raises UsageError for a folder without any."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
        if not found:
            raise UsageError(
                "holds no migration", where=str(path), remedy="migrations end in .yaml, .yml or .json"
            )
        yield from found
