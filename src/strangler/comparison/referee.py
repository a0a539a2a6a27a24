"""DeepDiff as a second opinion: an independent judge of the same pair. A disagreement is an alarm about us.

It judges whole bodies that both decode, where no rule let anything pass (it knows none of them), and only whether
they are equal: where and why is not its business.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.model import Answer, Node, Outcome
from strangler.comparison.rules import Rules
from strangler.comparison.values import EXACT, tame
from strangler.errors import DecodeError

_PLAIN = Context()


class Undecided(Exception):  # noqa: N818  no error: nothing is known
    """It took too long."""


def disagrees(
    left: Answer,
    right: Answer,
    rules: Rules,
    outcome: Outcome,
    context: Context = _PLAIN,
    late: Callable[[], bool] = lambda: False,
) -> str | None:
    """What DeepDiff says otherwise, in a sentence without values; None where it agrees or cannot say.

    `late` is asked at every value; raises Undecided as soon as it is true.
    """
    if (
        outcome.verdict == "failed"
        or outcome.silenced
        or outcome.anomalies
        or rules.moves
        or left.status != right.status
    ):
        return None
    if rules.only_fields is not None or rules.records_ids:
        return None
    try:
        ours, theirs = decode(left, context), decode(right, context)
    except DecodeError as error:
        return f"a body that was compared cannot be read: {error.what}"
    if ours.media != theirs.media:
        return None
    differ = _differ(ours.root, theirs.root, late)
    found = any(difference.location.part == "body" for difference in outcome.differences)
    if differ and not found:
        return "DeepDiff finds a difference in bodies that were called equal"
    if found and not differ:
        return "DeepDiff finds no difference in bodies that were called different"
    return None


def _differ(left: Node, right: Node, late: Callable[[], bool]) -> bool:
    from deepdiff import DeepDiff

    def watched(_value: object, _path: str) -> bool:
        if late():
            raise Undecided
        return False

    # Position by position: whether they are equal is the question, and pairing items takes the square of them.
    return bool(
        DeepDiff(_tagged(left), _tagged(right), zip_ordered_iterables=True, exclude_obj_callback=watched)
    )


def _tagged(node: Node) -> object:
    """Scalars as texts that say their type.

    DeepDiff tells int from Decimal, which JSON does not; told to ignore that, it rounds, and takes true for 1.
    """
    if isinstance(node, dict):
        return {name: _tagged(child) for name, child in node.items()}
    if isinstance(node, list):
        return [_tagged(child) for child in node]
    if isinstance(node, int | Decimal) and not isinstance(node, bool):
        number = tame(node)
        if number is None:
            return f"number {node!r}"
        return f"number {number.normalize(EXACT) if number else 0}"
    return f"{type(node).__name__} {node}"
