"""`default`: what one side leaves out, where a rule says which value being absent stands for."""

from __future__ import annotations

from typing import Protocol

from strangler.comparison.model import Node
from strangler.comparison.normal import normal
from strangler.comparison.states import OUTSIDE, Effect, Place, Standing


class Silences(Protocol):
    """Who counts what rules let pass."""

    def silence(self, effect: Effect) -> None:
        """Count one difference that this rule let pass."""
        ...


def absent(value: Node, place: Place, counts: Silences, *, missing: bool) -> bool:
    """Whether a value that only one side has (legacy, where it is `missing`) is as good as none there.

    A map or a list is, where all that lies in it is: with it, its members are absent.
    """
    used = _settled(value, place, missing=missing)
    for effect in used or ():
        counts.silence(effect)
    return used is not None


def _settled(value: Node, standing: Standing, *, missing: bool) -> list[Effect] | None:
    """The rules that let it be left out; None where it may not be."""
    if standing is None:
        return None
    if standing == OUTSIDE:
        return []
    ignoring = next((effect for effect in standing.effects if effect.kind == "ignore"), None)
    if ignoring is not None:
        return [ignoring]
    return filled(standing.effects, value, missing=missing) or _below(value, standing, missing=missing)


def filled(effects: tuple[Effect, ...], value: Node, *, missing: bool) -> list[Effect] | None:
    """The rules by which a value equals the default here: by itself, or as another rule compares values.

    Raises RuleFailed where only a function could say so, and did not.
    """
    for effect in effects:
        if effect.absent is None:
            continue
        stand_in = effect.absent.value
        if normal(value) == normal(stand_in):
            return [effect]
        left, right = (value, stand_in) if missing else (stand_in, value)
        for other in effects:
            # Of one form with the default is not equal to it.
            if other.accepts is not None and other.kind != "pattern" and other.accepts(left, right):
                return [effect, other]
    return None


def _below(value: Node, place: Place, *, missing: bool) -> list[Effect] | None:
    inner: list[tuple[Node, Standing]]
    if isinstance(value, dict):
        inner = [(child, place.member(name)) for name, child in value.items()]
    elif isinstance(value, list):
        inner = [
            (child, place.item(i, -1) if missing else place.item(-1, i)) for i, child in enumerate(value)
        ]
    else:
        return None
    used: list[Effect] = []
    for child, standing in inner:
        found = _settled(child, standing, missing=missing)
        if found is None:
            return None
        used += found
    # Without a default among them this is not about what is absent: an empty map is something.
    return used if any(effect.absent is not None for effect in used) else None
