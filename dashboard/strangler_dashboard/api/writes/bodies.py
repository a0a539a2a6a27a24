"""What a write says. Each type checks it, and is what the OpenAPI document says of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

_CONTROLS: Final = r"\x00-\x08\x0b\x0c\x0e-\x1f"
type Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=2_000,
        # Something to read, and no controls: the audit is shown to people.
        pattern=rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$",
        description="Why; the audit keeps it beside the name of who asks.",
    ),
]
type Findings = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{64}$",
        description="`findings` of the approval's request, as they were looked at: 409 where they are others by now.",
    ),
]


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every write says."""

    reason: Reason


class WhyHeld(Why, frozen=True, forbid_unknown_fields=True):
    """And for how long it is to be held."""

    lasts: Annotated[
        Literal["30m", "1h", "2h", "4h", "8h", "24h", "72h"],
        Meta(description="For how long; it ends by itself."),
    ]


class WhyAgreed(Why, frozen=True, forbid_unknown_fields=True):
    """And to what."""

    plan: (
        Annotated[
            str,
            Meta(
                pattern="^[0-9a-f]{6,64}$",
                description="The beginning of the plan's id; not needed where one thing is asked.",
            ),
        ]
        | UnsetType
    ) = UNSET
    findings: Findings | UnsetType = UNSET
