"""Dates and times out of text and numbers, in the formats billing systems write them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from strangler.comparison.model import Node
from strangler.comparison.values import number_in

_ISO_SHAPE: Final = re.compile(r"\d{4}-?\d\d-?\d\d(?:[T ].+)?", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The year 9999 in milliseconds: beyond it a number is no instant.
_LATEST: Final = Decimal(253_402_300_799_000)

GUESSES: Final = (
    "iso",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "http",
)
"""Formats a cause may try, most telling first; epochs are left out, since any integer would pass for one."""


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """The IANA zone; raises a KeyError-like ZoneInfoNotFoundError where there is none."""
    return UTC if name == "UTC" else ZoneInfo(name)


def instant(value: Node, form: str, zone: tzinfo) -> datetime | None:
    """The moment a value names in the given format, in UTC; None where it does not name one."""
    moment = read(value, form)
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def read(value: Node, form: str) -> datetime | None:
    """The date and time as written: aware only if the value names its offset."""
    if form in {"epoch", "epoch-ms"}:
        return _epoch(value, 1_000_000 if form == "epoch" else 1_000)
    if not isinstance(value, str) or len(value) > 64:
        return None
    parse = _PARSERS.get(form)
    try:
        # An offset in the value is kept; a value without one is naive on purpose (the rule's zone decides).
        return parse(value) if parse else datetime.strptime(value, form)  # noqa: DTZ007
    except (ValueError, TypeError, OverflowError):
        return None


def _epoch(value: Node, microseconds: int) -> datetime | None:
    number = number_in(value)
    if number is None or abs(number) > _LATEST:
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(number * microseconds))
    except OverflowError:
        return None


def _iso(value: str) -> datetime | None:
    return datetime.fromisoformat(value) if _ISO_SHAPE.fullmatch(value) else None


_PARSERS: Final[dict[str, Callable[[str], datetime | None]]] = {"iso": _iso, "http": parsedate_to_datetime}
