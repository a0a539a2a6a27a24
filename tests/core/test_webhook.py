"""Webhooks by the Standard Webhooks specification: a value that its own libraries are tested by, and what is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.errors import UsageError
from strangler.webhook import Message, entry_message, headers, key_of, wanted

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_value_the_libraries_are_tested_by() -> None:
    sent = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')
    assert headers(key_of(SECRET), sent, 1_614_265_330_999_999_999) == {
        "content-type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=200), st.integers(0, 2**62))
def test_whoever_has_the_secret_can_tell(key: bytes, body: bytes, now_ns: int) -> None:
    said = headers(key_of("whsec_" + base64.b64encode(key).decode()), Message("id", body), now_ns)
    content = b"id." + said["webhook-timestamp"].encode() + b"." + body
    version, _, signature = said["webhook-signature"].partition(",")
    assert version == "v1"
    assert base64.b64decode(signature) == hmac.new(key, content, hashlib.sha256).digest()


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "hunter2", "whsec_" + "A" * 31, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "ä" * 40],
)
def test_what_is_no_secret_is_refused_and_not_told(secret: str) -> None:
    with pytest.raises(UsageError) as caught:
        key_of(secret)
    assert "openssl rand -base64 32" in str(caught.value)
    assert not secret.removeprefix("whsec_") or secret.removeprefix("whsec_") not in str(caught.value)


def test_a_body_holds_the_entry_and_nothing_else() -> None:
    body = {
        "seq": 3,
        "at_ns": 1_800_000_000_123_456_789,
        "action": "cutover.advance",
        "before": None,
        "actor": "ann",
    }
    sent = entry_message(body, "ab" * 32)
    assert json.loads(sent.body) == {
        "type": "cutover.advance",
        "timestamp": "2027-01-15T08:00:00.123456Z",
        "data": {**body, "hash": "ab" * 32},
    }
    assert sent.id == "audit_3_" + "ab" * 8
    assert "." not in sent.id, "the signed content is parted by dots"


def test_events_are_patterns() -> None:
    assert wanted("cutover.advance", ("override.*", "cutover.*"))
    assert not wanted("table.publish", ("override.*", "cutover.*"))
    assert wanted("table.publish", ("*",))
