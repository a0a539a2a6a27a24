"""A route as it was found in a description or a recording, and the name it gets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from strangler.routing.decide import SAFE_METHODS
from strangler.routing.names import BodyKind
from strangler.routing.template import parse_template

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_NOT_NAME: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 48


@dataclass(frozen=True, slots=True)
class FoundRoute:
    """`path` is a template; `body` a name in the body, where the path alone says nothing; `seen`: how often."""

    method: str
    path: str
    name: str = ""
    body: tuple[BodyKind, str] | None = None
    reads: bool | None = None
    seen: int = 0

    @property
    def only_reads(self) -> bool:
        """By its method, or because the protocol in the body says so."""
        return self.method in SAFE_METHODS or self.reads is True


def template_of(path: str) -> str | None:
    """A path of a description as a template: variables get names strangler takes; None where it cannot be one."""
    seen: set[str] = set()

    def variable(match: re.Match[str]) -> str:
        name = re.sub(r"\W", "_", match[1].strip(), flags=re.ASCII) or "value"
        name = f"_{name}" if name[0].isdigit() else name
        while name in seen:
            name += "_"
        seen.add(name)
        return "{" + name + "}"

    template = _VARIABLE.sub(variable, path)
    try:
        parse_template(template)
    except ValueError:
        return None
    return template


def named(routes: Iterable[FoundRoute]) -> list[FoundRoute]:
    """The same, each with a name of its own: the one it came with, else method and path."""
    taken: set[str] = set()
    out = []
    for route in routes:
        words = route.name or " ".join((route.method, route.path, route.body[1] if route.body else ""))
        base = _slug(words) or "route"
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        out.append(replace(route, name=name))
    return out


def _slug(words: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", words)  # listInvoices → list-Invoices
    return _NOT_NAME.sub("-", spaced.lower()).strip("-")[:_LONGEST].strip("-")
