"""Effects: who owns what runs by itself, and what a probe's answer says of it. Pure.

An effect has one owner in each phase. By default it moves with the record: legacy's up to and with canary, the
candidate's from `candidate` on; `moves: canary` hands it over with the first customer; one with an `owner` never moves.
Whoever is not the owner must be quiet, always. For a step that hands an effect over the leaving owner must be quiet
as well, so that for a moment nobody does it, and never both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from strangler.clocks import PROBE_STALE_NS, fresh
from strangler.exchange import Side
from strangler.routing.table import Phase

if TYPE_CHECKING:
    from strangler.config.effects import Effect, Probe, Scalar

type Word = Literal["quiet", "active", "unknown"]

SIDES: Final[tuple[Side, ...]] = ("legacy", "candidate")
_MOVED: Final[dict[str, frozenset[Phase]]] = {
    "canary": frozenset({"canary", "candidate", "retired"}),
    "candidate": frozenset({"candidate", "retired"}),
}
_SHOWN: Final = 60


class Said(msgspec.Struct, frozen=True):
    """What a probe said. `detail`: the value that was found, or why nothing was. `at_ns`: when it was asked."""

    word: Word
    detail: str
    at_ns: int = 0


class Acknowledged(msgspec.Struct, frozen=True):
    """A person's word that a side is quiet; given for one state of the cutover (its `generation`), and no other."""

    actor: str
    reason: str
    at_ns: int
    generation: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """What is known of one side. `probed`: it has a probe. `said`: the latest of it, as the file declares it now."""

    probed: bool
    said: Said | None = None
    acknowledged: Acknowledged | None = None

    def word(self, now_ns: int, acknowledged_ns: int) -> Word:
        """What counts. A fresh answer goes before a person's word, which holds for `acknowledged_ns`."""
        said, person = self.said, self.acknowledged
        if said is not None and fresh(said.at_ns, now_ns, PROBE_STALE_NS) and said.word != "unknown":
            return said.word
        if person is not None and fresh(person.at_ns, now_ns, acknowledged_ns):
            return "quiet"
        return "unknown"

    def seen(self, now_ns: int) -> Word:
        """What the probe alone says now."""
        said = self.said
        return said.word if said is not None and fresh(said.at_ns, now_ns, PROBE_STALE_NS) else "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """An effect as it stands. `following`: its owner in the phase that the next step leads to. `back`: a rollback gave
    it back to legacy, and nothing shows yet that the candidate's is stopped and legacy's runs.
    """

    name: str
    kind: str
    owner: Side
    following: Side
    legacy: Quiet
    candidate: Quiet
    back: bool = False

    def side(self, side: Side) -> Quiet:
        """What is known of a side."""
        return self.legacy if side == "legacy" else self.candidate

    @property
    def silent(self) -> tuple[Side, ...]:
        """The sides that must be quiet before the next step: all but one that owns it before and after."""
        return tuple(side for side in SIDES if not self.owner == self.following == side)

    def wrong(self, now_ns: int) -> tuple[Side, ...]:
        """The sides that a probe shows at work although they must not be, in the phase as it is."""
        return tuple(
            side for side in SIDES if side != self.owner and self.side(side).seen(now_ns) == "active"
        )

    def idle(self, now_ns: int) -> bool:
        """Whether the owner's own is quiet, by its probe: nobody does it."""
        return self.side(self.owner).seen(now_ns) == "quiet"


def owner_in(effect: Effect, phase: Phase) -> Side:
    """Who owns it in a phase."""
    if effect.owner is not None:
        return effect.owner
    return "candidate" if phase in _MOVED[effect.moves or "candidate"] else "legacy"


def said_by(body: bytes, probe: Probe, at_ns: int) -> Said:
    """What a probe's answer says: quiet when it has at least one value there and all of them are quiet ones."""
    import jsonpath

    try:
        told = json.loads(body, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_each_once)
        found: list[Any] = jsonpath.findall(probe.path, told)
    except _TwiceError as error:
        return Said("unknown", f"its answer says {error} twice", at_ns)
    except (ValueError, ArithmeticError, RecursionError, jsonpath.JSONPathError) as error:
        return Said("unknown", f"its answer cannot be read ({type(error).__name__})", at_ns)
    if not found:
        return Said("unknown", f"its answer has nothing at {probe.path}", at_ns)
    loud = [value for value in found if not _among(value, probe.quiet)]
    return Said("active" if loud else "quiet", _shown((loud or found)[0]), at_ns)


class _TwiceError(ValueError):
    """A key that stands twice in one object."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # One that is quiet and active at once is not quiet, whichever of the two a reader keeps.
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name[:_SHOWN])
        found[name] = value
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _among(value: Any, quiet: Sequence[Scalar]) -> bool:
    # `True == 1` in Python; in JSON they are two things. 0 and 0.0 are one number.
    return any(isinstance(value, bool) == isinstance(one, bool) and value == one for one in quiet)


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)[:_SHOWN]
