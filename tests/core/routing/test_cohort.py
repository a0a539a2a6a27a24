"""Cohorts: the fixed values every plane must give, and that they spread evenly."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.routing import BUCKETS, bucket

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "buckets.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "vector", VECTORS["vectors"], ids=lambda each: f"{each['salt']}-{each['identity'][:12]}"
)
def test_fixed_values(vector: dict[str, str | int]) -> None:
    assert bucket(str(vector["salt"]), str(vector["identity"])) == vector["bucket"]


@given(st.text(max_size=40), st.text(max_size=40))
def test_always_a_bucket(salt: str, identity: str) -> None:
    assert (
        0
        <= bucket(salt.encode("utf-8", "ignore").decode(), identity.encode("utf-8", "ignore").decode())
        < BUCKETS
    )


def test_spreads_evenly() -> None:
    deciles = Counter(bucket("reads", str(number)) // 1000 for number in range(20_000))
    assert all(1_800 < deciles[decile] < 2_200 for decile in range(10))


def test_undecodable_bytes_have_a_bucket() -> None:
    assert 0 <= bucket("reads", b"\xff\xfe".decode("utf-8", "surrogateescape")) < BUCKETS
