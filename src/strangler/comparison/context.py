"""What a comparison is told beside the two answers: base URLs, namespaces, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strangler.comparison.declared import DeclaredFormat


@dataclass(frozen=True, slots=True)
class Limits:
    """Ceilings that keep one hostile answer from taking the worker with it.

    `decoded`: bytes of a body after its content coding. `depth`: levels of a tree. `listed`: differences that are
    listed one by one (the rest is counted in `Outcome.unlisted`). `one_sided`: items of one list that may be
    missing (or extra) before the list gets one difference of kind `length`.
    """

    decoded: int = 64 << 20
    depth: int = 128
    listed: int = 1_000
    one_sided: int = 16


@dataclass(frozen=True, slots=True)
class Context:
    """`legacy_base` and `candidate_base` are taken off a `Location` before it is compared.

    `namespaces` gives XML namespaces a prefix (prefix to URI), beside the well-known ones. `zone` is the IANA zone
    in which causes read a date without one. `declared` says how bodies are to be read, whatever their media type.
    """

    legacy_base: str = ""
    candidate_base: str = ""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    limits: Limits = Limits()
    declared: DeclaredFormat | None = None
