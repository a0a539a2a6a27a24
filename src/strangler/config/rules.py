"""Rules as they stand in `strangler.yaml`: what may differ, why, who answers for it, until when.

A rule has one key that names its kind and holds one location or a list of them, and the options of that kind.
A location is an RFC 9535 JSONPath (`$.lines[*].amount`), `header:NAME`, or `status`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from strangler.config.base import BRANCH, ONE_OR_MORE, Part, or_text
from strangler.config.fields import BodyPath, Milliseconds, Place
from strangler.config.functions import check_function
from strangler.config.places import check_zone
from strangler.config.regexes import check_regex


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Locations = Annotated[tuple[Place, ...], BeforeValidator(_listed), Field(min_length=1), ONE_OR_MORE]
"""One location or several."""


def _named(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else "null" if value is None else value


Named = Annotated[
    str,
    BeforeValidator(_named),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}, mode="validation"),
]
"""A value as text: YAML reads `1: paid` as a number, and a rule means its name."""


def _format(value: str) -> str:
    if value not in {"iso", "epoch", "epoch-ms", "http"} and "%" not in value:
        raise ValueError("not a format; one of iso, epoch, epoch-ms, http, or a pattern such as %d.%m.%Y")
    return value


class Formats(Part):
    """An instant's format on either side: `iso`, `epoch`, `epoch-ms`, `http`, or a strptime pattern."""

    legacy: Annotated[str, AfterValidator(_format)] = "iso"
    """As legacy writes it."""
    candidate: Annotated[str, AfterValidator(_format)] = "iso"
    """As the candidate writes it."""


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
    """The places, and what lies under them, that are compared; the status always is."""


class Ignore(_Rule):
    """Do not compare these places."""

    ignore: Locations
    """The places that are not compared."""


class Unordered(_Rule):
    """The order of this list means nothing."""

    unordered: Locations
    """Lists whose order means nothing."""
    by: str | None = None
    """The member that names an item (`id`). Without it items are paired by likeness."""


class DecimalRule(_Rule):
    """Numbers, or texts that hold one, compared by value."""

    decimal: Locations
    """Numbers, or texts that hold one."""
    scale: int | None = Field(default=None, ge=0, le=20)
    """Digits after the point to round both to before comparing. Absent: exactly as they are."""
    tolerance: int = Field(default=0, ge=0)
    """Minor units (of `scale`, else of the finer of both) by which they may differ."""
    rounding: Literal["half-up", "half-even", "down"] = "half-up"
    """How both are rounded to `scale`."""


class Instant(_Rule):
    """Dates and times compared as moments."""

    instant: Locations
    """Dates and times."""
    format: Formats = Field(default_factory=Formats, json_schema_extra=or_text)
    """One format for both sides, or `{legacy: …, candidate: …}`."""
    tolerance: Milliseconds = 0
    """How far apart the moments may lie."""
    zone: Annotated[str, AfterValidator(check_zone)] = "UTC"
    """IANA zone of a value that names none."""

    @field_validator("format", mode="before")
    @classmethod
    def _both(cls, value: object) -> object:
        return {"legacy": value, "candidate": value} if isinstance(value, str) else value


class Identity(_Rule):
    """Opaque ids: equal when they map one to one across the whole run."""

    identity: Locations
    """Ids that either side gives out by itself."""


class MapRule(_Rule):
    """An enumeration that has other names on the candidate."""

    map: Locations
    """Values that have other names on the candidate."""
    values: Annotated[dict[Named, Named], Field(min_length=1)]
    """Legacy's value to the candidate's; numbers and booleans are named as JSON writes them."""


class Rename(_Rule):
    """A field that stands elsewhere on the candidate."""

    rename: BodyPath
    """Its location on legacy."""
    to: BodyPath
    """Its location on the candidate; the same number of wildcards."""


def _always_there(places: tuple[str, ...]) -> tuple[str, ...]:
    if "status" in places:
        raise ValueError("the status is never absent")
    return places


