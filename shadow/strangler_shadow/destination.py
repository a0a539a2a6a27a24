"""How a request is put to one side: its base URL in front, Host, forwarded and hop-by-hop fields, credentials.

Pure; the plane asks the primary by it and the worker may ask the shadow by it.
"""

from __future__ import annotations

import ssl
from typing import Final
from urllib.parse import urlsplit

import msgspec

from strangler.exchange import Fields
from strangler_shadow.planes.heads import list_tokens
from strangler_shadow.settings import SideSettings

HOP_BY_HOP: Final = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"})
"""What RFC 9110 section 7.6.1 names, but for Transfer-Encoding: a plane frames a body as it came."""

CREDENTIALS: Final = frozenset({b"authorization", b"cookie", b"proxy-authorization"})
"""The client's own; taken out where a side gets its own."""

_FRAMING: Final = frozenset({b"host", b"content-length", b"transfer-encoding"})
_OURS: Final = frozenset(
    {b"host", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"via"}
)


class Hop(msgspec.Struct, frozen=True):
    """The hop a request came by: the client's address, the scheme and authority it used, our name in Via."""

    peer: str
    scheme: str
    authority: str
    via: str


class Destination:
    """One side, ready to be asked."""

    def __init__(self, settings: SideSettings) -> None:
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{settings.url!r} is no base URL")
        self.host: Final = parts.hostname
        self.tls: Final = parts.scheme == "https"
        self.port: Final = parts.port or (443 if self.tls else 80)
        self.prefix: Final = parts.path.rstrip("/")
        self.authority: Final = settings.host or parts.netloc
        self.connect_seconds: Final = settings.connect_ms / 1000
        self.timeout_seconds: Final = settings.timeout_ms / 1000
        self.timeout_ms: Final = settings.timeout_ms
        self._ca = settings.ca
        self._host = self.authority.encode("latin-1")
        self._own = tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in settings.replace.items())
        replaced = frozenset(name.lower() for name, _ in self._own)
        self._removed = HOP_BY_HOP | (CREDENTIALS | replaced if replaced else frozenset())

    def tls_context(self) -> ssl.SSLContext | None:
        """What to trust, None without TLS. Raises OSError when the CA file cannot be read."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self._ca)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def target(self, target: str) -> str:
        """`target` (origin form) under the base URL."""
        return target if target == "*" else self.prefix + target

    def fields(self, fields: Fields, hop: Hop, *, websocket: bool = False, without: bytes = b"") -> Fields:
        """The fields to send, in the client's order and spelling; ours stand where the client's stood, else last.

        `websocket`: the request asks to become one, so that hop is renewed. `without`: one more name to leave out.
        """
        lowered = [name.lower() for name, _ in fields]
        removed = self._removed | _named(fields) if b"connection" in lowered else self._removed
        kept: list[tuple[bytes, bytes]] = []
        ours: dict[bytes, int] = {}
        for field, lower in zip(fields, lowered, strict=True):
            if lower in _OURS:
                ours[lower] = len(kept)
            elif lower in removed or lower == without:
                if websocket and lower in (b"connection", b"upgrade"):
                    kept.append((field[0], b"Upgrade" if lower == b"connection" else b"websocket"))
                continue
            kept.append(field)
        if b"host" in ours:
            kept[ours[b"host"]] = (kept[ours[b"host"]][0], self._host)
            self._forward(kept, ours, hop)
        else:
            self._forward(kept, ours, hop)
            kept.insert(0, (b"Host", self._host))
        kept.extend(self._own)
        return tuple(kept)

    def _forward(self, kept: list[tuple[bytes, bytes]], ours: dict[bytes, int], hop: Hop) -> None:
        _append(kept, ours.get(b"x-forwarded-for"), b"X-Forwarded-For", hop.peer.encode("latin-1", "replace"))
        if b"x-forwarded-proto" not in ours:
            kept.append((b"X-Forwarded-Proto", hop.scheme.encode("ascii")))
        if b"x-forwarded-host" not in ours and hop.authority:
            kept.append((b"X-Forwarded-Host", hop.authority.encode("latin-1")))
        if b"forwarded" in ours:
            _append(kept, ours[b"forwarded"], b"Forwarded", _forwarded(hop).encode("latin-1", "replace"))
        _append(kept, ours.get(b"via"), b"Via", f"1.1 {hop.via}".encode("latin-1"))


def _append(kept: list[tuple[bytes, bytes]], at: int | None, name: bytes, value: bytes) -> None:
    """Put a value behind those of the field at `at`, or as a field of its own where there is none."""
    if at is None:
        kept.append((name, value))
    else:
        spelled, before = kept[at]
        kept[at] = (spelled, before + b", " + value if before else value)


def _named(fields: Fields) -> frozenset[bytes]:
    """The names in Connection. Framing and Host are never among them: nobody may unsay those."""
    values = [value for name, value in fields if name.lower() == b"connection"]
    return list_tokens(values) - _FRAMING if values else frozenset()


def _forwarded(hop: Hop) -> str:
    """An element of Forwarded (RFC 7239 section 4)."""
    peer = f'"[{hop.peer}]"' if ":" in hop.peer else hop.peer
    return f'for={peer};host="{hop.authority}";proto={hop.scheme}'


def answer_fields(fields: Fields, *, status: int) -> Fields:
    """The fields of an answer to pass on: hop-by-hop ones out, but for those that make a 101 or 426 one."""
    lowered = [name.lower() for name, _ in fields]
    removed = HOP_BY_HOP
    if status in (101, 426):
        removed -= {b"connection", b"upgrade"}
    elif b"connection" in lowered:
        removed |= _named(fields)
    if removed.isdisjoint(lowered):
        return fields
    return tuple(field for field, lower in zip(fields, lowered, strict=True) if lower not in removed)
