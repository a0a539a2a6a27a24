"""Make a rule of what a person accepts: build it, put it into the file, note it in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from strangler.comparison.learning.claims import proposed_rule
from strangler.errors import UsageError
from strangler.ledger import divergences
from strangler_cli.editing import Addition, Edited, with_rules
from strangler_cli.files import read_text, replace_text, write_new
from strangler_cli.formats.rule_yaml import block
from strangler_cli.places import rule_place

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.divergences import Divergence
    from strangler.ledger.store import Ledger

_SIGNATURE = frozenset({"reason", "owner", "expires"})


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


def with_additions(loaded: Loaded, additions: Sequence[Addition]) -> Edited:
    """The file with these rules. Nothing is written yet. Raises as `with_rules`."""
    return with_rules(read_text(str(loaded.file)), loaded.file, additions)


def write_accepting(
    new: Edited, ledger: Ledger, accepted: Sequence[tuple[str, Mapping[str, Any]]], *, actor: str, now_ns: int
) -> None:
    """Put the new text in place, and note the divergences (by their ids) that its rules let pass. All or nothing.

    Raises as `write`.
    """
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for divergence, rule in accepted:
        rules.setdefault(divergence, []).append(rule)
    with ledger.begin() as connection:
        for divergence, those in rules.items():
            found = divergences.find(connection, divergence)
            divergences.accept(
                connection,
                found.id,
                actor=actor,
                reason=str(those[0]["reason"]),
                rule="\n".join(line for rule in those for line in block(rule, 0)),
                now_ns=now_ns,
                whole=_whole(found, those),
            )
        write(new)  # last: when it cannot be, nothing was accepted


def _whole(divergence: Divergence, rules: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these rules let its parts pass, too: all that was learned of it is among them."""
    said = [{name: value for name, value in rule.items() if name not in _SIGNATURE} for rule in rules]
    learned = [proposed_rule(claim) for claim in divergence.claims]
    return bool(learned) and all(
        {name: value for name, value in each.items() if name not in _SIGNATURE} in said for each in learned
    )


def write(new: Edited) -> None:
    """Put the new text in the place of the file, at once. Raises UsageError when it changed meanwhile."""
    if new.before is None:
        write_new(new.file, new.after)
        return
    if read_text(str(new.file)) != new.before:
        raise UsageError("somebody else changed it just now", where=str(new.file), remedy="try again")
    replace_text(new.file, new.after)
