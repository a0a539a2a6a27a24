"""The two systems and how to speak to them; where strangler listens."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from strangler.config.base import Part
from strangler.config.fields import BodyPath, Bytes, Milliseconds
from strangler.config.places import check_field_name

_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_OURS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive"}
)
_ADDRESS: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:\s]+):(?P<port>\d{1,5})")


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a base URL looks like https://billing.example.com/api")
    if parts.query or parts.fragment:
        raise ValueError("a base URL has neither query nor fragment")
    if parts.username or parts.password:
        raise ValueError("no password in a URL; use `auth: {replace: {Authorization: …}}`")
    if "$" in value:
        raise ValueError("environment variables are not filled in here; write the URL itself")
    if _HOST.fullmatch(parts.hostname) is None or re.search(r"[\s\\\x00-\x1f\x7f]", value):
        raise ValueError("a base URL looks like https://billing.example.com/api")
    _ = parts.port  # raises ValueError, with words of its own, when it is no port
    return value.rstrip("/")


def is_loopback(value: str) -> bool:
    """Whether an address is on the loopback interface."""
    host = _address(value).rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _loopback(value: str) -> str:
    if not is_loopback(value):
        raise ValueError("control listens on this machine only: 127.0.0.1:PORT or [::1]:PORT")
    return value


def check_credential(value: str) -> str:
    """The text, if it can be the value of a header; else a ValueError."""
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise ValueError("a header's value has no line breaks or control characters")
    return value


def _replaceable(value: str) -> str:
    check_field_name(value)
    if value.lower() in _OURS:
        raise ValueError(
            f"{value} is strangler's own to set; `auth` replaces credentials such as Authorization"
        )
    return value


def _address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or int(match["port"]) > 65535:
        raise ValueError("an address looks like 127.0.0.1:8600 or [::1]:8600")
    return value


BaseUrl = Annotated[str, AfterValidator(_base_url)]
"""Scheme, host, and the path that stands in front of every request's; without a trailing slash."""

Address = Annotated[str, AfterValidator(_address)]
"""`host:port` to listen on; port 0 takes a free one."""

LocalAddress = Annotated[str, AfterValidator(_loopback)]
"""`host:port` on the loopback interface; port 0 takes a free one."""


class ReplaceAuth(Part):
    """The side gets its own credentials: what the client sent in these fields is taken out first."""

    replace: Annotated[
        dict[Annotated[str, AfterValidator(_replaceable)], Annotated[str, AfterValidator(check_credential)]],
        Field(min_length=1),
    ]
    """Header name to value; `${NAME}` stands for an environment variable."""


def _auth(value: object) -> object:
    if isinstance(value, str) and value != "pass":
        raise ValueError("`auth` is `pass` or `{replace: {Authorization: …}}`")
    return None if value == "pass" else value


def _or_pass(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"const": "pass"}, *schema.get("anyOf", ())]


class System(Part):
    """One of the two systems."""

    url: BaseUrl
    """Its base URL; a path in it stands in front of every request's."""
    auth: Annotated[ReplaceAuth | None, BeforeValidator(_auth)] = Field(
        default=None, json_schema_extra=_or_pass
    )
    """`pass` (the client's own; the default) or `{replace: {Authorization: "Bearer ${TOKEN}"}}`."""
    host: Annotated[str, AfterValidator(check_credential), Field(min_length=1)] | None = None
    """The Host field to send; absent: that of the URL."""
    ca: str | None = None
    """A file of PEM certificates to trust for https."""
    connect: Milliseconds = 5_000
    """How long connecting to it may take. In a burst a kernel tries again after one and after three seconds."""
    timeout: Milliseconds = 30_000
    """How long a client's request may wait for this side's answer."""


class Version(Part):
    """Where the candidate's version is read: exactly one of `header`, `endpoint`, `value`."""

    header: Annotated[str, AfterValidator(check_field_name)] | None = None
    """A header of every answer."""
    endpoint: Annotated[str, Field(pattern="^/")] | None = None
    """A path under the candidate's URL, asked every few seconds."""
    path: BodyPath = "$.version"
    """Where in the endpoint's JSON answer."""
    value: Annotated[str, Field(min_length=1)] | None = None
    """Fixed here (or by `--candidate-version`)."""

    @model_validator(mode="after")
    def _one(self) -> Version:
        if sum(source is not None for source in (self.header, self.endpoint, self.value)) != 1:
            raise ValueError("give exactly one of `header`, `endpoint`, `value`")
        return self


class Candidate(System):
    """The candidate: a system with a version, because evidence belongs to one version."""

    version: Version | None = None
    """Absent: unknown, and the gate stays insufficient until `--candidate-version` says it."""


class Tls(Part):
    """The listener's certificate chain and key, PEM files."""

    certificate: str
    """File of the certificate, then what leads to its root."""
    key: str
    """File of its private key."""


class Serve(Part):
    """Where strangler itself listens."""

    listen: Address = "127.0.0.1:8600"
    """Where clients come."""
    tls: Tls | None = None
    """Absent: plain HTTP."""
    plane: Literal["mitmproxy"] = "mitmproxy"
    """What carries the traffic."""
    planes: int = Field(default=1, ge=1, le=64)
    """Plane processes that share the listening socket."""
    control: LocalAddress = "127.0.0.1:8601"
    """The control endpoint (routing table, state). Loopback only."""
    dashboard: Address | None = None
    """Where the pages are shown (`127.0.0.1:8602`); beyond this machine only with `dashboard.login`. Absent:
    `strangler dashboard` shows them.
    """
    state: str = ".strangler"
    """Folder for what must outlive a restart: the last table, sockets, override."""
    drain: Milliseconds = 10_000
    """How long a stopping plane lets its open requests end."""
    header_limit: Bytes = 65_536
    """A larger request header is answered 431."""


class Capture(Part):
    """What a plane hands to the worker. Full means dropped and counted; the client never waits."""

    queue: int = Field(default=4_096, ge=1)
    """Exchanges waiting, at most."""
    queue_bytes: Bytes = 64 << 20
    """Their bytes, at most."""
    body_limit: Bytes = 1 << 20
    """A body over this passes untouched, uncaptured, counted."""
    heartbeat: Milliseconds = 500
    """How often a plane tells the worker and control that it lives, and its counts."""


class Worker(Part):
    """How the shadow is asked."""

    timeout: Milliseconds = 5_000
    """The shadow's own deadline; an answer after it is `failed: timeout`."""
    concurrency: int = Field(default=64, ge=1)
    """Questions to the shadow under way at once."""
    rate: int = Field(default=0, ge=0)
    """Questions per second, at most; 0: no limit."""
    breaker: int = Field(default=40, ge=1)
    """Failures in a row after which the shadow is left alone (what is shed meanwhile is counted)."""
    breaker_pause: Milliseconds = 5_000
    """For how long."""
    memory: Bytes = 512 << 20
    """Ceiling for exchanges in memory: above it new ones are shed until 7/8 of it is left."""
    reask: Milliseconds = 200
    """How long after a difference both sides are asked again (at least the declared lag)."""
    twins: Annotated[int, Field(ge=0, le=10_000)] = 100
    """Basis points of comparisons for which the primary is asked a second time without a difference."""
    referee: Annotated[int, Field(ge=0, le=10_000)] = 10
    """Basis points of comparisons that DeepDiff judges too."""
    exemplars: int = Field(default=5, ge=0, le=100)
    """Whole documents kept per divergence."""
