"""A learner that was shown pairs of documents, as a run of `compare` would show them."""

from __future__ import annotations

from collections.abc import Iterable

from strangler.comparison.context import Context
from strangler.comparison.learning.cause import Run
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.learner import Learner
from strangler.comparison.learning.sight import Sight, learned
from strangler.comparison.learning.table import claims_of
from strangler.comparison.model import Node
from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.comparison.values import canonical
from strangler.testing.samples import answer

type Pairs = Iterable[tuple[Node, Node]]
NO_RULES = Rules()


def shown(left: Node, right: Node, rules: Rules = NO_RULES, status: int = 200) -> Sight:
    ours, theirs = (answer(canonical(side), status=status) for side in (left, right))
    outcome = compare(ours, theirs, rules)
    assert outcome.verdict != "failed"
    return Sight("r", ours, theirs, outcome.differences, outcome.differences, rules, Context())


def taught(pairs: Pairs, rules: Rules = NO_RULES) -> Learner:
    learner = Learner()
    for left, right in pairs:
        sight = shown(left, right, rules)
        learner.take(sight, learned(sight, learner.watched, learner.kept))
    return learner


def claims(pairs: Pairs, rules: Rules = NO_RULES) -> list[Claim]:
    return list(claims_of(taught(pairs, rules).known))


def in_turn(run: Run) -> list[tuple[Node, Node]]:
    """All pairs of a run, those of one example after the other."""
    return [(example.left, example.right) for count, example in run for _ in range(count)]
