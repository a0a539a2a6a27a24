"""The same value as another type: `"10"` and 10, `"true"` and true, one thing and a list of just it."""

from __future__ import annotations

from strangler.comparison.causes.site import Example, KnownCause, Site
from strangler.comparison.model import Node
from strangler.comparison.normal import normal
from strangler.comparison.values import number_in, type_name


def explain(site: Site) -> str | None:
    """Fits a difference of kind `type` under which the values mean the same."""
    if site.kind != "type":
        return None
    if not _mean_the_same(site.left, site.right) and not _mean_the_same(site.right, site.left):
        return None
    left, right = sorted((type_name(site.left), type_name(site.right)))
    return f"the same value as {left} and as {right}"


def _mean_the_same(one: Node, other: Node) -> bool:
    if isinstance(one, list):
        return len(one) == 1 and normal(one[0]) == normal(other)
    if isinstance(one, bool):
        return (isinstance(other, str) and other.lower() == str(one).lower()) or (
            not isinstance(other, bool) and number_in(other) == int(one)
        )
    number = number_in(one)
    return number is not None and not isinstance(other, bool) and number == number_in(other)


CAUSE = KnownCause(
    code="type",
    about=frozenset({"number", "type"}),
    explain=explain,
    good=(
        Example({"quantity": "10"}, {"quantity": 10}),
        Example({"paid": True}, {"paid": "true"}),
        Example({"paid": True}, {"paid": 1}),
        Example({"line": {"sku": "A"}}, {"line": [{"sku": "A"}]}),
    ),
    bad=(Example({"quantity": "10"}, {"quantity": 11}), Example({"paid": True}, {"paid": "yes"})),
)
