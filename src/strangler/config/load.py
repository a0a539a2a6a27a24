"""Read `strangler.yaml`: every problem at once, each with its line and what would be right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap

from strangler.config import document, problems
from strangler.config.check import cross_checks
from strangler.config.model import Config
from strangler.errors import ConfigError, UsageError


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
        return document.line_of(self.tree, location)

    @property
    def folder(self) -> Path:
        """What relative paths in the file are relative to."""
        return self.file.resolve().parent


def load(file: Path) -> Loaded:
    """Read and check the file. Raises UsageError when there is none, ConfigError with all its problems."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            "there is no such file",
            where=str(file),
            remedy="`strangler init --legacy URL --candidate URL` writes one, `--config FILE` names another",
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"is not UTF-8 text (byte {error.start})", where=str(file)) from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(file)) from None
    return parse(text, file)


def parse(text: str, file: Path) -> Loaded:
    """Check a text as the content of `file`. Raises ConfigError with all its problems."""
    tree = document.read(text, str(file))
    try:
        config = Config.model_validate(document.plain(tree))
    except ValidationError as error:
        raise ConfigError(str(file), problems.problems(error, tree)) from None
    if found := list(problems.at(tree, cross_checks(config))):
        raise ConfigError(str(file), sorted(found, key=lambda problem: problem.line))
    return Loaded(config, file, tree, hashlib.sha256(text.encode()).hexdigest())
