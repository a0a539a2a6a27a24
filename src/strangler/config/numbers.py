"""`numbers` of a route: where a document's number stands in its answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from strangler.config.base import Part
from strangler.config.fields import BodyPath, Milliseconds
from strangler.config.places import check_jsonpath


def _series(value: str) -> str:
    return check_jsonpath(value) if value.startswith("$") else value


class Numbers(Part):
    """A sequence that both systems draw from is watched: gaps, doubles, order, and what a shadow draws."""

    number: BodyPath = "$.number"
    """An RFC 9535 JSONPath to the number. A run of its digits counts; what stands around it names the series."""
    counter: Literal["first", "last"] = "last"
    """Which run of digits that is: `RE-2026-0441` counts by its last, `0441/2026` by its first."""
    document: BodyPath = "$.id"
    """A JSONPath to what the document is called on its side; as many as there are numbers. Kept as a keyed hash."""
    series: Annotated[str, AfterValidator(_series), Field(max_length=200)] = ""
    """What tells series apart beside that: a constant, or a JSONPath (it begins with `$`)."""
    settle: Milliseconds = 300_000
    """How long a number may be missing before it is a gap: what is drawn beside it may take so long."""
