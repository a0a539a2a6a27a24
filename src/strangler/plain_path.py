"""JSONPaths of names, positions and wildcards, read without python-jsonpath: loading it takes a fifth of a second.

Every command would pay that, and nearly every path in a file is one of these. What is more, or wrong, is the library's.
"""

from __future__ import annotations

import re
from typing import Final

_SEGMENT: Final = re.compile(
    # After `..` the library takes these three for values; it is asked, so that every reader agrees.
    r"""\.(?P<far>\.(?!(?:true|false|null)\b))?(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\*)
      | (?P<farther>\.\.)?\[(?:'(?P<quoted>[\ -&(-\[\]-~]*)'|(?P<position>0|[1-9][0-9]{0,8})|\*)\]""",
    re.VERBOSE,
)
_PATH: Final = re.compile(rf"\$(?:{_SEGMENT.pattern})*", re.VERBOSE)


def plain_path(text: str) -> list[tuple[str | int | None, bool]] | None:
    """The steps of such a path: a name, a position, or None for any, and whether any number of steps come first.

    None for a text that only the library can judge.
    """
    if _PATH.fullmatch(text) is None:
        return None
    return [_step(found) for found in _SEGMENT.finditer(text, 1)]


def _step(found: re.Match[str]) -> tuple[str | int | None, bool]:
    name, quoted, position = found["name"], found["quoted"], found["position"]
    descends = bool(found["far"] or found["farther"])
    if position is not None:
        return int(position), descends
    return name if quoted is None else quoted, descends
