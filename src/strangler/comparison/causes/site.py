"""What a cause is given: one difference with its surroundings. And what a cause is: a name, a test, examples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from strangler.comparison.model import Kind, Node, Path

type Subject = Literal["lone", "list", "type", "number", "date", "text", "value"]
"""What a difference is about: something that one side only has, a list as a whole (its order or length), a change
of type, two numbers (or texts that are numbers), two dates, two other texts, or other values.
"""


@dataclass(slots=True)
class Site:
    """A difference and the two documents around it (in legacy's shape, renames put back).

    `path` counts list positions as legacy has them, `counterpart` as the candidate has them. `currency` is the
    nearest one; `amount` says that the value is an amount of money. `name` is the last name of the path.
    `numbers`: both values, where both are numbers or texts that are nothing but a number.
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
    name: str = ""
    numbers: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """Two whole documents, legacy's and the candidate's."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class KnownCause:
    """`explain` gives a detail for people where the cause fits, else None. It must not care which side is which.

    `about` names the subjects it is asked about. `good` are examples whose one difference has this cause, `bad`
    ones that look like it and are not: both are documentation and test.
    """

    code: str
    about: frozenset[Subject]
    explain: Callable[[Site], str | None]
    good: tuple[Example, ...]
    bad: tuple[Example, ...]
