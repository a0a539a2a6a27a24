"""The rooms: what the wheel ships, what is typed, what may import what."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from .files import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WHEEL: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
PACKAGES = [Path(package) for package in WHEEL]
NAMES = [package.name for package in PACKAGES]
CONTRACTS = (
    "[tool.importlinter]"
    + (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[tool.importlinter]")[1]
)


@pytest.mark.parametrize("package", PACKAGES, ids=NAMES)
def test_every_import_package_is_one_and_is_typed(package: Path) -> None:
    assert (ROOT / package / "__init__.py").is_file()
    assert (ROOT / package / "py.typed").is_file()


def test_every_room_is_shipped_importable_and_watched() -> None:
    on_disk = {path.parent.relative_to(ROOT) for path in ROOT.glob("*/strangler*/__init__.py")}
    assert set(PACKAGES) == on_disk
    assert set(PROJECT["tool"]["hatch"]["build"]["dev-mode-dirs"]) == {
        str(package.parent) for package in PACKAGES
    }
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(NAMES)


def rooms(folder: Path) -> Path:
    """Six empty rooms under the project's own contracts."""
    for name in NAMES:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(CONTRACTS)
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert tool is not None, "import-linter belongs to the dev group"
    command = [sys.executable, "-c", RUN_HERE, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


# The project is installed; the folder must win over it, hence first on the path.
RUN_HERE = (
    "import sys; sys.path.insert(0, sys.argv.pop()); "
    "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
)


def test_the_contract_holds_for_rooms_that_keep_it(tmp_path: Path) -> None:
    folder = rooms(tmp_path)
    (folder / "strangler_shadow" / "capture.py").write_text("import strangler\n")
    (folder / "strangler_cli" / "main.py").write_text(
        "import strangler_demo\nimport strangler_shadow.capture\n"
    )
    done = lint_imports(folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "imported"),
    [
        ("strangler", "strangler_shadow"),
        ("strangler_shadow", "strangler_migrations"),
        ("strangler_migrations", "strangler_cli"),
        ("strangler_demo", "strangler_dashboard"),
    ],
)
def test_the_contract_catches_an_import_upwards_or_sideways(tmp_path: Path, room: str, imported: str) -> None:
    folder = rooms(tmp_path)
    (folder / room / "wrong.py").write_text(f"import {imported}\n")
    done = lint_imports(folder)
    assert done.returncode == 1
    assert f"{room} is not allowed to import {imported}" in done.stdout
