"""Errors as answers of the API: always problem details (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Final

import msgspec
from starlette.responses import Response

from strangler.errors import LedgerUnavailable, StranglerError, UsageError
from strangler_dashboard.api.errors import Unfit
from strangler_dashboard.problems import Problem, problem_of

MEDIA: Final = "application/problem+json"
TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
"""As RFC 9110 has them; what Python calls them depends on its version."""
_SOON_S: Final = 2
"""Seconds after which it is worth asking again."""
_log = logging.getLogger(__name__)


def of(error: Exception) -> Problem:
    """What an error says to whoever asked."""
    status = error.status if isinstance(error, Unfit) else 422 if isinstance(error, UsageError) else 0
    if status and isinstance(error, StranglerError):
        return Problem(TITLES[status], status, error.what, error.remedy or "")
    return problem_of(error)


def answered(error: Exception) -> Response:
    """The problem as a response. What is no error of ours to tell is logged, once."""
    if not isinstance(error, StranglerError):
        _log.error("the API could not answer", exc_info=error)
    problem = of(error)
    headers = {"cache-control": "no-store"}
    wait_s = _SOON_S if isinstance(error, LedgerUnavailable) else getattr(error, "wait_s", 0)
    if wait_s:
        headers["retry-after"] = str(wait_s)
    return Response(msgspec.json.encode(problem), problem.status, headers, media_type=MEDIA)
