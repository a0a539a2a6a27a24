"""Where the rows of a table stand, worked out when somebody asks: a table has many, and few of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from strangler.comparison.model import Path


@dataclass(frozen=True, slots=True)
class Rows(Mapping[Path, str]):
    """`$[i]` is `row 7`: `count` of them, called `word`, the first having the number `first`."""

    word: str
    first: int
    count: int

    def __getitem__(self, path: Path) -> str:
        position = path[0] if len(path) == 1 else None
        if not isinstance(position, int) or not 0 <= position < self.count:
            raise KeyError(path)
        return f"{self.word} {self.first + position}"

    def __iter__(self) -> Iterator[Path]:
        return ((position,) for position in range(self.count))

    def __len__(self) -> int:
        return self.count
