"""The API over the sample ledger."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.dashboard.conftest import Answer, Place

from strangler.testing.sample_ledger import sample

BASE = "/api/v1"


class Sampled(Place):
    """The sample ledger, and requests for the API without `/api/v1`."""

    def get(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """One request as a program sends it."""
        return self.ask(f"{BASE}{path}", method, body, **{"accept": "*/*", **headers})


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """The sample, to copy."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copy(sqlite_template, folder / "strangler.db")
    sample(folder)
    return folder


def made(folder: Path, template: Path) -> Sampled:
    """A folder with the sample."""
    place = Sampled(folder)
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return place


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory, sample_folder: Path) -> Iterator[Sampled]:
    """One for all tests of a module, which only read."""
    place = made(tmp_path_factory.mktemp("sampled"), sample_folder)
    yield place
    place.close()


@pytest.fixture
def own(tmp_path: Path, sample_folder: Path) -> Iterator[Sampled]:
    """One for a test by itself."""
    place = made(tmp_path, sample_folder)
    yield place
    place.close()
