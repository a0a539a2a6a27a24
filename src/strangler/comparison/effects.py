"""What a rule of the configuration does at the places it names, compiled from its model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from strangler.comparison import leaves
from strangler.comparison.model import Node
from strangler.comparison.paths import BadPath
from strangler.comparison.plain import plain_tree
from strangler.comparison.states import Absent, Effect
from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.comparison.leaves import Accepts
    from strangler.config.rules import Default, Instant, Rule

_DEEPEST: Final = 32


def effect_of(rule: Rule, kind: str, digest: str) -> Effect:
    """Raises BadPath where the rule cannot hold."""
    from strangler.config.rules import Default, Unordered

    if isinstance(rule, Default):
        return Effect(kind, digest, absent=Absent(default_value(rule)))
    return Effect(kind, digest, _accepts(rule), rule.by if isinstance(rule, Unordered) else None)


def default_value(rule: Default) -> Node:
    """The value that being absent stands for. Raises BadPath where it is none of a document's."""
    try:
        return plain_tree(rule.value, _DEEPEST)
    except UsageError as error:
        raise BadPath(f"`value` of a default: {error.what}") from None


def in_a_header(effect: Effect) -> Effect:
    """The effect as a header's line has it: there a default is a text."""
    return (
        effect if effect.absent is None else replace(effect, absent=Absent(leaves.named(effect.absent.value)))
    )


def _accepts(rule: Rule) -> Accepts | None:
    """What a rule about values lets pass; None for the others."""
    from strangler.config.rules import DecimalRule, Instant, MapRule, PatternRule, TextRule

    match rule:
        case DecimalRule():
            return leaves.decimals(rule)
        case Instant():
            return _instants(rule)
        case MapRule():
            return leaves.mapped(rule)
        case TextRule():
            return leaves.texts(rule)
        case PatternRule():
            return leaves.patterned(rule)
        case _:
            return None


def _instants(rule: Instant) -> Accepts:
    try:
        return leaves.instants(rule)
    except (KeyError, ValueError):
        raise BadPath(f"{rule.zone!r} is not an IANA time zone, such as Europe/Berlin") from None
