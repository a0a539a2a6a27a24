"""An address: what it needs, and what answers there. There is no other way to make a route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from strangler.access import Permission
    from strangler_dashboard.access import Visitor

type Answer = Callable[[Request, Visitor], Awaitable[Response]]
"""At an address that needs nothing (`open`) nobody is looked for: the visitor is `NOBODY`."""


@dataclass(frozen=True, slots=True)
class Address:
    """`bound`: what is sent here by POST from a page carries the visitor's own token (`Visitor.csrf`)."""

    path: str
    needs: Permission
    answer: Answer
    methods: tuple[str, ...] = ("GET",)
    bound: bool = True
