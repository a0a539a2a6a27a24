"""What happened to one exchange, with times: kept while it is worked on, made into spans at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

type Attributes = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Step:
    """Times are Unix nanoseconds."""

    name: str
    began_ns: int
    ended_ns: int
    attributes: Attributes


@dataclass(slots=True)
class Trail:
    """`trace`: the id of its trace; `parent`: of the client's span, 0 for none; `began_ns`: when the worker got it."""

    trace: int
    parent: int
    began_ns: int
    steps: list[Step] = field(default_factory=list[Step])

    def add(self, name: str, began_ns: int, ended_ns: int, **attributes: str | int | bool) -> None:
        """A step that is over."""
        self.steps.append(Step(name, began_ns, ended_ns, attributes))
