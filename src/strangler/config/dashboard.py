"""Where browsers reach the pages, and who may, as it stands in `strangler.yaml`."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from strangler.access import Role
from strangler.config.base import Part
from strangler.config.environment import variables
from strangler.config.fields import Milliseconds
from strangler.config.systems import Tls


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _plain_url(value: str) -> str:
    parts = urlsplit(value)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or re.search(r"[\s\\\x00-\x1f\x7f$]", value)
    ):
        raise ValueError("it looks like https://strangler.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("it has no password, no query and no fragment")
    _ = parts.port  # raises ValueError, with words of its own, when it is no port
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise ValueError(
            "what logs somebody in does not travel in the clear: https, but for this machine itself"
        )
    return value.rstrip("/")


def _origin(value: str) -> str:
    if urlsplit(_plain_url(value)).path.strip("/"):
        raise ValueError("the pages stand at the root of a name: without a path")
    return _plain_url(value)


def _secret(value: str) -> str:
    if not variables(value):
        raise ValueError("a secret does not stand in the file: write ${NAME} and export it")
    return value


class Claimed(Part):
    """Who has which role, by what the provider says of them."""

    claim: Annotated[str, Field(min_length=1)] = "groups"
    """The claim of the ID token: a name, or names with dots between (`realm_access.roles`)."""
    grants: Annotated[
        dict[Annotated[str, Field(min_length=1)], Annotated[tuple[Role, ...], Field(min_length=1)]],
        Field(min_length=1),
    ]
    """Value of the claim to roles: `{billing-ops: [operator]}`. Whoever has none of the values is not let in."""


class Oidc(Part):
    """A provider of OpenID Connect: authorization code flow with PKCE."""

    issuer: Annotated[str, AfterValidator(_plain_url)]
    """As its ID tokens name it; `/.well-known/openid-configuration` is asked below it."""
    client_id: Annotated[str, Field(min_length=1)]
    """What the provider knows strangler by."""
    client_secret: Annotated[str, AfterValidator(_secret)] | None = None
    """`${NAME}`: an environment variable. Absent: a public client, which PKCE alone protects."""
    scopes: tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")], ...] = ("openid", "profile", "email")
    """What is asked for; `openid` is among them."""
    name: Annotated[str, Field(min_length=1)] = "email"
    """The claim by which the audit and approvals know a person. One that people can change themselves lets them be
    somebody else.
    """
    roles: Claimed
    """Who has which role."""
    ca: str | None = None
    """A file of PEM certificates to trust for the provider's https."""
    timeout: Milliseconds = Field(default=10_000, ge=100, le=60_000)
    """How long the provider may take to answer."""


class Login(Part):
    """Who reaches the pages logs in, by a token of `strangler token create`, and by a provider where one is named."""

    oidc: Oidc | None = None
    """A provider of OpenID Connect. Absent: by tokens alone."""
    idle: Milliseconds = Field(default=1_800_000, ge=60_000)
    """A session ends when nobody opened a page for so long."""
    longest: Milliseconds = Field(default=43_200_000, ge=60_000)
    """A session ends after so long, whatever is done."""


class Dashboard(Part):
    """The pages: where browsers reach them, and who may. Where they listen is `serve.dashboard`."""

    url: Annotated[str, AfterValidator(_origin)] | None = None
    """As browsers reach them: `https://strangler.example.com`. Needed for any address but this machine's."""
    tls: Tls | None = None
    """The certificate of the pages. Absent: plain HTTP, for this machine, or behind a proxy that speaks https."""
    login: Login | None = None
    """Absent: nobody logs in, and the pages listen on this machine only. `{}`: by tokens."""