class Default(_Rule):
    """What is absent equals a value."""

    default: Annotated[Locations, AfterValidator(_always_there)]
    """Places that either side may leave out."""
    value: Any
    """The value that being absent stands for, of any type; of a header, its text."""


class TextRule(_Rule):
    """Texts that say the same in other letters."""

    text: Locations
    """Texts; what is no text is compared as it is."""
    whitespace: Literal["collapse", "trim", "keep"] = "keep"
    """`collapse`: any white space is one space, none at the ends; `trim`: none at the ends."""
    case: Literal["fold", "keep"] = "keep"
    """`fold`: upper and lower case are alike."""
    unicode: Literal["NFC", "NFKC", "keep"] = "keep"
    """The Unicode form that both are brought into."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.whitespace == self.case == self.unicode == "keep":
            raise ValueError("a text rule needs `whitespace`, `case` or `unicode`, else it lets nothing pass")
        return self


class PatternRule(_Rule):
    """Values of which only the form counts."""

    pattern: Locations
    """Texts, numbers and booleans, as JSON writes them."""
    matches: Annotated[str, AfterValidator(check_regex)]
    """A regular expression (Python's) that both must match as a whole; then they may differ."""


class CallRule(_Rule):
    """Values of which a function of your own says whether they are the same."""

    call: Locations
    """The places whose values it is asked about."""
    function: Annotated[str, AfterValidator(check_function)]
    """Its name among the entry points `strangler.rules` of what is installed."""


_MODELS: Final[dict[str, type[_Rule]]] = {
    "only": Only,
    "ignore": Ignore,
    "unordered": Unordered,
    "decimal": DecimalRule,
    "instant": Instant,
    "identity": Identity,
    "map": MapRule,
    "rename": Rename,
    "default": Default,
    "text": TextRule,
    "pattern": PatternRule,
    "call": CallRule,
}

KINDS: Final = tuple(_MODELS)
"""The kinds of rules, each the name of a rule's first key."""


def kind_of(value: Any) -> str | None:
    """The kind of a rule as written (a mapping) or as a model; None when no key names one, or two do."""
    keys = value.keys() if isinstance(value, dict) else getattr(type(value), "model_fields", {}).keys()
    found = [key for key in keys if key in _MODELS]
    return found[0] if len(found) == 1 else None


def places_of(rule: Rule) -> tuple[str, ...]:
    """The places that a rule names; of a `rename`, legacy's."""
    value = getattr(rule, kind_of(rule) or "")
    return (value,) if isinstance(value, str) else tuple(value)


def keys_of(kind: str) -> list[str]:
    """What a rule of this kind may say."""
    return list(_MODELS[kind].model_fields)


def _branch(value: Any) -> str | None:
    kind = kind_of(value)
    return None if kind is None else BRANCH + kind


type Rule = Annotated[
    Annotated[Only, Tag(BRANCH + "only")]
    | Annotated[Ignore, Tag(BRANCH + "ignore")]
    | Annotated[Unordered, Tag(BRANCH + "unordered")]
    | Annotated[DecimalRule, Tag(BRANCH + "decimal")]
    | Annotated[Instant, Tag(BRANCH + "instant")]
    | Annotated[Identity, Tag(BRANCH + "identity")]
    | Annotated[MapRule, Tag(BRANCH + "map")]
    | Annotated[Rename, Tag(BRANCH + "rename")]
    | Annotated[Default, Tag(BRANCH + "default")]
    | Annotated[TextRule, Tag(BRANCH + "text")]
    | Annotated[PatternRule, Tag(BRANCH + "pattern")]
    | Annotated[CallRule, Tag(BRANCH + "call")],
    Discriminator(
        _branch,
        custom_error_type="rule_kind",
        custom_error_message="a rule has exactly one of: " + ", ".join(KINDS),
    ),
]
"""What may differ. One key names the kind and holds a place or a list of places."""
