"""The planes that the suite is put through, and what stands around them."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from strangler.routing import Table
from strangler.testing.background import Background
from strangler_shadow.testing.rig import PLANES, Launch, Rig, Start


@pytest.fixture(scope="session")
def background() -> Iterator[Background]:
    with Background() as running:
        yield running


@pytest.fixture(scope="module", params=sorted(PLANES))
def plane(request: pytest.FixtureRequest) -> Start:
    return PLANES[request.param]


@pytest.fixture(scope="module")
def launch(
    plane: Start, background: Background, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launch]:
    """`launch(table, **settings)` starts the plane; it ends with the module."""
    with ExitStack() as stack:

        def start(first: Table | None, **settings: Any) -> Rig:
            return stack.enter_context(
                Rig(plane, background, tmp_path_factory.mktemp("rig"), first, **settings)
            )

        yield start
