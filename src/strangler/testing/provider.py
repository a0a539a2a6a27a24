"""A small provider of OpenID Connect that really answers over HTTP and signs what it says.

    with Provider() as provider:
        ...  # dashboard.login.oidc: {issuer: provider.issuer, client_id: provider.client_id, …}
        back = provider.log_in(way)      # as a browser would: from where it was sent to where it is sent back

Whoever comes is `claims`. What is in `spoil` is said in the place of what is right: claims by name (None: left out),
and `alg`, `key`, `status` (of the token endpoint), `from` and `error` (of the way back), `issuer` and `metadata`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from strangler.testing.closing import Closing

CLIENT: Final = "strangler"
SECRET: Final = "the client's own secret"  # noqa: S105  of a fake


class Provider(Closing):
    """`asked`: the parameters of each request for a login, the first first."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.issuer = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.client_id, self.secret = CLIENT, SECRET
        self.claims: dict[str, Any] = {"sub": "1", "email": "ann@example.com", "groups": ["billing-ops"]}
        self.spoil: dict[str, Any] = {}
        self.now_s: Callable[[], int] = lambda: int(time.time())
        self.asked: list[dict[str, str]] = []
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self._codes: dict[str, dict[str, str]] = {}

    def log_in(self, way: str) -> str:
        """Where whoever was sent to `way` is sent back to."""
        opener = urllib.request.build_opener(_NoRedirect())
        try:
            opener.open(way, timeout=10).close()
        except urllib.error.HTTPError as error:
            with error:
                return str(error.headers["Location"])
        raise AssertionError("the provider sent nobody back")

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, path: str, query: dict[str, str], form: dict[str, str], proof: str) -> tuple[int, Any]:
        """Status, and JSON or where to go."""
        if path == "/.well-known/openid-configuration":
            names = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            said = {name: self.issuer + at for name, at in names.items()}
            return 200, {
                "issuer": self.spoil.get("issuer", self.issuer),
                **said,
                **self.spoil.get("metadata", {}),
            }
        if path == "/keys":
            return 200, {"keys": [self._key.as_dict(private=False)]}
        if path == "/authorize":
            return 302, self._sent_back(query)
        return self._tokens(form, proof) if path == "/token" else (404, {})

    def _sent_back(self, query: dict[str, str]) -> str:
        self.asked.append(query)
        if "error" in self.spoil:
            said = {"error": self.spoil["error"], "state": query["state"]}
            return f"{query['redirect_uri']}?{urlencode(said)}"
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        said = {"code": code, "state": query["state"], "iss": self.spoil.get("from", self.issuer)}
        return f"{query['redirect_uri']}?{urlencode(said)}"

    def _tokens(self, form: dict[str, str], proof: str) -> tuple[int, Any]:
        asked = self._codes.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        if proof != expected:
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge_method"] != "S256"
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        said = {
            "id_token": self._signed(asked["nonce"], access),
            "access_token": access,
            "token_type": "Bearer",
        }
        return self.spoil.get("status", 200), said

    def _signed(self, nonce: str, access: str) -> str:
        now, half = self.now_s(), hashlib.sha256(access.encode()).digest()[:16]
        right = {
            "iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce,
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="), **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in (right | self.spoil).items() if value is not None}
        algorithm = self.spoil.get("alg", "RS256")
        head = {"alg": algorithm, "kid": "one"}
        if algorithm == "none":
            return f"{_part(head)}.{_part(claims)}."
        if algorithm == "HS256":  # the public key as a shared secret: anybody can sign so
            said = f"{_part(head)}.{_part(claims)}"
            signature = hmac.digest(self._key.as_pem(private=False), said.encode(), "sha256")
            return f"{said}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
        key = RSAKey.generate_key(2048, {"kid": "one"}) if self.spoil.get("key") else self._key
        return jwt.encode(head, claims, key, algorithms=[algorithm])


def _part(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Show where it leads, and do not go there."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Never."""


def _answering(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, said = provider.answer(parts.path, query, form, self.headers.get("Authorization", ""))
            body = b"" if status == 302 else json.dumps(said).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  its name there
            """Say nothing."""

    return Answering
