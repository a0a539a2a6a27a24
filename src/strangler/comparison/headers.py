"""Header fields that matter to a client: Content-Type, Location, Cache-Control, cookies, rate limits.

Everything else (Date, Server, ETag, Content-Length, …) may differ, unless a rule names it with `only`. Cookies are
compared by name and attributes, never by value; rate-limit fields by being there; `Location` without the side's
base URL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from strangler.comparison.absent import filled
from strangler.comparison.called import RuleFailed
from strangler.comparison.context import Context
from strangler.comparison.decode.media import coding_and_type
from strangler.comparison.decode.parameters import parameters
from strangler.comparison.model import UNEXPLAINED, Cause, Difference, Kind, Location, Pairing, Path
from strangler.comparison.rules import Rules
from strangler.comparison.states import Effect
from strangler.exchange import Fields

_CAREFREE: Final = """
    date server content-length transfer-encoding connection keep-alive etag last-modified age via x-request-id
    x-correlation-id x-runtime x-response-time server-timing request-id traceparent x-trace-id expires x-powered-by
""".split()  # noqa: SIM905  reads better than twenty quoted words
_BYTES_CAREFREE: Final = frozenset(
    spelling
    for name in _CAREFREE
    for spelling in (name.encode(), name.title().encode(), name.upper().encode())
) | {b"ETag", b"X-Request-ID", b"X-Correlation-ID", b"X-Trace-ID"}
# Their values count down or come from a clock: that they are there is what a client can rely on.
_PRESENCE: Final = ("ratelimit", "x-ratelimit", "x-rate-limit", "retry-after")
_MOVING_ATTRIBUTES: Final = frozenset({"expires", "max-age"})


def plainly_same(left: Fields, right: Fields) -> bool:
    """A quick yes: the same fields in the same order, but for values that never matter. False means: look closer."""
    if left == right:
        return True
    if len(left) != len(right):
        return False
    for (name, value), (other, another) in zip(left, right, strict=True):
        if name != other or (value != another and name not in _BYTES_CAREFREE):
            return False
    return True


def read_otherwise(left: Fields, right: Fields) -> bool:
    """Whether the same bytes would be read in different ways."""
    return coding_and_type(left) != coding_and_type(right)


def compare_fields(
    left: Fields, right: Fields, rules: Rules, context: Context, silenced: dict[str, int]
) -> tuple[list[Difference], list[Pairing]]:
    """Differences in what matters, with what rules let pass counted in `silenced`."""
    ours = telling(left, context.legacy_base, rules)
    theirs = telling(right, context.candidate_base, rules)
    found: list[Difference] = []
    pairings: list[Pairing] = []
    for path in sorted(ours.keys() | theirs.keys(), key=str):
        a, b = ours.get(path), theirs.get(path)
        effects = rules.fields.get(str(path[0]), ())
        location = Location("header", path)
        if a is not None and b is not None:
            pairings += [Pairing(e.digest, a, b, location) for e in effects if e.kind == "identity"]
        if a == b:
            continue
        cause = UNEXPLAINED
        try:
            settling = _settling(effects, a, b, only_line=path[1:] == (0,))
        except RuleFailed as error:
            settling, cause = None, Cause("rule-failed", str(error))
        if settling:
            for effect in settling:
                silenced[effect.digest] = silenced.get(effect.digest, 0) + 1
            continue
        kind: Kind = "changed" if a is not None and b is not None else "extra" if a is None else "missing"
        found.append(Difference(location, kind, a, b, cause=cause, severity="minor", pattern=path))
    return found, pairings


def _settling(
    effects: tuple[Effect, ...], left: str | None, right: str | None, *, only_line: bool
) -> list[Effect] | None:
    """The rules that let this pass, if any. What is absent has a default only where no line of that name is there."""
    for effect in effects:
        if effect.kind == "ignore":
            return [effect]
        if left is None or right is None:
            continue
        if effect.kind == "identity" or (effect.accepts is not None and effect.accepts(left, right)):
            return [effect]
    if (left is None) == (right is None) or not only_line:
        return None
    return filled(effects, left if right is None else right, missing=right is None)


def telling(fields: Fields, base: str, rules: Rules) -> Mapping[Path, str]:
    """What matters of an answer's fields, by path: name and position; for cookies name, cookie and attribute."""
    found: dict[Path, str] = {}
    chosen = rules.only_fields
    for raw, value in fields:
        name = raw.decode("latin-1").lower()
        if chosen is not None and name not in chosen:
            continue
        if name == "set-cookie":
            found.update(_cookie(value.decode("latin-1"), found))
        elif name in _READERS or name.startswith(_PRESENCE) or chosen is not None or name in rules.fields:
            text = value.decode("latin-1").strip()
            reader = _READERS.get(name)
            shown = "present" if name.startswith(_PRESENCE) else reader(text, base) if reader else text
            position = 0
            while (name, position) in found:
                position += 1
            found[name, position] = shown
    return found


def _content_type(value: str, _base: str) -> str:
    bare, pairs = parameters(value.lower())
    # A boundary is drawn anew for every message, and says nothing.
    drawn = "boundary" if bare.startswith("multipart/") else ""
    kept = sorted(f"{name}={setting}" for name, setting in pairs if name != drawn)
    if bare.endswith("json"):
        # JSON is UTF-8 with or without the word (RFC 8259, 8.1).
        kept = [part for part in kept if part not in {"charset=utf-8", "charset=utf8"}]
    return "; ".join([bare, *kept])


def _location(value: str, base: str) -> str:
    """The target without the side's own base: `http://candidate:8000/v2/invoices/1` is `/invoices/1`."""
    if not base:
        return value
    whole, here = urlsplit(base), urlsplit(value)
    if here.netloc and here.netloc.lower() != whole.netloc.lower():
        return value
    prefix = whole.path.rstrip("/")
    path = here.path
    if path == prefix or path.startswith(prefix + "/"):
        path = path[len(prefix) :] or "/"
    rest = here._replace(scheme="", netloc="", path=path)
    return rest.geturl()


def _cache_control(value: str, _base: str) -> str:
    return ", ".join(sorted({part.strip().lower() for part in value.split(",") if part.strip()}))


def _cookie(value: str, others: Mapping[Path, str]) -> dict[Path, str]:
    pair, *attributes = value.split(";")
    plain = cookie = pair.partition("=")[0].strip()
    count = 1
    while ("set-cookie", cookie) in others:  # the same name for another path, say
        count += 1
        cookie = f"{plain}#{count}"
    found: dict[Path, str] = {("set-cookie", cookie): "present"}
    for attribute in attributes:
        name, _, setting = attribute.strip().partition("=")
        name = name.lower()
        if name:
            shown = "present" if name in _MOVING_ATTRIBUTES else setting.strip().lower()
            found["set-cookie", cookie, name] = shown
    return found


_READERS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "content-type": _content_type,
    "location": _location,
    "cache-control": _cache_control,
}
