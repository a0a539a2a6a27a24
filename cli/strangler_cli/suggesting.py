"""From what is proposed to what would be written: choose, sign, put into the file; and proposals from pairs alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from strangler.comparison.context import Context
from strangler.comparison.learning.learner import Learner
from strangler.comparison.learning.sight import Sight, learned
from strangler.comparison.learning.sightings import with_learned
from strangler.comparison.learning.table import claims_of
from strangler.comparison.mirror import mirrored
from strangler.comparison.observations import Observations, settle
from strangler.comparison.pair import compare
from strangler.comparison.proposals import propose
from strangler.comparison.rules import Rules
from strangler.comparison.sightings import Sightings
from strangler.config.editing import Edited, says_nothing, with_listed
from strangler.config.rulesfile import parse_rules
from strangler.errors import UsageError
from strangler.views.proposals import Proposed, proposals, proposed
from strangler.views.words import counted
from strangler_cli import session
from strangler_cli.accepting import with_additions, write, write_accepting
from strangler_cli.confirming import said_new_epoch
from strangler_cli.files import read_text
from strangler_cli.pairing.pair import Pair, Unread
from strangler_cli.progress import progress
from strangler_cli.screen import Screen

if TYPE_CHECKING:
    from strangler.comparison.model import Outcome
    from strangler.config import Loaded
    from strangler.config.rules import Rule
    from strangler_cli.pairing.pair import Entry

_NAMED: Final = 10
NEW_FILE: Final = "rules.yaml"
"""What a file of rules is called in a patch where nobody has named one."""

type Signed = Sequence[tuple[Proposed, Mapping[str, Any]]]
"""What was chosen, each with its rule as it is to be written."""


@dataclass(frozen=True, slots=True)
class FromLedger:
    """What the ledger speaks for, to go into strangler.yaml."""

    loaded: Loaded
    shared: bool
    proposed: list[Proposed]

    def edited(self, rules: Signed) -> Edited:
        """The file with these rules; where they are shared, the same place on several routes is one rule."""
        if not self.shared:
            return with_additions(self.loaded, [(rule, each.route) for each, rule in rules])
        kept = {(each.proposal.kind, each.proposal.place): (rule, None) for each, rule in rules}
        return with_additions(self.loaded, list(kept.values()))

    def write(self, new: Edited, rules: Signed, actor: str) -> None:
        """Write it; the divergences that the rules let pass are accepted with it. Raises as `accepting.write`."""
        accepted = [(mark, rule) for each, rule in rules for mark in each.proposal.marks]
        with session.ledger_of(self.loaded) as ledger:
            write_accepting(new, ledger, accepted, actor=actor, now_ns=session.now_ns())

    def said(self, new: Edited) -> None:
        """What follows."""
        said_new_epoch(new)

    def asides(self) -> list[str]:
        """Nothing was left out."""
        return []

    def counts(self) -> dict[str, Any]:
        """Nothing to count beside the proposals."""
        return {}


def from_ledger(loaded: Loaded, *, route: str | None, fewest: int, shared: bool) -> FromLedger:
    """Proposals for the routes of the file, or one of them. Raises UsageError where there is no such route."""
    if route is not None:
        session.known_route(loaded, route)
    with session.ledger_of(loaded) as ledger, ledger.read() as connection:
        found = proposals(connection, loaded, route=route, fewest=fewest, shared=shared)
    return FromLedger(loaded, shared, found)


@dataclass(frozen=True, slots=True)
class FromPairs:
    """What pairs speak for, to go into a file of rules. `failed`: pairs of which one answer has nothing to compare."""

    file: str | None
    text: str | None
    proposed: list[Proposed]
    compared: int
    failed: int
    unread: list[Unread]

    def edited(self, rules: Signed) -> Edited:
        """The file with these rules."""
        return with_listed(self.text, Path(self.file or NEW_FILE), [rule for _, rule in rules])

    def write(self, new: Edited, _rules: Signed, _actor: str) -> None:
        """Write it. Raises as `accepting.write`."""
        write(new)

    def said(self, new: Edited) -> None:
        """Where it went."""
        Screen().line(f"written to {new.file}")

    def asides(self) -> list[str]:
        """What was not compared."""
        out = [f"{each.where}: {each.why}" for each in self.unread[:_NAMED]]
        if len(self.unread) > _NAMED:
            out.append(f"and {len(self.unread) - _NAMED:,} more lines that could not be read")
        return [*out, *([f"{counted(self.failed, 'pair')} failed to compare"] if self.failed else [])]

    def counts(self) -> dict[str, Any]:
        """What was compared, and what was not."""
        return {"compared": self.compared, "failed": self.failed, "unread": len(self.unread)}


def from_pairs(
    entries: Iterable[Entry],
    file: str | None,
    context: Context,
    *,
    own: bool,
    route: str | None,
    fewest: int,
) -> FromPairs:
    """Proposals that hold whatever the route, beside the rules in `file`, which need not exist yet.

    `own`: both answers of a pair are one system's. `route`: its pairs alone. Raises UsageError where there is nothing
    to compare, or the file cannot be read; ConfigError for what is no rule in it.
    """
    text, rules = _rules_in(file)
    allowed = mirrored(rules, "legacy") if own else Rules.of(rules)
    seen, known, learner = Sightings(own=own), Observations(), Learner()
    unread: list[Unread] = []
    compared = failed = 0
    with progress("comparing") as step:
        for entry in entries:
            if isinstance(entry, Unread):
                unread.append(entry)
            elif isinstance(entry, Pair) and route in {None, entry.route}:
                outcome = settle(compare(entry.legacy, entry.candidate, allowed, context), known)
                known.learn(outcome.pairings)
                seen.take(outcome)
                if not own and outcome.verdict != "failed":
                    _learn(learner, entry, outcome, allowed, context)
                compared, failed = compared + 1, failed + (outcome.verdict == "failed")
            step()
    if not compared:
        raise UsageError("there is nothing to compare", where=f"route {route}" if route else None)
    told = with_learned(seen.seen(), claims_of(learner.known), compared - failed)
    found = [proposed(each) for each in propose(told, Rules.of(rules), fewest=fewest)]
    return FromPairs(file, text, found, compared - failed, failed, unread)


def _learn(learner: Learner, pair: Pair, outcome: Outcome, rules: Rules, context: Context) -> None:
    """All routes are one here: the rules are to hold for each."""
    found = outcome.differences
    whole = not outcome.unlisted
    sight = Sight("", pair.legacy, pair.candidate, found, found, rules, context, whole)
    learner.take(sight, learned(sight, learner.watched, learner.kept))


def _rules_in(file: str | None) -> tuple[str | None, tuple[Rule, ...]]:
    """The text of a file of rules, None where there is none yet, and the rules in it."""
    if file is None or not Path(file).exists():
        return None, ()
    text = read_text(file)
    return text, () if says_nothing(text) else parse_rules(text, Path(file))[0]


def chosen(found: Sequence[Proposed], ids: Sequence[str]) -> list[Proposed]:
    """Those that are named, by the first digits of their ids; all where none is. Raises UsageError."""
    if not ids:
        return list(found)
    out: list[Proposed] = []
    for wanted in dict.fromkeys(ids):
        fitting = [each for each in found if each.id.startswith(wanted)]
        if len(fitting) != 1:
            known = ", ".join(each.id for each in found) or "none"
            what = f"there is no proposal {wanted!r}" if not fitting else f"{wanted!r} fits several proposals"
            raise UsageError(what, remedy=f"proposed now: {known}")
        out += fitting
    return list({each.id: each for each in out}.values())
