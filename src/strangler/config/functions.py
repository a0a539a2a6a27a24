"""Functions that a `call` rule may name: what installed distributions offer as entry points of `strangler.rules`."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "strangler.rules"
"""The entry point group. Beneath it a name, and `module:function`."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A function, and the distribution that offers it, with its version: `acme-rules 1.2.0`."""

    name: str
    function: Callable[..., Any]
    distribution: str


def check_function(name: str) -> str:
    """The name, if an installed distribution offers a function under it; else a ValueError that says why not."""
    offered(name)
    return name


def offered(name: str) -> Offered:
    """The function of that name, imported now. Raises ValueError."""
    from importlib.metadata import entry_points

    found = entry_points(group=GROUP)
    fitting = [entry for entry in found if entry.name == name]
    if not fitting:
        raise ValueError(_unknown(name, sorted({entry.name for entry in found})))
    if len(fitting) > 1:
        several = ", ".join(sorted(_distribution(entry) for entry in fitting))
        raise ValueError(f"several distributions offer {name!r}: {several}; uninstall all but one")
    return Offered(name, _loaded(fitting[0]), _distribution(fitting[0]))


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"installed are: {', '.join(known) or 'none'}"
    return f"no installed distribution offers a function {name!r} (entry point group {GROUP}); {hint}"


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _loaded(entry: EntryPoint) -> Callable[..., Any]:
    try:
        function = entry.load()
    except Exception as error:  # noqa: BLE001  whatever a plug-in's import does wrong is said of the plug-in
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"{entry.value} of {_distribution(entry)} cannot be imported: {what}") from None
    if not callable(function):
        raise ValueError(f"{entry.value} of {_distribution(entry)} is no function")  # noqa: TRY004  pydantic wants it
    return function  # type: ignore[no-any-return]
