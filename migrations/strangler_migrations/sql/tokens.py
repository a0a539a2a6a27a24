"""Which names an expression mentions, and the same expression over another column.

No parser of SQL: the tokens that matter are told apart exactly (texts, quoted names, dollar quotes, comments), and a
name counts wherever it could be a column's. What an expression truly means PostgreSQL itself is asked, before
anything starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from strangler_migrations.sql.names import ident

_TOKEN: Final = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<text>    [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<quoted>  "(?:[^"]|"")+" )
    | (?P<name>    [^\W\d][\w$]* )
    | (?P<number>  \d[\w.]* )
    | (?P<space>   \s+ )
    | (?P<other>   :: | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def mentioned(expression: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that the expression may read: never too few."""
    known = frozenset(names)
    return frozenset(name for kind, _, name in _tokens(expression) if kind == "name" and name in known)


def renamed(expression: str, names: Mapping[str, str], table: str = "") -> str:
    """The expression with columns under other names, for constraints and indexes.

    A name after `::` is a type's, one before `(` a function's, one before `.` a table's, one after it that of another
    table than `table`: they stay.
    """
    return reread(expression, {name: ident(to) for name, to in names.items()}, table)


def reread(
    expression: str, texts: Mapping[str, str], table: str = "", listed: Mapping[str, str] | None = None
) -> str:
    """The expression with other SQL in place of columns; `listed`: in place of those that an index names barely."""
    found = list(_tokens(expression))
    solid = [index for index, (kind, _, _) in enumerate(found) if kind != "space"]
    place = {index: position for position, index in enumerate(solid)}
    parts: list[str] = []
    depth, bare = 0, listed is not None
    for index, (kind, text, name) in enumerate(found):
        depth += {"(": 1, ")": -1}.get(text, 0)
        bare = bare and not (depth == 0 and name == "where")
        to = listed if listed is not None and bare and depth == 1 else texts
        column = kind == "name" and name in to and _is_column(found, solid, place[index], table)
        parts.append(to[name] if column else text)
    return "".join(parts)


def _is_column(found: list[tuple[str, str, str]], solid: list[int], position: int, table: str) -> bool:
    before = found[solid[position - 1]][1] if position else ""
    after = found[solid[position + 1]][1] if position + 1 < len(solid) else ""
    if before == ".":
        return position > 1 and found[solid[position - 2]][2] == table != ""
    return before != "::" and after not in {"(", "."}


def _tokens(expression: str) -> Iterator[tuple[str, str, str]]:
    """Kind, text and the name it stands for (folded as PostgreSQL folds it)."""
    for match in _TOKEN.finditer(expression):
        text = match[0]
        if match["quoted"] is not None:
            yield "name", text, text[1:-1].replace('""', '"')
        elif match["name"] is not None:
            yield "name", text, text.lower()
        else:
            yield ("space" if match["space"] or match["comment"] else "other"), text, ""


def split(text: str) -> Iterator[tuple[int, str]]:
    """The statements of a text, each with its line, from 1."""
    begun, line, parts, solid = 1, 1, list[str](), False
    for match in _TOKEN.finditer(text):
        if match[0] == ";":
            if solid:
                yield begun, "".join(parts).strip()
            parts, solid = [], False
            continue
        if not solid and not match["space"] and not match["comment"]:
            begun, solid, parts = line, True, []
        parts.append(match[0])
        line += match[0].count("\n")
    if solid:
        yield begun, "".join(parts).strip()


def qualified_names(expression: str, schema: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the names that the expression takes from a schema by its name."""
    known = frozenset(names)
    solid = [(text, name) for kind, text, name in _tokens(expression) if kind != "space"]
    return frozenset(
        third[1]
        for first, second, third in zip(solid, solid[1:], solid[2:], strict=False)
        if first[1] == schema and second[0] == "." and third[1] in known
    )
