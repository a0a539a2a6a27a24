"""An operation of the API, as a value: what it is called, needs, takes and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from strangler.access import Permission
    from strangler_dashboard.access import Visitor
    from strangler_dashboard.acting.table import Act
    from strangler_dashboard.room import Room


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call[Q: msgspec.Struct]:
    """What is asked: the names in the address, the parameters, which are checked, and by whom."""

    names: Mapping[str, str]
    query: Q
    visitor: Visitor


type Reading[Q: msgspec.Struct] = Callable[[Room, Call[Q]], Awaitable[msgspec.Struct]]


@dataclass(frozen=True, slots=True)
class Read:
    """`name`: the operation's id; `answer`: the type of what `read` gives; `query`: of its parameters. An answer with a
    field `following` is a page of a list.
    """

    path: str
    name: str
    tag: str
    needs: Permission
    answer: type[msgspec.Struct]
    read: Reading[Any]
    summary: str
    query: type[msgspec.Struct] = Nothing


@dataclass(frozen=True, slots=True)
class Write:
    """`act`: what is done; `body`: the type of what is said with it."""

    path: str
    name: str
    tag: str
    act: Act
    body: type[msgspec.Struct]

    @property
    def needs(self) -> Permission:
        """As on the pages."""
        return self.act.needs

    @property
    def summary(self) -> str:
        """As on the pages."""
        return self.act.says
