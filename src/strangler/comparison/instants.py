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

_LONGEST: Final = 64
_TIME: Final = r"(?:[T ](?P<H>\d\d?):(?P<M>\d\d)(?::(?P<S>\d\d))?)?"
_WRITTEN: Final = tuple(
    re.compile(pattern + _TIME, re.ASCII)
    for pattern in (
        r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})",
        r"(?P<d>\d\d?)[/-](?P<m>\d\d?)[/-](?P<y>\d{4})",
        r"(?P<m>\d\d?)[/-](?P<d>\d\d?)[/-](?P<y>\d{4})",
        r"(?P<y>\d{4})[/.](?P<m>\d\d?)[/.](?P<d>\d\d?)",
    )
)
_HTTP_SHAPE: Final = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} .+", re.ASCII)

_HTTP: Final = re.compile(
    r"(?:[A-Z][a-z]{2,8}, ?)?\d\d?[ -][A-Z][a-z]{2}[ -](?:\d{4}|\d\d) \d\d:\d\d(?::\d\d)? (?:GMT|UTC?|[+-]\d{4})"
    r"|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}",
    re.ASCII,
)
"""The three forms of RFC 9110 (5.6.7), and an offset as in mail."""


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
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    parse = _PARSERS.get(form)
    try:
        # An offset in the value is kept; a value without one is naive on purpose (the rule's zone decides).
        return parse(value) if parse else datetime.strptime(value, form)  # noqa: DTZ007
    except (ValueError, TypeError, OverflowError):
        return None


def guessed(value: str) -> list[datetime]:
    """Every date a text may name, by its shape (03/04 is a day in March or in April): for causes, never for rules.

    Epochs are left out, since any integer would pass for one.
    """
    if len(value) > _LONGEST or not any(char.isdigit() for char in value[:6]):
        return []
    if _ISO_SHAPE.fullmatch(value):
        moment = read(value, "iso")
        return [moment] if moment else []
    if _HTTP_SHAPE.fullmatch(value):
        moment = read(value, "http")
        return [moment] if moment else []
    matches = (shape.fullmatch(value) for shape in _WRITTEN)
    return [moment for match in matches if match is not None and (moment := _built(match)) is not None]


def _built(match: re.Match[str]) -> datetime | None:
    parts = [int(match[name] or 0) for name in ("y", "m", "d", "H", "M", "S")]
    try:
        # Naive on purpose: what zone it is in the caller knows.
        return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None


def _epoch(value: Node, microseconds: int) -> datetime | None:
    number = number_in(value)
    if number is None or abs(number) > _LATEST:
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(number * microseconds))
    except OverflowError:
        return None


def _http(value: str) -> datetime | None:
    """Its parser takes the words it does not know for nothing."""
    return parsedate_to_datetime(value) if _HTTP.fullmatch(value) else None


def _iso(value: str) -> datetime | None:
    return datetime.fromisoformat(value) if _ISO_SHAPE.fullmatch(value) else None


_PARSERS: Final[dict[str, Callable[[str], datetime | None]]] = {"iso": _iso, "http": _http}
