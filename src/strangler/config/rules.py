"""Rules as they stand in `strangler.yaml`: what may differ, why, who answers for it, until when.

A rule has one key that names its kind and holds one location or a list of them, and the options of that kind.
A location is an RFC 9535 JSONPath (`$.lines[*].amount`), `header:NAME`, or `status`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator

from strangler.config.base import Part
from strangler.config.fields import Milliseconds


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Locations = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]
"""One location or several."""


class Formats(Part):
    """An instant's format on either side: `iso`, `epoch`, `epoch-ms`, `http`, or a strptime pattern."""

    legacy: str = "iso"
    candidate: str = "iso"


class _Rule(Part):
    reason: str | None = None
    """Why this may differ."""
    owner: str | None = None
    """Who answers for it."""
    expires: date | None = None
    """The last day it holds. An expired rule blocks the gate."""


class Only(_Rule):
    """Compare just these places (and what lies under them)."""

    only: Locations


class Ignore(_Rule):
    """Do not compare these places."""

    ignore: Locations


class Unordered(_Rule):
    """The order of this list means nothing."""

    unordered: Locations
    by: str | None = None
    """The member that names an item (`id`). Without it items are paired by likeness."""


class DecimalRule(_Rule):
    """Numbers, or texts that hold one, compared by value."""

    decimal: Locations
    scale: int | None = Field(default=None, ge=0, le=20)
    """Digits after the point to round both to before comparing. Absent: exactly as they are."""
    tolerance: int = Field(default=0, ge=0)
    """Minor units (of `scale`, else of the finer of both) by which they may differ."""
    rounding: Literal["half-up", "half-even", "down"] = "half-up"


class Instant(_Rule):
    """Dates and times compared as moments."""

    instant: Locations
    format: Formats = Formats()
    tolerance: Milliseconds = 0
    zone: str = "UTC"
    """IANA zone of a value that names none."""

    @field_validator("format", mode="before")
    @classmethod
    def _both(cls, value: object) -> object:
        return {"legacy": value, "candidate": value} if isinstance(value, str) else value


class Identity(_Rule):
    """Opaque ids: equal when they map one to one across the whole run."""

    identity: Locations


class MapRule(_Rule):
    """An enumeration that has other names on the candidate."""

    map: Locations
    values: dict[str, str]
    """Legacy's value to the candidate's."""


class Rename(_Rule):
    """A field that stands elsewhere on the candidate."""

    rename: Annotated[str, Field(min_length=1)]
    """Its location on legacy."""
    to: str
    """Its location on the candidate; the same number of wildcards."""


_KINDS: dict[str, str] = {
    "only": "only",
    "ignore": "ignore",
    "unordered": "unordered",
    "decimal": "decimal",
    "instant": "instant",
    "identity": "identity",
    "map": "map",
    "rename": "rename",
}


def kind_of(value: Any) -> str | None:
    """The kind of a rule as written (a mapping) or as a model; None when no key names one, or two do."""
    keys = value.keys() if isinstance(value, dict) else type(value).model_fields.keys()
    found = [key for key in keys if key in _KINDS]
    return found[0] if len(found) == 1 else None


type Rule = Annotated[
    Annotated[Only, Tag("only")]
    | Annotated[Ignore, Tag("ignore")]
    | Annotated[Unordered, Tag("unordered")]
    | Annotated[DecimalRule, Tag("decimal")]
    | Annotated[Instant, Tag("instant")]
    | Annotated[Identity, Tag("identity")]
    | Annotated[MapRule, Tag("map")]
    | Annotated[Rename, Tag("rename")],
    Discriminator(
        kind_of,
        custom_error_type="rule_kind",
        custom_error_message="a rule has exactly one of: " + ", ".join(_KINDS),
    ),
]
