"""What a PromQL expression speaks of: metrics, labels and their values. A tokenizer and a little grammar."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<range>\[[^\]]*\])
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_:][A-Za-z0-9_:]*)
    |(?P<operator>=~|!~|!=|==|<=|>=|[-+*/%^<>=])
    |(?P<mark>[(){},])
    |(?P<space>\s+)""",
    re.VERBOSE,
)
_LISTS = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})
_WORDS = _LISTS | {"and", "or", "unless", "bool", "offset"}
_RANGE = re.compile(r"\[(\d+[smhdw]|\$__rate_interval|\$__range)\]")


@dataclass
class Spoken:
    """`labels`: with the metric whose selector has them, empty for a grouping's; `values`: and what they must be."""

    metrics: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    labels: set[tuple[str, str]] = field(default_factory=set)
    values: set[tuple[str, str, str]] = field(default_factory=set)


def spoken(expression: str) -> Spoken:
    """Raises ValueError for what cannot be an expression."""
    tokens = _tokens(expression)
    found, depth, at = Spoken(), 0, 0
    while at < len(tokens):
        kind, text = tokens[at]
        following = tokens[at + 1][1] if at + 1 < len(tokens) else ""
        if text in "()" and kind == "mark":
            depth += 1 if text == "(" else -1
            if depth < 0:
                raise ValueError(f"a bracket too many: {expression}")
        elif kind == "range" and not _RANGE.fullmatch(text):
            raise ValueError(f"no range: {text}")
        elif text in _LISTS and following == "(":
            end = tokens.index(("mark", ")"), at)
            found.labels |= {("", each) for kind, each in tokens[at:end] if kind == "name" and each != text}
            at = end
        elif kind == "name" and following in {"(", "by", "without"}:
            if text not in _WORDS:
                found.functions.add(text)
        elif kind == "name" and text not in _WORDS:
            found.metrics.add(text)
            if following == "{":
                at = _selector(tokens, at + 1, text, found)
        at += 1
    if depth:
        raise ValueError(f"a bracket is open: {expression}")
    return found


def _selector(tokens: list[tuple[str, str]], at: int, metric: str, found: Spoken) -> int:
    end = tokens.index(("mark", "}"), at)
    inside = [each for each in tokens[at + 1 : end] if each != ("mark", ",")]
    for number in range(0, len(inside), 3):
        (kind, label), (_, operator), (value_kind, value) = inside[number : number + 3]
        if kind != "name" or operator not in {"=", "!=", "=~", "!~"} or value_kind != "string":
            raise ValueError(f"no matcher: {label}{operator}{value}")
        found.labels.add((metric, label))
        wanted = value[1:-1]
        if not wanted.startswith("$"):
            found.values |= {(metric, label, each) for each in wanted.split("|")}
    return end


def _tokens(expression: str) -> list[tuple[str, str]]:
    out, at = [], 0
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        if match is None:
            raise ValueError(f"what is this: {expression[at : at + 20]!r}")
        if match.lastgroup != "space":
            out.append((str(match.lastgroup), match[0]))
        at = match.end()
    return out
