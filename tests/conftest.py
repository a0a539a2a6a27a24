"""Settings for the whole suite."""

import gc
import subprocess
import sys
import zipfile
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from strangler.testing.fixtures import (  # noqa: F401  found by name; here, so that a process has one of each
    ledger,
    ledger_url,
    postgres,
    postgres_ledger,
    sqlite_template,
)

# No deadline: the time of one example says more about the machine than about the code.
settings.register_profile("strangler", deadline=None, derandomize=True, max_examples=60)
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("strangler")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays until the end: no collector of garbage need look at it, neither meanwhile nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules that start the real processes wait more than they work, so they go first: none is left over as the last,
    alone, while nobody else has anything to do.
    """
    items.sort(key=lambda item: item.get_closest_marker("system") is None)


type Unpacked = Callable[[Path, str, str, str], Path]


@pytest.fixture(scope="session")
def unpacked() -> Unpacked:
    """Builds a distribution with the real backend and unpacks its wheel, as an installer does.

    `unpacked(folder, pyproject, package, source of the package's one module)` gives a folder for `sys.path`.
    """
    return _unpacked


def _unpacked(home: Path, project: str, package: str, source: str) -> Path:
    (home / package).mkdir(parents=True)
    (home / package / "__init__.py").write_text(source, encoding="utf-8")
    (home / "pyproject.toml").write_text(project, encoding="utf-8")
    build = "import hatchling.build, sys; print(hatchling.build.build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, str(home)]
    ran = subprocess.run(command, cwd=home, check=True, capture_output=True, text=True)
    site = home / "site"
    with zipfile.ZipFile(home / ran.stdout.split()[-1]) as wheel:
        wheel.extractall(site)
    return site
