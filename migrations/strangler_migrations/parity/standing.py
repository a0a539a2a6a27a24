"""How two sides stand to one another: how both hash, whether one snapshot serves both."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.canonical import digest
from strangler_migrations.parity.layout import Layout
from strangler_migrations.parity.side import Shape
from strangler_migrations.parity.statements import Method


@dataclass(frozen=True, slots=True)
class Standing:
    """`one_place`: both are in one database of one server. `about`: a digest of sides, columns and forms."""

    method: Method
    one_place: bool
    about: str
    relations: tuple[str, str]


def standing(shapes: tuple[Shape, Shape], layout: Layout) -> Standing:
    """The fastest method by which both servers made the same of known values."""
    left, right = shapes
    methods: tuple[Method, ...] = ("typed", "text", "md5")
    method: Method = next(
        each for each in methods if left.hashes.get(each) == right.hashes.get(each) is not None
    )
    about = digest(
        [
            [(shape.server, shape.relation) for shape in shapes],
            [(part.left, part.right, part.order) for part in layout.key],
            [(pair.left, pair.right, pair.form.left, pair.form.right) for pair in layout.pairs],
            method,
        ]
    )
    return Standing(method, left.place == right.place != "", about, (left.relation, right.relation))
