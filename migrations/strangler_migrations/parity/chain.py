"""The hash of a row by typed values: each column's hash is the seed of the next one's.

64 bits for texts, numbers and keys. The server folds a moment into 32 bits first: one that changes by an odd
number of microseconds goes unseen once in four thousand million times.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from strangler_migrations.parity.forms import Form, as_text

_BITS: Final = 30
_MODERN: Final = 18
"""The version from which on moments, dates and bytes have a hash function that SQL may call."""
_ABSENT: Final = {
    "int2": "0",
    "int4": "0",
    "int8": "0",
    "bool": "false",
    "float4": "0",
    "float8": "0",
    "date": "date 'epoch'",
    "timestamp": "timestamp 'epoch'",
    "timestamptz": "timestamptz 'epoch'",
    "time": "time '0:00'",
    "uuid": "uuid '00000000-0000-0000-0000-000000000000'",
}
"""What is hashed in the place of NULL, which is told by a bit; for all others an empty text."""
type Value = tuple[str, Form, bool]
"""The SQL of a value, its form, and whether it may be NULL."""


def chained(values: Iterable[Value], version: int) -> str:
    """The hash of a row, as int8. `version`: the server's major."""
    seed = "0"
    flags: list[str] = []
    for sql, form, nullable in values:
        seed = _link(sql, form, seed, version, nullable=nullable)
        flags += [f"({sql} IS NULL)"] if nullable else []
        if form.type == "numeric" and form.bounded:
            flags.append(f"coalesce({sql} < 0, false)" if nullable else f"({sql} < 0)")
    for start in range(0, len(flags), _BITS):
        bits = (f"({flag}::int4 << {n})" for n, flag in enumerate(flags[start : start + _BITS]))
        seed = f"hashint4extended({' + '.join(bits)}, {seed})"
    return seed


def _link(sql: str, form: Form, seed: str, version: int, *, nullable: bool) -> str:
    kind = form.type
    if kind == "numeric" and form.bounded:
        return f"hash_numeric_extended({_there(sql, '0', nullable)}, {seed})"
    if kind in _ABSENT and (version >= _MODERN or kind != "date"):
        return _typed(_there(sql, _ABSENT[kind], nullable), kind, seed, version)
    if kind == "bytea" and version >= _MODERN:
        return f"hashbyteaextended({_there(sql, "''::bytea", nullable)}, {seed})"
    text = _there(as_text(sql, form), "''", nullable)
    return f'hashtextextended({text} COLLATE "C", {seed})'


def _typed(value: str, kind: str, seed: str, version: int) -> str:
    if kind == "int8":
        return _whole(value, seed)
    if kind == "timestamptz" and version < _MODERN:
        return f"timestamp_hash_extended({value}::timestamp, {seed})"
    function, cast = {
        "int2": ("hashint4extended", "::int4"),
        "int4": ("hashint4extended", ""),
        "bool": ("hashint4extended", "::int4"),
        "float4": ("hashfloat8extended", "::float8"),
        "float8": ("hashfloat8extended", ""),
        "date": ("hashdateextended", ""),
        "timestamp": ("timestamp_hash_extended", ""),
        "timestamptz": ("timestamptz_hash_extended", ""),
        "time": ("time_hash_extended", ""),
        "uuid": ("uuid_hash_extended", ""),
    }[kind]
    return f"{function}({value}{cast}, {seed})"


def _whole(value: str, seed: str) -> str:
    # The function folds the upper half into the lower; the value itself keeps them apart.
    return f"(hashint8extended({value}, {seed}) # {value}::int8)"


def _there(sql: str, otherwise: str, nullable: bool) -> str:
    return f"coalesce({sql}, {otherwise})" if nullable else f"({sql})"
