"""The demo's strangler.yaml is one that strangler itself accepts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from strangler.config import Loaded, parse
from strangler_demo.config import demo_config
from strangler_demo.traffic import READS, WRITES


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    text = demo_config(
        legacy="http://127.0.0.1:8601",
        candidate="http://127.0.0.1:8602/v2/billing",
        lag="http://127.0.0.1:8602/_replication/lag",
    )
    return parse(text, tmp_path / "strangler.yaml")


def test_it_is_valid_and_says_what_the_demo_promises(loaded: Loaded) -> None:
    config = loaded.config
    assert set(config.routes) == {*READS, *WRITES}
    assert config.cutovers["reads"].routes == READS
    assert config.cutovers["reads"].steps == tuple(map(Decimal, (1, 5, 25, 50, 100)))
    assert config.policy.tolerate.rate == Decimal("0.01")
    assert config.policy.tolerate.alpha == Decimal("0.05")
    assert config.policy.failed == Decimal("0.002")
    assert config.strata == {}
    assert config.worker.timeout == 6000
    assert all(route.identity is not None for route in config.routes.values())
    assert [name for name, route in config.routes.items() if route.safe] == ["quote"]


def test_every_rule_has_a_reason_an_owner_and_an_end(loaded: Loaded) -> None:
    assert len(loaded.config.rules) == 4
    for rule in loaded.config.rules:
        assert rule.reason
        assert rule.owner
        assert rule.expires
