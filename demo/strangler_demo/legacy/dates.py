"""Dates as the legacy stores and shows them: local time, day first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

_DAY: Final = "%d.%m.%Y"
_MOMENT: Final = "%d.%m.%Y %H:%M:%S"


def day_text(day: date) -> str:
    """`17.05.2026`."""
    return day.strftime(_DAY)


def moment_text(moment: datetime) -> str:
    """`17.05.2026 23:59:01`: local time, no offset."""
    return moment.strftime(_MOMENT)


def read_day(text: str) -> date:
    """The day of a stored day or moment."""
    return date(int(text[6:10]), int(text[3:5]), int(text[:2]))


def iso(text: str) -> str:
    """A stored day or moment as ISO 8601, for the places where the API already speaks it."""
    day = f"{text[6:10]}-{text[3:5]}-{text[:2]}"
    return day if len(text) == 10 else f"{day}T{text[11:]}"
