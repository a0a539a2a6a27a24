"""Places in an answer as the file writes them: checked when the file is read."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo

from strangler.plain_path import plain_path

_FIELD_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REMEDY: Final = "a place is a JSONPath such as $.lines[*].amount, header:NAME, or status"
_LONGEST: Final = 1_000


def check_jsonpath(text: str) -> str:
    """The text, if it is an RFC 9535 JSONPath; else a ValueError that says why not."""
    if len(text) > _LONGEST:
        raise ValueError(f"a JSONPath has at most {_LONGEST:,} characters")
    if plain_path(text) is not None:
        return text
    from jsonpath import JSONPath, JSONPathError
    from jsonpath import compile as compile_path

    try:
        compiled = compile_path(text, strict=True)
    except (JSONPathError, RecursionError, ValueError, IndexError, OverflowError) as error:
        raise ValueError(f"not an RFC 9535 JSONPath ({_reason(error)}); {_REMEDY}") from None
    if not isinstance(compiled, JSONPath):
        raise ValueError("a union of paths is not RFC 9535; write a list of places")  # noqa: TRY004  pydantic wants it
    return text


def check_location(text: str) -> str:
    """The text, if it names a place in an answer; else a ValueError that says why not."""
    if text == "status":
        return text
    if text.lower().startswith("header:"):
        return "header:" + check_field_name(text.partition(":")[2].strip())
    return check_jsonpath(text)


def check_field_name(text: str) -> str:
    """The text, if it can be a header's name (RFC 9110 section 5.6.2)."""
    if _FIELD_NAME.fullmatch(text) is None:
        raise ValueError(f"{text!r} cannot be the name of a header")
    return text


def check_zone(text: str) -> str:
    """The text, if it is an IANA time zone."""
    if text != "UTC":
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            raise ValueError("no IANA time zone, such as Europe/Berlin") from None
    return text


def _reason(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0].strip() or type(error).__name__
