"""Which divergence each defect must show up as, in the words of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Sign:
    """What tells a defect among divergences: causes, of which one must be named; kinds, if it matters."""

    causes: frozenset[str]
    kinds: frozenset[str] = frozenset()

    def fits(self, divergence: Mapping[str, Any]) -> bool:
        """Whether a divergence, as `strangler divergences list --json` prints it, is this defect's."""
        if self.kinds and divergence["kind"] not in self.kinds:
            return False
        return divergence["cause"] in self.causes


def _sign(*causes: str, kinds: Sequence[str] = ()) -> Sign:
    return Sign(frozenset(causes), frozenset(kinds))


SIGNS: Final[Mapping[str, Sign]] = MappingProxyType(
    {
        "rounding": _sign("rounding"),
        "issue-date": _sign("day-boundary"),
        "reverse-charge": _sign("null-or-absent"),
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
    """Divergences with a cause that no defect accounts for.

    Where several defects meet in one value (a sign and a rounding), no single cause explains it; that is no surprise.
    """
    return [
        each
        for each in divergences
        if each["cause"] != "unexplained" and not any(SIGNS[name].fits(each) for name in defects)
    ]
