"""Places as learning keeps them: the text by which a rule names them."""

from __future__ import annotations

from functools import lru_cache

from strangler.comparison.paths import BadPath, Pattern, Query, parse


def nameable(place: str) -> bool:
    """Whether a rule can name it: a member's name may hold what no path may, such as a line break."""
    return pattern_of(place) is not None


@lru_cache(maxsize=1_024)
def pattern_of(place: str) -> Pattern | None:
    """The steps that lead there; None where no rule can name it."""
    try:
        pattern = parse(place)
    except BadPath:
        return None
    return None if isinstance(pattern, Query) else pattern
