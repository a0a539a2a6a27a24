"""A provider of OpenID Connect vouches for people: authorization code flow with PKCE, state and nonce.

OpenID Connect Core 1.0, section 3.1; RFC 7636 (PKCE, S256); RFC 9207 (the issuer in the answer). Imported only where a
provider is named: it needs the extra `strangler[oidc]`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from strangler.access import Role
from strangler.config.dashboard import Oidc
from strangler_dashboard.claims import person_of
from strangler_dashboard.errors import ProviderAway, Unauthenticated

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures alone: with `none` or a shared secret anybody, or any client, could have made the token."""
LEEWAY_S: Final = 60
KEPT_S: Final = 300
_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the provider for one login: whoever comes back has `state`, the token `nonce`; `verifier`
    proves that it was we who asked.
    """

    state: str
    nonce: str
    verifier: str


class _Metadata(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct):
    id_token: str
    access_token: str = ""


class Provider:
    """`back`: where it sends people; `secret`: the client's own, empty for none; `trust`: whose certificates; `now_s`:
    Unix time.
    """

    def __init__(
        self, oidc: Oidc, back: str, secret: str, trust: ssl.SSLContext, now_s: Callable[[], int]
    ) -> None:
        self._oidc, self._back, self._secret, self._trust, self._now_s = oidc, back, secret, trust, now_s
        self._known: tuple[int, _Metadata] | None = None

    async def way(self, asked: Asked) -> str:
        """Where to send a person. Raises ProviderAway."""
        async with self._client() as client:
            found = await self._metadata(client)
        uri: str = prepare_grant_uri(
            found.authorization_endpoint,
            self._oidc.client_id,
            "code",
            redirect_uri=self._back,
            scope=" ".join(self._oidc.scopes),
            state=asked.state,
            nonce=asked.nonce,
            code_challenge=create_s256_code_challenge(asked.verifier),
            code_challenge_method="S256",
        )
        return uri

    async def person(self, asked: Asked, answer: Mapping[str, str]) -> tuple[str, tuple[Role, ...]]:
        """Who came back, and their roles. `answer`: the parameters that they came back with.

        Raises Unauthenticated for whoever the provider does not vouch for, Forbidden for whoever has no role,
        ProviderAway.
        """
        if answer.get("iss", self._oidc.issuer).rstrip("/") != self._oidc.issuer:
            raise _refused("the answer is another provider's")
        if "code" not in answer:
            raise _refused(f"the provider said `{answer.get('error', 'nothing')[:100]}`")
        async with self._client() as client:
            found = await self._metadata(client)
            given = await self._tokens(client, found, asked, answer["code"])
            keys = await _object(client.get(found.jwks_uri))
        claims = checked(given.id_token, keys, self._oidc, asked.nonce, given.access_token, self._now_s())
        return person_of(claims, self._oidc)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._trust, timeout=self._oidc.timeout / 1000)

    async def _metadata(self, client: httpx.AsyncClient) -> _Metadata:
        """Kept for some minutes: whoever asks for a login often is not to ask the provider through us."""
        if self._known is None or not 0 <= self._now_s() - self._known[0] < KEPT_S:
            self._known = (self._now_s(), await self._asked_metadata(client))
        return self._known[1]

    async def _asked_metadata(self, client: httpx.AsyncClient) -> _Metadata:
        found = await _object(client.get(self._oidc.issuer + _WELL_KNOWN))
        try:
            said = msgspec.convert(found, _Metadata)
        except msgspec.ValidationError as error:
            raise ProviderAway(f"the provider's configuration cannot be used: {error}") from None
        if said.issuer.rstrip("/") != self._oidc.issuer:
            raise ProviderAway(
                f"the provider calls itself {said.issuer!r}", remedy=f"the file says {self._oidc.issuer!r}"
            )
        scheme = urlsplit(self._oidc.issuer).scheme
        for url in (said.authorization_endpoint, said.token_endpoint, said.jwks_uri):
            if urlsplit(url).scheme not in {"https", scheme}:
                raise ProviderAway(f"the provider names an address that is not https: {url!r}")
        return said

    async def _tokens(self, client: httpx.AsyncClient, found: _Metadata, asked: Asked, code: str) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": asked.verifier,
        }
        basic = "client_secret_basic" in found.token_endpoint_auth_methods_supported
        proof = httpx.BasicAuth(self._oidc.client_id, self._secret) if self._secret and basic else None
        if proof is None:
            form |= {"client_id": self._oidc.client_id}
            form |= {"client_secret": self._secret} if self._secret else {}
        asking = client.post(found.token_endpoint, data=form, auth=proof or httpx.USE_CLIENT_DEFAULT)
        try:
            return msgspec.convert(await _object(asking, refusable=True), _Tokens)
        except msgspec.ValidationError:
            raise _refused("the provider gave no ID token") from None


def checked(
    id_token: str, keys: Any, oidc: Oidc, nonce: str, access_token: str, now_s: int
) -> dict[str, Any]:
    """The claims of an ID token that is the provider's, for us, of this login, and of now. Raises Unauthenticated."""
    options = {
        "iss": {"essential": True, "values": [oidc.issuer, f"{oidc.issuer}/"]},
        "aud": {"essential": True, "value": oidc.client_id},
        "sub": {"essential": True},
        "nonce": {"essential": True},
    }
    params = {"nonce": nonce, "client_id": oidc.client_id, "access_token": access_token or None}
    try:
        token = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS))
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(now_s, LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _refused(f"the provider's ID token is not to be relied on ({_words(error)})") from None
    several = not isinstance(claims["aud"], str) and len(claims["aud"]) > 1
    if several and claims.get("azp") != oidc.client_id:
        raise _refused("the provider's ID token is for somebody else, too")
    return dict(claims)


async def _object(asking: Any, *, refusable: bool = False) -> Any:
    """What was answered, as JSON. `refusable`: a refusal says something of the person, not of the provider."""
    try:
        answer: httpx.Response = await asking
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderAway(
            f"the provider does not answer ({type(error).__name__})", remedy="a token still lets you in"
        ) from None
    if refusable and 400 <= answer.status_code < 500:
        raise _refused("the provider does not take the code")
    if answer.status_code != 200:
        raise ProviderAway(f"the provider answered {answer.status_code}", remedy="a token still lets you in")
    try:
        return msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        raise ProviderAway("the provider's answer cannot be read") from None


def _words(error: Exception) -> str:
    said = getattr(error, "error", "") or type(error).__name__
    about = getattr(error, "claim", "")
    return f"{said}: {about}" if about else str(said)


def _refused(what: str) -> Unauthenticated:
    return Unauthenticated(what, remedy="begin again; where it stays so, ask whoever runs the provider")
