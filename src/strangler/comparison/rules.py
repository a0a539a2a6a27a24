"""Rules, compiled: what may differ between the two systems, ready for the walk.

Precedence, whatever the order in which rules are written:

1. `only` narrows: with any such rule, just the places that one names (and what lies under them) are compared.
   The status is compared always: a 404 has none of the places, and would pass for equal.
2. `rename` moves the candidate's field to where legacy has it. All other rules name legacy's location.
3. The others hold side by side. `ignore` ends the walk at its place; at a value any rule that accepts it
   suffices, and functions (`call`) are asked last. What a rule let pass is counted under its digest.

An expired rule still holds here: the gate blocks on it, with its line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from strangler.comparison.effects import default_value, effect_of, function_of, in_a_header
from strangler.comparison.model import Node
from strangler.comparison.moves import Moved, moved, parsed
from strangler.comparison.paths import BadPath, Pattern, Query, Segment
from strangler.comparison.states import Automaton, Effect, Standing, Thread, joined, turn
from strangler.comparison.values import canonical
from strangler.comparison.written import validated
from strangler.errors import ConfigError, Problem

if TYPE_CHECKING:
    from strangler.config.rules import Rule

_NOT_MEANING: Final = {"reason", "owner", "expires"}


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule. `digest` (16 hex digits) covers what it does, not its reason, owner or expiry. `line`: 0 if unknown."""

    digest: str
    kind: str
    locations: tuple[str, ...]
    reason: str | None
    owner: str | None
    expires: date | None
    line: int


class Rules:
    """A set of compiled rules; `Rules()` is the empty one. Build it with `Rules.of` or `Rules.parse`.

    `digest` is the same for the same set of meanings, in whatever order they are written. `moves_both`: the left
    document is the candidate's too (`mirror.mirrored`).
    """

    __slots__ = (
        "_automaton",
        "_id_names",
        "compiled",
        "digest",
        "fields",
        "left_moves",
        "moves",
        "only_fields",
        "queries",
        "records_ids",
        "status",
        "threads",
    )

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        lines: Sequence[int] = (),
        *,
        file: str = "rules",
        moves_both: bool = False,
    ) -> None:
        compiled, problems = _compile_all(rules, lines)
        if problems:
            raise ConfigError(file, problems)
        effects = [part.effects for part in compiled]
        self.compiled: tuple[CompiledRule, ...] = tuple(part.rule for part in compiled)
        self.threads: tuple[Thread, ...] = tuple(pair for part in effects for pair in part.patterns)
        self._automaton = Automaton(self.threads)
        self.queries: tuple[tuple[Query, Effect], ...] = tuple(q for part in effects for q in part.queries)
        self.moves: tuple[Moved, ...] = tuple(move for part in effects for move in part.moves)
        self.left_moves: tuple[Moved, ...] = self.moves if moves_both else ()
        status = [e for part in effects for e in part.status if e.kind != "only"]
        self.status: tuple[Effect, ...] = tuple(sorted(status, key=turn))
        fields = [pair for part in effects for pair in part.fields]
        self.fields: Mapping[str, tuple[Effect, ...]] = _grouped(fields)
        names = frozenset(name for name, effect in fields if effect.kind == "only")
        narrows = any(rule.kind == "only" for rule in self.compiled)
        self.only_fields: frozenset[str] | None = names if narrows else None
        self.records_ids: bool = any(rule.kind == "identity" for rule in self.compiled)
        self._id_names = _id_names([(p, e) for p, e in self.threads if e.kind == "identity"])
        if any(effect.kind == "identity" for _, effect in self.queries):
            self._id_names = None
        self.digest: str = _digest(sorted({rule.digest for rule in self.compiled}))

    @classmethod
    def of(cls, rules: Sequence[Rule], lines: Sequence[int] = (), *, file: str = "rules") -> Rules:
        """Compile rules of the configuration. `lines[i]` is where the i-th stands in `file`. Raises ConfigError."""
        return cls(rules, lines, file=file)

    @classmethod
    def parse(cls, rules: Sequence[Mapping[str, Any]], *, file: str = "rules") -> Rules:
        """Compile rules as `strangler.yaml` writes them: `[{"ignore": "$.generated_at"}]`. Raises ConfigError."""
        return cls(validated(rules, file), file=file)

    def __len__(self) -> int:
        return len(self.compiled)

    def __repr__(self) -> str:
        return f"<Rules {self.digest}: {len(self.compiled)}>"

    def standing(self, left: Node, right: Node) -> Standing:
        """Where a walk over this pair of documents starts."""
        if not self.queries:
            return self._automaton.root
        return joined(self._resolved(left).root, self._resolved(right).root)

    def pairs_in(self, text: bytes) -> bool:
        """Whether an identity rule may find ids in a document of legacy's, by its canonical bytes. No is certain."""
        if not self.records_ids:
            return False
        return self._id_names is None or any(name in text for name in self._id_names)

    def _resolved(self, root: Node) -> Automaton:
        """All patterns, queries being replaced by the concrete places they name in this document."""
        resolved = [
            (tuple(Segment((step,)) for step in path), effect)
            for query, effect in self.queries
            for path in query.resolve(root)
        ]
        return Automaton((*self.threads, *resolved))


