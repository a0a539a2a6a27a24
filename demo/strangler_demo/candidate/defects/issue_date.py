"""The issue date is the day in UTC; it should be the day at the seller's place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from strangler_demo.candidate.behaviour import Behaviour


def issue_date(sound: Behaviour) -> Behaviour:
    """Issue date shifted at the day boundary."""
    return replace(sound, issue_day=_utc_day)


def _utc_day(moment: datetime) -> date:
    return moment.date()
