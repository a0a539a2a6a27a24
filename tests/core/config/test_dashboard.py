"""`dashboard`: what is refused before anything listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from strangler.config import parse
from strangler.config.environment import needed
from strangler.errors import ConfigError

START = "version: 1\nlegacy: {url: http://a}\ncandidate: {url: http://b}\nroutes: {a: GET /x}\n"
OIDC = (
    "oidc: {issuer: 'https://i.example', client_id: s, client_secret: '${S}', roles: {grants: {a: [viewer]}}}"
)
URL = "https://s.example"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serve: {dashboard: '0.0.0.0:1'}", "nobody logs in there"),
        ("serve: {dashboard: '0.0.0.0:1'}\ndashboard: {url: 'https://s.example'}", "nobody logs in there"),
        ("serve: {dashboard: '0.0.0.0:1'}\ndashboard: {login: {}}", "nothing says by which name"),
        ("dashboard: {url: 'http://s.example'}", "does not travel in the clear"),
        ("dashboard: {url: 'https://s.example/pages'}", "without a path"),
        ("dashboard: {url: 'https://a:b@s.example'}", "no password"),
        ("dashboard: {url: 'javascript:x'}", "looks like https://"),
        ("dashboard: {url: 'http://127.0.0.1:1', tls: {certificate: a, key: b}}", "the URL says http"),
        (f"dashboard: {{login: {{{OIDC}}}}}", "nothing says where those are"),
        (f"dashboard: {{url: '{URL}', login: {{{OIDC.replace('https://i', 'http://i')}}}}}", "in the clear"),
        (
            f"dashboard: {{url: '{URL}', login: {{{OIDC.replace('${S}', 'plain')}}}}}",
            "does not stand in the file",
        ),
        (f"dashboard: {{url: '{URL}', login: {{{OIDC.replace('viewer', 'root')}}}}}", "viewer"),
        (f"dashboard: {{url: '{URL}', login: {{{OIDC.replace('{a: [viewer]}', '{}')}}}}}", "grants"),
        (f"dashboard: {{url: '{URL}', login: {{{OIDC[:-1]}, scopes: [email]}}}}}}", "no ID token"),
        ("dashboard: {login: {idle: 1s}}", "idle"),
    ],
)
def test_what_would_let_the_wrong_people_in_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"{START}{text}\n", Path("strangler.yaml"))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "serve: {dashboard: '127.0.0.1:1'}",
        "dashboard: {login: {}}",
        "dashboard: {url: 'http://localhost:1', login: {}}",
        f"serve: {{dashboard: '0.0.0.0:1'}}\ndashboard: {{url: '{URL}', login: {{{OIDC}}}}}",
    ],
)
def test_what_is_safe_is_taken(text: str) -> None:
    config = parse(f"{START}{text}\n", Path("strangler.yaml")).config
    oidc = config.dashboard.login and config.dashboard.login.oidc
    assert ["S"] * bool(oidc) == [name for _, name in needed(config)]
