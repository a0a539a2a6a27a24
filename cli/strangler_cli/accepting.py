"""Make a rule of what a person accepts: build it, put it into the file, note it in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from strangler.comparison.learning.claims import proposed_rule
from strangler.config.editing import Addition, Edited, with_rules
from strangler.config.rule_yaml import block
from strangler.errors import UsageError
from strangler.ledger import divergences
from strangler_cli.files import read_text, replace_text, write_new

if TYPE_CHECKING:
    from strangler.config import Loaded
    from strangler.ledger.divergences import Divergence
    from strangler.ledger.store import Ledger

_SIGNATURE = frozenset({"reason", "owner", "expires"})


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
