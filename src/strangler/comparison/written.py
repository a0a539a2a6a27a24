"""Rules as `strangler.yaml` writes them, checked against the configuration's models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from strangler.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from strangler.config.rules import Rule


@cache
def _adapter() -> TypeAdapter[dict[str, list[Rule]]]:
    from pydantic import TypeAdapter

    from strangler.config.rules import Rule as Model

    return TypeAdapter(dict[str, list[Model]])


def validated(rules: Sequence[Mapping[str, Any]], file: str) -> list[Rule]:
    """The models. Raises ConfigError with every problem."""
    from pydantic import ValidationError

    from strangler.config import document
    from strangler.config.problems import problems

    written = {"rules": [dict(rule) for rule in rules]}
    try:
        return _adapter().validate_python(written)["rules"]
    except ValidationError as error:
        # The words of problems are found in a document; one that is made up here has no lines worth telling.
        tree = document.read(msgspec.json.encode(written, enc_hook=str).decode(), file)
        raise ConfigError(file, [replace(problem, line=0) for problem in problems(error, tree)]) from None
