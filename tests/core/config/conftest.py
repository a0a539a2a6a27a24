"""Shared by the tests of the configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

from strangler.config import parse
from strangler.errors import ConfigError

FILE = Path("strangler.yaml")


@pytest.fixture
def refused() -> Callable[[str], str]:
    """The words in which a text is refused."""

    def of(text: str) -> str:
        with pytest.raises(ConfigError) as caught:
            parse(text, FILE)
        return str(caught.value)

    return of
