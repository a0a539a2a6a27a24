"""What a cause is given: one difference with its surroundings. And what a cause is: a name, a test, examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from strangler.comparison.model import Kind, Node, Path


@dataclass(frozen=True, slots=True)
class Site:
    """A difference and the two documents around it (in legacy's shape, renames put back).

    `path` counts list positions as legacy has them, `counterpart` as the candidate has them. `currency` is the
    nearest one; `amount` says that the value is an amount of money.
    """

    kind: Kind
    path: Path
    counterpart: Path
    left: Node
    right: Node
    left_root: Node
    right_root: Node
    currency: str | None = None
    amount: bool = False
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Example:
    """Two whole documents, legacy's and the candidate's."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class KnownCause:
    """`explain` gives a detail for people where the cause fits, else None. It must not care which side is which.

    `good` are examples whose one difference has this cause, `bad` ones that look like it and are not: both are
    documentation and test.
    """

    code: str
    explain: Callable[[Site], str | None]
    good: tuple[Example, ...]
    bad: tuple[Example, ...]
