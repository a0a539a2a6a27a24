"""The value types of `strangler.yaml`: durations, sizes, shares, places. All exact, none a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from strangler.config.places import check_jsonpath, check_location

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_MILLISECONDS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SMALLEST_SHARE: Final = -9
_DIGITS: Final = 16
_SIZE: Final = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?")
_BYTES: Final = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_TEN_YEARS: Final = 3_653 * 86_400_000
_MOST_BYTES: Final = 1 << 40


def _milliseconds(value: object) -> object:
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError("not a duration; write a number and a unit, such as 250ms, 10s, 5m, 24h, 30d")
        milliseconds = Decimal(match[1]) * _MILLISECONDS[match[2]]
        if milliseconds > _TEN_YEARS:
            raise ValueError("a duration is at most ten years")
        return int(milliseconds)
    if value == 0 and not isinstance(value, bool):
        return 0
    raise ValueError("a duration needs its unit, such as 250ms, 10s, 5m, 24h, 30d")


def _bytes(value: object) -> object:
    match = _SIZE.fullmatch(str(value).strip()) if isinstance(value, str | int) else None
    if match is None or isinstance(value, bool) or len(match[1]) > _DIGITS:
        raise ValueError("not a size; write bytes or a unit, such as 65536, 64KiB, 1MiB")
    size = int(match[1]) * _BYTES[match[2]]
    if size > _MOST_BYTES:
        raise ValueError("a size is at most 1024GiB")
    return size


def _share(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        digits = value.strip()[:-1].strip()
        scale = Decimal("0.01")
    elif isinstance(value, str | Decimal | int | float) and not isinstance(value, bool):
        # A YAML float's repr is the shortest text that reads back as it, so 0.001 stays exactly 0.001.
        digits, scale = str(value), Decimal(1)
    else:
        raise ValueError("not a share; write 0.1% or 0.001")
    return _between(digits, scale)


def _between(digits: str, scale: Decimal) -> Decimal:
    try:
        share = Decimal(digits) * scale
    except ArithmeticError:
        raise ValueError("not a share; write 0.1% or 0.001") from None
    if not share.is_finite() or not 0 <= share <= 1:
        raise ValueError("a share lies between 0 and 1 (0 % and 100 %)")
    if share and share.adjusted() < _SMALLEST_SHARE:
        raise ValueError("a share is 0, or at least 0.0000001 %")
    return share


Milliseconds = Annotated[
    int,
    BeforeValidator(_milliseconds),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)$", "examples": ["250ms", "10s"]}
    ),
]
"""A duration, held in whole milliseconds; written `250ms`, `10s`, `5m`, `24h`, `30d`."""

Bytes = Annotated[
    int,
    BeforeValidator(_bytes),
    WithJsonSchema(
        {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+\s*(B|KiB|MiB|GiB)?$"}]}
    ),
]
"""A size in bytes; written `65536`, `64KiB`, `1MiB`."""

Share = Annotated[
    Decimal,
    BeforeValidator(_share),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%$"}]}
    ),
]
"""A share from 0 to 1, exact; written `0.1%` or `0.001`."""

BodyPath = Annotated[str, AfterValidator(check_jsonpath)]
"""An RFC 9535 JSONPath into a JSON (or decoded) body: `$.lines[*].amount`."""

Place = Annotated[str, AfterValidator(check_location)]
"""A place in an answer: a JSONPath into its body, `header:NAME`, or `status`."""
