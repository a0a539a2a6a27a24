"""Rules in a file of their own: a list of them, or any mapping with `rules:` (a whole strangler.yaml, too)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError
from ruamel.yaml.comments import CommentedSeq

from strangler.config import document, problems
from strangler.config.base import Part
from strangler.config.load import parse
from strangler.config.rules import Rule
from strangler.errors import ConfigError


class RulesFile(Part):
    """The mapping form."""

    rules: tuple[Rule, ...] = Field(min_length=1)


def parse_rules(text: str, file: Path) -> tuple[tuple[Rule, ...], list[int]]:
    """The rules and the line of each. Of a whole strangler.yaml: those for every route. Raises ConfigError."""
    tree = document.read(text, str(file), lists=True)
    if isinstance(tree, CommentedSeq):
        # Wrapped, so that a problem's place reads `rules[0].ignore` in either form.
        rules = _validated({"rules": document.plain(tree)}, {"rules": tree}, file)
        return rules, [document.line_of(tree, (index,)) for index in range(len(rules))]
    whole = "version" in tree
    rules = parse(text, file).config.rules if whole else _validated(document.plain(tree), tree, file)
    return rules, [document.line_of(tree, ("rules", index)) for index in range(len(rules))]


def _validated(value: object, tree: object, file: Path) -> tuple[Rule, ...]:
    try:
        return RulesFile.model_validate(value).rules
    except ValidationError as error:
        raise ConfigError(str(file), problems.problems(error, tree)) from None
