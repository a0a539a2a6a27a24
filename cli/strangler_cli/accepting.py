"""Make a rule of what a person accepts: build it, put it into the file, note it in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

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
    with ledger.begin() as connection:
        for divergence, rule in accepted:
            text, reason = "\n".join(block(rule, 0)), str(rule["reason"])
            divergences.accept(connection, divergence, actor=actor, reason=reason, rule=text, now_ns=now_ns)
        write(new)  # last: when it cannot be, nothing was accepted


def write(new: Edited) -> None:
    """Put the new text in the place of the file, at once. Raises UsageError when it changed meanwhile."""
    if new.before is None:
        write_new(new.file, new.after)
        return
    if read_text(str(new.file)) != new.before:
        raise UsageError("somebody else changed it just now", where=str(new.file), remedy="try again")
    replace_text(new.file, new.after)
