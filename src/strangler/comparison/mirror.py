"""The rules of a route as one side sees them, for an answer of that side beside its own second one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strangler.comparison.rules import Rules
from strangler.exchange import Side

if TYPE_CHECKING:
    from strangler.config.rules import Rule


def mirrored(rules: Sequence[Rule], side: Side) -> Rules:
    """What may differ between two answers of the same side. Raises ConfigError.

    `only`, `ignore`, `unordered` and `decimal` say the same of either side and stay. `instant` reads both answers in
    that side's format. `map`, `identity` and `call` say how the sides' values belong together: one side calls the
    same thing the same, so they fall away. `rename` puts both answers of the candidate into legacy's shape, since all
    rules and all findings name legacy's locations; legacy's are in it already.
    """
    kept = [own for rule in rules if (own := _own(rule, side)) is not None]
    return Rules(kept, moves_both=side == "candidate")


def _own(rule: Rule, side: Side) -> Rule | None:
    from strangler.config.rules import CallRule, Formats, Identity, Instant, MapRule, Rename, places_of

    if isinstance(rule, MapRule | Identity | CallRule):
        return _looked_at(places_of(rule))
    if isinstance(rule, Rename) and side == "legacy":
        return None
    if isinstance(rule, Instant):
        form = rule.format.legacy if side == "legacy" else rule.format.candidate
        return rule.model_copy(update={"format": Formats(legacy=form, candidate=form)})
    return rule


def _looked_at(locations: Sequence[str]) -> Rule | None:
    """A rule that lets nothing pass: of the headers, only those that some rule names are compared at all."""
    from strangler.config.rules import MapRule

    headers = tuple(place for place in locations if place.lower().startswith("header:"))
    return MapRule.model_construct(map=headers, values={}) if headers else None
