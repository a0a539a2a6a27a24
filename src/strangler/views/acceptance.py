"""The rule that would let a divergence pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from strangler.comparison.learning.claims import proposed_rule
from strangler.errors import UsageError
from strangler.views.places import rule_place

if TYPE_CHECKING:
    from strangler.ledger.divergences import Divergence


def rules_for(
    divergence: Divergence,
    kind: str | None,
    options: Sequence[str],
    *,
    reason: str,
    owner: str | None,
    expires: date | None,
) -> list[dict[str, Any]]:
    """What is to be written where this divergence may differ: a rule of this kind; where none is said, what was learned
    of it over many pairs, else `ignore`. Raises UsageError where no rule can.
    """
    if kind is None and divergence.claims and not options:
        signature = signed(reason=reason, owner=owner, expires=expires)
        return [{**proposed_rule(claim), **signature} for claim in divergence.claims]
    said = kind or "ignore"
    return [rule_for(divergence, said, options, reason=reason, owner=owner, expires=expires)]


def rule_for(
    divergence: Divergence,
    kind: str,
    options: Sequence[str],
    *,
    reason: str,
    owner: str | None,
    expires: date | None,
) -> dict[str, Any]:
    """The rule that lets this divergence pass. Raises UsageError where no rule can."""
    if divergence.kind == "failed":
        raise UsageError(
            "a failed answer cannot be accepted: there is nothing to compare",
            where=f"divergence {divergence.id}",
            remedy="mend the candidate; `policy.failed` says what share may fail",
        )
    place = rule_place(divergence.location)
    if place is None:
        raise UsageError(f"no rule can name {divergence.location}", where=f"divergence {divergence.id}")
    if kind == "ignore" and place.endswith("[*]") and divergence.kind in {"missing", "extra"}:
        raise _too_wide(divergence, place)
    return {kind: place, **_options(options), **signed(reason=reason, owner=owner, expires=expires)}


def _too_wide(divergence: Divergence, place: str) -> UsageError:
    return UsageError(
        f"`ignore: {place}` would hide every item there with all that is in it, not only what is {divergence.kind}",
        where=f"divergence {divergence.id}",
        remedy=f"if that is meant, write `ignore: {place.removesuffix('[*]')}` into the file; else mend the candidate",
    )


def signed(*, reason: str | None, owner: str | None, expires: date | None) -> dict[str, Any]:
    """Why, who answers for it, until when; what is not said is left out."""
    said = {"reason": reason, "owner": owner, "expires": expires}
    return {name: value for name, value in said.items() if value}


def _options(options: Sequence[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals or not name:
            raise UsageError(
                f"an option of a rule is NAME=VALUE, not {option!r}", remedy="such as tolerance=1"
            )
        try:
            out[name.strip()] = YAML(typ="safe", pure=True).load(value)
        except (YAMLError, ValueError):
            raise UsageError(f"the value of {name} is not YAML: {value!r}") from None
    return out
