"""A cause that many pairs tell: its name, what finds it in the evidence, and examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from strangler.comparison.causes.site import Example
from strangler.comparison.learning.claims import Claim
from strangler.comparison.learning.evidence import Learned

type Run = tuple[tuple[int, Example], ...]
"""Pairs of documents of one route, each so many times."""


@dataclass(frozen=True, slots=True)
class LearnedCause:
    """`good` are runs that it is learned from, `bad` ones that look like it: both are documentation and test."""

    code: str
    claims: Callable[[Learned], Iterable[Claim]]
    good: tuple[Run, ...]
    bad: tuple[Run, ...]
