"""Header values with parameters: `form-data; name="a;b"`, as RFC 9110 (5.6.6) writes them."""

from __future__ import annotations

import re
from typing import Final

# Possessive: a value is cut in one way only.
_PARAMETER: Final = re.compile(
    r';\s*+([^;="\s]++)\s*+(?:=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+)))?+[^;]*+', re.DOTALL
)
_ESCAPED: Final = re.compile(r'\\(["\\])')


def parameters(value: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    r"""What stands before the first `;`, and the parameters in their order: names in lower case, values as written.

    In quotes `\"` and `\\` are unescaped and nothing else is: file names of Windows stand there bare.
    """
    found: list[tuple[str, str]] = []
    for match in _PARAMETER.finditer(value):
        name, quoted, bare = match.groups()
        text = (bare or "").strip().strip('"') if quoted is None else _ESCAPED.sub(r"\1", quoted)
        found.append((name.lower(), text))
    return value.partition(";")[0].strip(), tuple(found)
