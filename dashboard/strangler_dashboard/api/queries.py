"""Parameters of the API's addresses. Each type checks what is asked, and is what the OpenAPI document says of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from strangler.comparison.model import Severity
from strangler.ledger.divergences import State

_BEGINS: Final = "Where the page begins: `following` of the page before it."

type Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
type Limit = Annotated[int, Meta(ge=1, le=200, description="How many at most.")]
type After = Annotated[
    str, Meta(min_length=1, max_length=400, pattern="^[A-Za-z0-9_-]*$", description=_BEGINS)
]
type Before = Annotated[str, Meta(pattern="^[1-9][0-9]{0,14}$", description=_BEGINS)]


class OfHistory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A page of the audit."""

    limit: Limit = 50
    after: Before | UnsetType = UNSET


class OfDivergences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which divergences; what is left out filters nothing."""

    limit: Limit = 50
    after: After | UnsetType = UNSET
    cutover: Annotated[Text, Meta(description="Of one cutover of the file.")] | UnsetType = UNSET
    route: Annotated[Text, Meta(description="Of one route.")] | UnsetType = UNSET
    cause: Annotated[Text, Meta(description="With this cause.")] | UnsetType = UNSET
    version: Annotated[Text, Meta(description="Seen with this version of the candidate.")] | UnsetType = UNSET
    stratum: Annotated[Text, Meta(description="Seen in this stratum.")] | UnsetType = UNSET
    search: (
        Annotated[Text, Meta(description="Part of the id, place, cause or values, whatever the case.")]
        | UnsetType
    ) = UNSET
    state: Annotated[State, Meta(description="Those in one state.")] | UnsetType = UNSET
    severity: Annotated[Severity, Meta(description="Those of one severity.")] | UnsetType = UNSET
    epoch: Annotated[
        Literal["all", "current"],
        Meta(
            description="Ever seen, or seen under the present rules with the present candidate. Counts are over all."
        ),
    ] = "all"


class OfEntries(OfHistory, frozen=True):
    """Which entries of the audit."""

    subject: (
        Annotated[Text, Meta(description="About one cutover, one divergence or `table`.")] | UnsetType
    ) = UNSET
