"""`compare`: two answers, the rules, one outcome. Pure: no clock, no randomness, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from strangler.comparison.anomalies import of_one_side
from strangler.comparison.called import RuleFailed
from strangler.comparison.context import Context
from strangler.comparison.decode import decode
from strangler.comparison.decode.media import media_type
from strangler.comparison.differences import Raw, walk
from strangler.comparison.explained import explained, of_an_error
from strangler.comparison.failures import failed
from strangler.comparison.headers import compare_fields, plainly_same, read_otherwise
from strangler.comparison.model import (
    Anomaly,
    Answer,
    Cause,
    Decoded,
    Difference,
    Location,
    Opaque,
    Outcome,
    Pairing,
)
from strangler.comparison.plain import plain_tree
from strangler.comparison.renames import put_back
from strangler.comparison.rules import Rules
from strangler.comparison.sources import with_sources
from strangler.comparison.states import OUTSIDE
from strangler.comparison.values import canonical
from strangler.errors import DecodeError
from strangler.exchange import Side

EQUAL: Final = Outcome("equal")
NO_RULES: Final = Rules()
PLAIN_CONTEXT: Final = Context()
_ERRORS: Final = 400
_TRUTH: Final = (b"true", b"false", b"True", b"False")
"""How canonical bytes write a truth value, or Python does where they cannot."""


def compare(
    left: object,
    right: object,
    rules: Rules = NO_RULES,
    context: Context = PLAIN_CONTEXT,
) -> Outcome:
    """Compare legacy's answer (`left`) with the candidate's (`right`), rules being what may differ.

    Either is an `Answer`; or bytes or text, read by what they look like (JSON, XML, else text); or a map, list or
    scalar, compared as it is. An answer that cannot be read, and a 5xx on one side only, is a failed outcome, never
    an exception. Raises UsageError for what is none of these.
    """
    if isinstance(left, Answer) and isinstance(right, Answer):
        return _answers(left, right, rules, context)
    if isinstance(left, (bytes, str)) and isinstance(right, (bytes, str)):
        return _answers(_bare(left), _bare(right), rules, context)
    ours, theirs = _read_plain("legacy", left, context), _read_plain("candidate", right, context)
    if isinstance(ours, Outcome):
        return ours
    if isinstance(theirs, Outcome):
        return theirs
    gathered = _Gathered()
    _trees(ours, theirs, rules, context, gathered)
    return gathered.outcome(context)


@dataclass(slots=True)
class _Gathered:
    """What the parts of an answer have contributed so far."""

    differences: list[Difference] = field(default_factory=list)
    silenced: dict[str, int] = field(default_factory=dict)
    pairings: list[Pairing] = field(default_factory=list)
    anomalies: tuple[Anomaly, ...] = ()
    unlisted: int = 0

    def outcome(self, context: Context) -> Outcome:
        listed = tuple(self.differences[: context.limits.listed])
        unlisted = self.unlisted + len(self.differences) - len(listed)
        return Outcome(
            "different" if listed else "equal",
            listed,
            self.silenced,
            anomalies=self.anomalies,
            pairings=tuple(self.pairings),
            unlisted=unlisted,
        )


def _answers(left: Answer, right: Answer, rules: Rules, context: Context) -> Outcome:
    same_body = left.body == right.body
    plain = plainly_same(left.fields, right.fields)
    if (
        same_body
        and plain
        and left.status == right.status
        and left.trailers == right.trailers
        and not rules.records_ids
    ):
        return EQUAL
    if (left.status >= 500) != (right.status >= 500):
        blame: Side = "legacy" if left.status >= 500 else "candidate"
        detail = f"legacy answered {left.status}, the candidate {right.status}"
        return failed("server-error", blame=blame, detail=detail, left=left.status, right=right.status)
    gathered = _Gathered()
    if left.status != right.status:
        otherwise = _status(left.status, right.status, rules, gathered.silenced)
        gathered.differences += otherwise
        if otherwise and left.status // 100 != right.status // 100:
            # One is an error's body: what else differs follows from that.
            return gathered.outcome(context)
    if not plain or rules.fields:
        found, pairings = compare_fields(left.fields, right.fields, rules, context, gathered.silenced)
        gathered.differences += found
        gathered.pairings += pairings
    if left.trailers != right.trailers and rules.only_fields is None:
        gathered.differences += _trailer_differences(left, right, rules)
    if not same_body or rules.records_ids or (not plain and read_otherwise(left.fields, right.fields)):
        unread = _bodies(left, right, rules, context, gathered)
        if unread is not None:
            return unread
        if left.status >= _ERRORS and gathered.differences:
            gathered.differences = [of_an_error(each, left.status) for each in gathered.differences]
    return gathered.outcome(context)


def _status(left: int, right: int, rules: Rules, silenced: dict[str, int]) -> list[Difference]:
    """What two statuses that are not the same disagree about, if rules do not let it pass."""
    cause = Cause("status", f"{left} against {right}")
    for effect in rules.status:
        try:
            if effect.kind == "ignore" or (effect.accepts is not None and effect.accepts(left, right)):
                silenced[effect.digest] = silenced.get(effect.digest, 0) + 1
                return []
        except RuleFailed as error:
            cause = Cause("rule-failed", str(error))
    return [Difference(Location("status"), "changed", left, right, cause=cause, pattern=())]


def _trailer_differences(left: Answer, right: Answer, rules: Rules) -> list[Difference]:
    ours = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in left.trailers}
    theirs = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in right.trailers}
    return [
        Difference(
            Location("trailer", (name,)),
            "extra" if name not in ours else "missing" if name not in theirs else "changed",
            ours.get(name),
            theirs.get(name),
            severity="minor",
            pattern=(name,),
        )
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
        and not any(e.kind == "ignore" for e in rules.fields.get(name, ()))
    ]


def _bodies(
    left: Answer, right: Answer, rules: Rules, context: Context, gathered: _Gathered
) -> Outcome | None:
    """Compare two bodies; a failed outcome where one cannot be read."""
    ours = _read("legacy", left, context)
    theirs = _read("candidate", right, context)
    for unread in (ours, theirs):
        if isinstance(unread, Outcome):
            return replace(unread, silenced=gathered.silenced)
    if isinstance(ours, Decoded) and isinstance(theirs, Decoded):
        _trees(ours, theirs, rules, context, gathered)
    return None


def _read(side: Side, answer: Answer, context: Context) -> Decoded | Outcome:
    try:
        return decode(answer, context)
    except DecodeError as error:
        return failed("undecodable", blame=side, detail=str(error))


def _read_plain(side: Side, value: object, context: Context) -> Decoded | Outcome:
    if isinstance(value, Answer):
        return _read(side, value, context)
    if isinstance(value, bytes | str):
        return _read(side, _bare(value), context)
    return Decoded(plain_tree(value, context.limits.depth), "")


def _bare(body: bytes | str) -> Answer:
    return Answer(200, (), body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass"))


def _trees(left: Decoded, right: Decoded, rules: Rules, context: Context, gathered: _Gathered) -> None:
    if left.anomalies or right.anomalies:
        gathered.anomalies = (
            *(replace(anomaly, side="legacy") for anomaly in left.anomalies),
            *(replace(anomaly, side="candidate") for anomaly in right.anomalies),
        )
        gathered.differences += of_one_side(left, right, rules)
    if left.media != right.media and not _akin(left, right):
        raw = Raw("type", (), (), left.media or "unknown", right.media or "unknown")
        if rules.standing(left.root, right.root) != OUTSIDE:
            gathered.differences += explained([raw], None, None, context)
        return
    text, other = _canonical(left), _canonical(right)
    ids = rules.pairs_in(text)
    if not ids and text == other:
        return
    ours = put_back(left.root, rules.left_moves, {}) if rules.left_moves else left.root
    theirs = put_back(right.root, rules.moves, gathered.silenced) if rules.moves else right.root
    mixed = any(word in document for document in (text, other) for word in _TRUTH)
    key = context.declared.key if context.declared is not None else ()
    walked = walk(ours, theirs, rules, context.limits.one_sided, ids=ids, mixed=mixed, key=key)
    for digest, count in walked.silenced.items():
        gathered.silenced[digest] = gathered.silenced.get(digest, 0) + count
    gathered.pairings += walked.pairings
    listed = walked.found[: context.limits.listed]
    gathered.unlisted += len(walked.found) - len(listed)
    found = explained(listed, ours, theirs, context)
    gathered.differences += with_sources(found, left, right) if left.where or right.where else found


def _canonical(decoded: Decoded) -> bytes:
    return canonical(decoded.root) if decoded.canonical is None else decoded.canonical


def _akin(left: Decoded, right: Decoded) -> bool:
    kin, other = _kin(left), _kin(right)
    return kin == other or not kin or not other


def _kin(decoded: Decoded) -> str:
    """What may be compared with what: the family of a format; no bytes, and a plain value, go with anything."""
    if isinstance(decoded.root, Opaque):
        return "opaque" if decoded.root.size else ""
    return media_type(decoded.media.encode()).family
