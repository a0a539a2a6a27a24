"""Rules as YAML: to be pasted, to be shown, to be written into the file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

_TWO_BYTES: Final = 0xFFFF
_UNSAFE_START: Final = tuple("-?:,[]{}#&*!|>'\"%@`= ")


def block(rule: Mapping[str, Any], indent: int) -> list[str]:
    """The lines of a list item: `- ignore: $.generated_at`, `  reason: …`. No line break at the end."""
    lines: list[str] = []
    for number, (key, value) in enumerate(rule.items()):
        lead = " " * indent + ("- " if number == 0 else "  ")
        lines.append(f"{lead}{key}: {_value(value)}")
    return lines


def flow(value: Any) -> str:
    """The same on one line, inside brackets: everything that could mean something else is quoted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(below)}" for key, below in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, str):
        return value if value.isascii() and value.isalpha() and _plain(value) else _quoted(value)
    return scalar(value)


def _value(value: Any) -> str:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return flow(value) if is_list or isinstance(value, Mapping) else scalar(value)


def scalar(value: Any) -> str:
    """A scalar in block context."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return value if _plain(value) else _quoted(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(text: str) -> bool:
    """Whether YAML reads the bare text as itself, and nothing but text."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not text or text.startswith(_UNSAFE_START) or not text.isprintable() or ": " in text or " #" in text:
        return False
    try:
        return bool(YAML(typ="safe", pure=True).load(text) == text)
    except (YAMLError, ValueError):
        return False


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else _escaped(ord(letter)) for letter in written)


def _escaped(code: int) -> str:
    # JSON's pairs of surrogates are two characters to YAML.
    return f"\\u{code:04x}" if code <= _TWO_BYTES else f"\\U{code:08x}"
