"""Freeze windows as they stand in `strangler.yaml`: when nothing moves forward."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from strangler.config.base import Part
from strangler.config.fields import Milliseconds
from strangler.config.places import check_zone

_SHORTEST: Final = 60_000
_LONGEST: Final = 366 * 86_400_000
_ANY_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(text, _ANY_DAY)  # it refuses a day that never comes, too
    except CronSimError as error:
        what = str(error).lower()
        raise ValueError(
            f"not a cron expression ({what}); write minute, hour, day, month, weekday: 0 18 28 * *"
        ) from None
    return text


Cron = Annotated[str, AfterValidator(_cron)]
"""When a window begins: five fields, as Debian's cron reads them; `L` is the last day of a month."""


class FreezeWindow(Part):
    """Windows of one length. Within `deny` nothing advances; where there is an `allow`, nothing does outside of it."""

    deny: Cron | None = None
    """When they begin in which nothing advances."""
    allow: Cron | None = None
    """When they begin in which alone something does."""
    duration: Milliseconds = Field(alias="for")
    """How long one is."""
    zone: Annotated[str, AfterValidator(check_zone)] = "UTC"
    """The IANA zone by whose clocks it begins."""
    reason: str = ""
    """Why, for who is told to wait."""

    @model_validator(mode="after")
    def _one(self) -> FreezeWindow:
        if (self.deny is None) == (self.allow is None):
            raise ValueError("give exactly one of `deny`, `allow`")
        if not _SHORTEST <= self.duration <= _LONGEST:
            raise ValueError("`for` lies between one minute and 366 days")
        return self

    @property
    def cron(self) -> str:
        """When it begins."""
        return self.deny or self.allow or ""
