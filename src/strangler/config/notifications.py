"""Who is told what happened, as it stands in `strangler.yaml`."""

from __future__ import annotations

import hashlib
import re
from fnmatch import fnmatchcase
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from strangler.config.base import Part
from strangler.config.environment import variables
from strangler.config.fields import Milliseconds


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("a webhook's URL looks like https://hooks.example.com/strangler, without a password")
    if parts.fragment or re.search(r"[\s\\\x00-\x1f\x7f$]", value):
        raise ValueError("a webhook's URL is a plain one: no fragment, no environment variable, no blank")
    _ = parts.port  # raises ValueError, with words of its own, when it is no port
    return value


def _secret(value: str) -> str:
    if not variables(value):
        raise ValueError("a secret does not stand in the file: write ${NAME} and export it")
    return value


FAMILIES: Final = (
    "approval", "census", "cutover", "divergence", "effect", "exemplar", "login", "migration", "numbers", "override",
    "referee", "table", "token",
)  # fmt: skip
"""What actions of the audit begin with."""


def _event(pattern: str) -> str:
    """A pattern that fits nothing would be a silence that looks like calm."""
    family, dot, _ = pattern.partition(".")
    whole = dot or "*" in pattern or pattern == "census"
    if not whole or not any(fnmatchcase(each, family) for each in FAMILIES):
        known = ", ".join(FAMILIES)
        raise ValueError(
            f"no action of the audit is like {pattern!r}: cutover.advance, cutover.*; or of {known}"
        )
    return pattern


class Notification(Part):
    """One webhook: entries of the audit, signed by the Standard Webhooks specification, in order, at least once."""

    url: Annotated[str, AfterValidator(_url)]
    """Where entries are sent by POST. A redirect is not followed."""
    secret: Annotated[str, AfterValidator(_secret)]
    """`${NAME}`: an environment variable that holds `whsec_` and base64 of 24 to 64 bytes."""
    events: Annotated[
        tuple[
            Annotated[str, StringConstraints(pattern=r"^[a-z*][a-z0-9.*_-]{0,62}$"), AfterValidator(_event)],
            ...,
        ],
        Field(min_length=1),
    ] = ("cutover.*", "override.*")
    """Actions of the audit, with `*` for any text."""
    timeout: Milliseconds = Field(default=10_000, ge=100, le=60_000)
    """How long one attempt may take."""
    give_up: Milliseconds = Field(default=86_400_000, ge=1_000)
    """How old an entry may be that an attempt failed for; an older one is given up, and counted."""

    @property
    def key(self) -> str:
        """What the ledger knows it by: the URL may be a secret of its own."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]

    @property
    def host(self) -> str:
        """What is shown of it."""
        return urlsplit(self.url).netloc
