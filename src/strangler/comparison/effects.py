"""What a rule of the configuration does at the places it names, compiled from its model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from strangler.comparison import leaves
from strangler.comparison.called import called
from strangler.comparison.model import Node
from strangler.comparison.paths import BadPath
from strangler.comparison.plain import plain_tree
from strangler.comparison.states import Absent, Effect
from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler.comparison.leaves import Accepts
    from strangler.config.functions import Offered
    from strangler.config.rules import CallRule, Default, Instant, Rule

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
        moment = _date_in(rule.value)
        if moment is None:
            remedy = "texts, numbers, booleans, null, and maps and lists of them"
            raise BadPath(f"`value` of a default: {error.what}", remedy) from None
        what = f"`value` of a default: YAML reads {moment} as a date, and answers hold texts"
        raise BadPath(what, f'quote it: "{moment}"') from None


def _date_in(value: object) -> str | None:
    """The first date in a value as YAML read it, as it may have been written."""
    if isinstance(value, date):
        return value.isoformat()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_date_in, inner) if found is not None), None)


def in_a_header(effect: Effect) -> Effect:
    """The effect as a header's line has it: there a default is a text."""
    return (
        effect if effect.absent is None else replace(effect, absent=Absent(leaves.named(effect.absent.value)))
    )


def _accepts(rule: Rule) -> Accepts | None:
    """What a rule about values lets pass; None for the others."""
    from strangler.config.rules import CallRule, DecimalRule, Instant, MapRule, PatternRule, TextRule

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
        case CallRule():
            return called(function_of(rule))
        case _:
            return None


def function_of(rule: CallRule) -> Offered:
    """The function that a rule names. Raises BadPath where it is not there any more."""
    from strangler.config.functions import offered

    try:
        return offered(rule.function)
    except ValueError as error:
        raise BadPath(str(error), "install it, or name another function") from None


def _instants(rule: Instant) -> Accepts:
    try:
        return leaves.instants(rule)
    except (KeyError, ValueError):
        raise BadPath(f"{rule.zone!r} is not an IANA time zone", "such as Europe/Berlin") from None
