"""Errors as answers: problem details (RFC 9457) for programs, a page in words for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import msgspec

from strangler.errors import (
    ConfigError,
    Conflict,
    LedgerMismatch,
    LedgerUnavailable,
    Refused,
    StranglerError,
    UsageError,
)
from strangler.ledger.patience import TookTooLong
from strangler_dashboard.errors import Forbidden, NotFound, ProviderAway, TooMany, Unauthenticated, Unsaid

_STATUS: Final[tuple[tuple[type[StranglerError], int], ...]] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Unauthenticated, 401),
    (TooMany, 429),
    (ProviderAway, 502),
    (Refused, 409),
    (Conflict, 409),
    (LedgerUnavailable, 503),
    (LedgerMismatch, 503),
    (ConfigError, 503),
    (UsageError, 400),
)
_HINTS: Final = {
    404: "There is nothing at this address",
    405: "This address is only read",
    503: "The ledger cannot be read",
}


TOO_LONG: Final = "urn:strangler:problem:took-too-long"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """RFC 9457. `remedy`: what would be right; `field`: of the form that was sent."""

    title: str
    status: int
    detail: str
    remedy: str = ""
    type: str = "about:blank"
    field: str = ""


def problem_of(error: Exception) -> Problem:
    """What an error says to whoever asked. One that is no error of ours to tell says nothing of its inside."""
    if not isinstance(error, StranglerError):
        detail = f"This is a mistake of ours ({type(error).__name__}). Nothing was changed by it."
        return Problem("Internal Server Error", 500, detail, "the log of `strangler dashboard` has more")
    if isinstance(error, TookTooLong):
        return Problem("That takes too long", 503, error.what, error.remedy or "", TOO_LONG)
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 400)
    field = error.field if isinstance(error, Unsaid) else ""
    return Problem(HTTPStatus(status).phrase, status, error.what, error.remedy or "", field=field)


def of_status(status: int) -> Problem:
    """What HTTP itself refuses."""
    phrase = HTTPStatus(status).phrase
    return Problem(phrase, status, _HINTS.get(status, phrase))