def precedence(kind: str) -> int:
    """Which of two kinds comes first, the smaller number; rules of the same hold side by side."""
    return {"only": 0, "rename": 1}.get(kind, 2)


def _id_names(identities: Sequence[Thread]) -> tuple[bytes, ...] | None:
    """The names under which ids stand, as canonical bytes show them; None where a rule goes by more than names."""
    last = [choice for pattern, _ in identities for choice in (pattern[-1].choices if pattern else (-1,))]
    names = [name for name in last if isinstance(name, str) and name.isascii() and name.isprintable()]
    if len(names) < len(last) or any(char in name for name in names for char in "\\\"'"):
        return None
    return tuple(name.encode() for name in names)


@dataclass(frozen=True, slots=True)
class _Effects:
    patterns: tuple[tuple[Pattern, Effect], ...] = ()
    queries: tuple[tuple[Query, Effect], ...] = ()
    fields: tuple[tuple[str, Effect], ...] = ()
    status: tuple[Effect, ...] = ()
    moves: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: CompiledRule
    effects: _Effects


def _compile_all(rules: Sequence[Rule], lines: Sequence[int]) -> tuple[list[_Compiled], list[Problem]]:
    compiled, problems = [], []
    for position, rule in enumerate(rules):
        line = lines[position] if position < len(lines) else 0
        try:
            compiled.append(_compile(rule, line))
        except BadPath as error:
            problems.append(Problem(line, f"rules[{position}]", str(error), error.remedy))
    return compiled, problems


def _compile(rule: Rule, line: int) -> _Compiled:
    from strangler.config.rules import CallRule, Default, Rename, kind_of

    kind = kind_of(rule) or ""
    written = rule.model_dump(mode="json", exclude=_NOT_MEANING)
    locations = (rule.rename,) if isinstance(rule, Rename) else tuple(getattr(rule, kind))
    if isinstance(written[kind], list):
        written[kind] = sorted(set(written[kind]))
    if isinstance(rule, Default):
        # As JSON: a text that looks like a number is another value than the number.
        written["value"] = canonical(default_value(rule)).decode()
    if isinstance(rule, CallRule):
        # Another version may say something else of the same values.
        written["distribution"] = function_of(rule).distribution
    digest = _digest(written)
    head = CompiledRule(digest, kind, locations, rule.reason, rule.owner, rule.expires, line)
    if isinstance(rule, Rename):
        return _Compiled(head, _Effects(moves=(moved(rule, digest),)))
    return _Compiled(head, _placed(locations, effect_of(rule, kind, digest)))


def _placed(locations: tuple[str, ...], effect: Effect) -> _Effects:
    # A pattern that chooses nothing keeps `only` in force where its locations find nothing in a body.
    patterns: list[tuple[Pattern, Effect]] = [((Segment(()),), effect)] if effect.kind == "only" else []
    queries: list[tuple[Query, Effect]] = []
    fields: list[tuple[str, Effect]] = []
    status: list[Effect] = []
    for text in dict.fromkeys(locations):
        if text == "status":
            status.append(effect)
        elif text.lower().startswith("header:"):
            fields.append((_field_name(text), in_a_header(effect)))
        else:
            path = parsed(text)
            if isinstance(path, Query):
                queries.append((path, effect))
            else:
                patterns.append((path, effect))
    return _Effects(tuple(patterns), tuple(queries), tuple(fields), tuple(status))


def _field_name(text: str) -> str:
    name = text.partition(":")[2].strip().lower()
    if not name or any(char.isspace() or char == ":" for char in name):
        raise BadPath(f"{text!r} is not a location: a header's name must follow `header:`")
    return name


def _grouped(pairs: Sequence[tuple[str, Effect]]) -> dict[str, tuple[Effect, ...]]:
    grouped: dict[str, list[Effect]] = {}
    for name, effect in sorted(pairs, key=lambda pair: turn(pair[1])):
        if effect.kind != "only":
            grouped.setdefault(name, []).append(effect)
    return {name: tuple(effects) for name, effects in grouped.items()}


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:16]
