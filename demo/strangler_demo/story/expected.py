"""Which divergence each defect must show up as, in the words of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sign:
    """What tells a defect among divergences: causes, of which one must be named, at a location that holds a text."""

    causes: frozenset[str]
    location: str = ""
    kinds: frozenset[str] = frozenset()

    def fits(self, divergence: Mapping[str, Any]) -> bool:
        """Whether a divergence, as `strangler divergences list --json` prints it, is this defect's."""
        if self.kinds and divergence["kind"] not in self.kinds:
            return False
        return divergence["cause"] in self.causes and self.location in divergence["location"]


def _sign(*causes: str, location: str = "", kinds: Sequence[str] = ()) -> Sign:
    return Sign(frozenset(causes), location, frozenset(kinds))


SIGNS: Final[Mapping[str, Sign]] = MappingProxyType(
    {
        "rounding": _sign("rounding"),
        "issue-date": _sign("day-boundary", location="issued_on"),
        "reverse-charge": _sign("null-or-absent", location="reverse_charge"),
        "last-line": _sign("truncation"),
        "jpy": _sign("minor-units"),
        "credit-sign": _sign("sign"),
        "line-order": _sign("order"),
        "unreliable": _sign("timeout", "server-error", kinds=("failed",)),
    }
)


def found(
    divergences: Sequence[Mapping[str, Any]], defects: Sequence[str]
) -> dict[str, list[Mapping[str, Any]]]:
    """For each defect, the divergences that are its."""
    return {name: [each for each in divergences if SIGNS[name].fits(each)] for name in defects}


def unclaimed(divergences: Sequence[Mapping[str, Any]], defects: Sequence[str]) -> list[Mapping[str, Any]]:
    """Divergences that no defect accounts for."""
    return [each for each in divergences if not any(SIGNS[name].fits(each) for name in defects)]
