"""The list of divergences: filters, a page, and where the next one begins."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec

from strangler.errors import UsageError
from strangler.ledger import choices, looking
from strangler.ledger.epochs import current
from strangler.ledger.filters import Filter
from strangler.ledger.listing import Place
from strangler.ledger.looking import COUNTED
from strangler.ledger.settled import SEVERITIES
from strangler.views.divergence import DivergenceView, divergence_view, sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from strangler.config import Loaded

PAGE: Final = 50
_MOST: Final = 200
_LONGEST: Final = 200
_TEXTS: Final = ("cutover", "route", "cause", "state", "severity", "version", "stratum", "search")


class Listed(msgspec.Struct, frozen=True):
    """One divergence in a sentence, and its figures."""

    sentence: str
    divergence: DivergenceView


class Choices(msgspec.Struct, frozen=True):
    """What each filter may say."""

    cutover: tuple[str, ...]
    route: tuple[str, ...]
    cause: tuple[str, ...]
    state: tuple[str, ...]
    severity: tuple[str, ...]
    version: tuple[str, ...]
    stratum: tuple[str, ...]


class DivergencesView(msgspec.Struct, frozen=True):
    """A page. `filters`: what was asked; `matching`: state to severity to count, of all pages (what takes a look at
    every divergence is counted up to 1,000).

    `following`: cursor of the next page, None on the last; `later`: this is not the first.
    """

    filters: dict[str, str]
    matching: dict[str, dict[str, int]]
    divergences: tuple[Listed, ...]
    following: str | None
    later: bool
    choices: Choices

    @property
    def total(self) -> int:
        """How many match, over all pages."""
        return sum(sum(severities.values()) for severities in self.matching.values())

    @property
    def bounded(self) -> bool:
        """Whether counting ended before all were found: there may be more."""
        return bool(self.filters) and self.total == COUNTED

    @property
    def counted(self) -> str:
        """How many, in words."""
        return f"{COUNTED:,} or more" if self.bounded else f"{self.total:,}"

    def link(self, **more: str) -> str:
        """The parameters of a page like this one, with some of them others."""
        return urlencode({**self.filters, **more})


class Question(msgspec.Struct, frozen=True):
    """What was asked for; the filter `seen` is `now` for what the present epoch of a cutover has seen."""

    filters: dict[str, str]
    after: Place | None
    limit: int


def question(query: Mapping[str, str]) -> Question:
    """From a URL's parameters; what they do not name filters nothing. Raises UsageError for what cannot be meant."""
    filters = {name: query[name].strip() for name in _TEXTS if query.get(name, "").strip()}
    for name, value in filters.items():
        if len(value) > _LONGEST or "\0" in value:
            raise UsageError(f"`{name}` is over {_LONGEST} characters, or has a NUL in it")
    _one_of("state", filters, choices.STATES)
    _one_of("severity", filters, SEVERITIES)
    if query.get("seen") == "now":
        filters["seen"] = "now"
    limit = query.get("limit", str(PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:4]) <= _MOST):
        raise UsageError(f"`limit` is a number from 1 to {_MOST}, not {limit!r}")
    return Question(filters, place_at(query.get("after", "")), int(limit))


def _one_of(name: str, filters: Mapping[str, str], known: tuple[str, ...]) -> None:
    if filters.get(name, known[0]) not in known:
        raise UsageError(f"`{name}` is one of {', '.join(known)}, not {filters[name]!r}")


def place_at(cursor: str) -> Place | None:
    """Where a page begins; None: at the beginning. Raises UsageError for what is no cursor."""
    if not cursor:
        return None
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=Place)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise UsageError(
            "`after` is no cursor", remedy="take it from `following` of the page before"
        ) from None
    if not all(-(2**63) <= number < 2**63 for number in (place.rank, place.times)) or "\0" in place.id:
        raise UsageError("`after` is no cursor", remedy="take it from `following` of the page before")
    return place


def cursor_of(place: Place | None) -> str | None:
    """The text that `place_at` reads."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=") if place else None


def divergences_view(connection: Connection, loaded: Loaded, asked: Question) -> DivergencesView:
    """One page of them."""
    said = {name: value for name, value in asked.filters.items() if name != "seen"}
    chosen = filter_of(connection, loaded, said, present=asked.filters.get("seen") == "now")
    looked = looking.look(connection, chosen, asked.after, asked.limit) if chosen else None
    page = looked.page if looked else None
    return DivergencesView(
        filters=asked.filters,
        matching=looked.matching if looked else {},
        divergences=tuple(Listed(sentence(each), divergence_view(each)) for each in page.found)
        if page
        else (),
        following=cursor_of(page.following) if page else None,
        later=asked.after is not None,
        choices=Choices(
            cutover=tuple(loaded.config.cutovers),
            route=tuple(loaded.config.routes),
            cause=choices.causes(connection),
            state=choices.STATES,
            severity=SEVERITIES,
            version=choices.versions(connection),
            stratum=choices.strata(connection),
        ),
    )


def filter_of(
    connection: Connection, loaded: Loaded, said: Mapping[str, str], *, present: bool
) -> Filter | None:
    """`present`: only what the present epochs have seen. None where nothing can match: there is none."""
    chosen = msgspec.convert(said, Filter)
    if not present:
        return chosen
    names = [chosen.cutover] if chosen.cutover in loaded.config.cutovers else list(loaded.config.cutovers)
    epochs = [epoch.id for name in names if (epoch := current(connection, loaded.config, name))]
    return msgspec.structs.replace(chosen, epochs=tuple(epochs)) if epochs else None
