"""Names behind which credentials stand, and credentials inside of texts and URLs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote_plus

FIELDS: Final = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "api-key",
        "x-auth-token",
        "x-access-token",
        "x-csrf-token",
        "x-amz-security-token",
    }
)
"""Header fields (lower case) whose whole value goes."""

_BODY_NAMES: Final = frozenset(
    {
        "password",
        "passwd",
        "passphrase",
        "secret",
        "clientsecret",
        "accesstoken",
        "refreshtoken",
        "idtoken",
        "authtoken",
        "apikey",
        "cvv",
        "cvc",
        "cvv2",
    }
)
_URL_NAMES: Final = _BODY_NAMES | {
    "token",
    "jwt",
    "sig",
    "signature",
    "auth",
    "session",
    "sessionid",
    "sid",
    "pwd",
}
_USERINFO: Final = re.compile(r"(?<=://)[^/?#@\s\"'<>]+(?=@)")
_PARAMETER: Final = re.compile(r"(?<=[?&;])([A-Za-z0-9_.\-]+)=([^&;#\s\"'<>]+)")
_SCHEME: Final = re.compile(r"\b(Bearer|Basic|Digest|Token)(\s+)([A-Za-z0-9._~+/\-]{8,}=*)", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\[[a-z]+:[a-p]{16}\]")

type Replacement = Callable[[str, str], str]


def names_secret(name: str, *, url: bool = False) -> bool:
    """Whether a member (or a URL's parameter) of this name holds a credential. Case, `-` and `_` do not
    matter.
    """
    bare = name.lower().replace("_", "").replace("-", "")
    return bare in (_URL_NAMES if url else _BODY_NAMES)


def without_credentials(text: str, replacement: Replacement) -> str:
    """The text without user information of URLs, token-like parameters, and `Bearer …`."""
    text = _USERINFO.sub(lambda m: _once("credential", m[0], replacement), text)
    text = _PARAMETER.sub(lambda m: _parameter(m, replacement), text)
    return _SCHEME.sub(lambda m: f"{m[1]}{m[2]}{replacement('credential', m[3])}", text)


def _once(kind: str, value: str, replacement: Replacement) -> str:
    return value if _TOKEN.fullmatch(value) else replacement(kind, value)


def _parameter(match: re.Match[str], replacement: Replacement) -> str:
    if not names_secret(match[1], url=True):
        return match[0]
    return f"{match[1]}={_once('credential', unquote_plus(match[2]), replacement)}"


def decoded_pieces(target: str, clean: Callable[[str], str]) -> str:
    """A request target with each piece (segment, parameter) cleaned as it is after percent-decoding.

    A piece that needs no cleaning stays as it was written.
    """
    return "".join(
        piece if index % 2 else _cleaned(piece, clean)
        for index, piece in enumerate(re.split(r"([/?&;=#])", target))
    )


def _cleaned(piece: str, clean: Callable[[str], str]) -> str:
    plain = unquote_plus(piece)
    cleaned = clean(plain)
    return piece if cleaned == plain else quote(cleaned, safe="[]: ")
