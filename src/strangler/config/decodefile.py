"""What a route's `decode` may say, said in a file of its own or by one word."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from strangler.comparison.declared import DeclaredFormat
from strangler.config import document, problems
from strangler.config.decode import Decode
from strangler.errors import ConfigError


def parse_decode(text: str, file: Path) -> DeclaredFormat:
    """From a mapping such as `csv: {delimiter: ";"}`. Raises ConfigError."""
    tree = document.read(text, str(file))
    return _declared(document.plain(tree), tree, str(file))


def format_named(name: str, where: str) -> DeclaredFormat:
    """From the name of a format, such as `json`. Raises ConfigError, naming `where` it was said."""
    return _declared(name, {"format": name}, where)


def _declared(value: object, tree: object, where: str) -> DeclaredFormat:
    try:
        return Decode.model_validate(value).declared()
    except ValidationError as error:
        raise ConfigError(where, problems.problems(error, tree)) from None
