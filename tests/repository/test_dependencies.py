"""What a room imports is declared: a core installed alone must not lean on what an extra brings."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from .files import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CORE: list[str] = PROJECT["project"]["dependencies"]
CARRIES_TRAFFIC: list[str] = CORE + PROJECT["project"]["optional-dependencies"]["shadow"]
DASHBOARD: list[str] = CARRIES_TRAFFIC + PROJECT["project"]["optional-dependencies"]["dashboard"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
DEV: list[str] = PROJECT["dependency-groups"]["dev"]
ASKED_FOR = {
    "src/strangler/comparison/decode/pdfchild.py": (CORE, "pdf", {"pypdfium2"}),
    "migrations/strangler_migrations/lint/reading.py": (CORE, "lint", {"pgparse"}),
    "migrations/strangler_migrations/parity/mariadb.py": (CORE, "mariadb", {"pymysql"}),
    "shadow/strangler_shadow/telemetry/spans.py": (CARRIES_TRAFFIC, "telemetry", {"opentelemetry"}),
    "dashboard/strangler_dashboard/oidc.py": (DASHBOARD, "oidc", {"authlib", "httpx", "joserfc"}),
}
"""Files that are reached only where somebody asked for an extra, and was told when it is missing."""
# Parts of a declared package under a name of their own.
PART_OF = {"pydantic-core": "pydantic", "ruamel-yaml-clib": "ruamel-yaml"}


@cache
def brought_by() -> Mapping[str, list[str]]:
    """Top-level names, and the distributions that bring them: seconds, so not for everybody who collects this."""
    return packages_distributions()


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", requirement) for requirement in requirements)
    return {plain(match.group()) for match in found if match}


def imported(file: Path) -> Iterator[str]:
    """Top-level names of what the file imports from outside the project and the standard library."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names and not top.startswith("strangler"):
                yield top


def undeclared(files: list[Path], requirements: list[str]) -> list[str]:
    known, distributions = declared(requirements), brought_by()
    found: list[str] = []
    for file in files:
        for top in imported(file):
            brought = {plain(name) for name in distributions.get(top, [top])}
            if not ({PART_OF.get(name, name) for name in brought} & known):
                found.append(f"{file.relative_to(ROOT)}: {top}")
    return found


@pytest.mark.parametrize(
    ("room", "requirements"),
    [
        ("src", CORE),
        ("migrations", CORE),
        ("cli", CORE),
        ("shadow", CARRIES_TRAFFIC),
        ("dashboard", DASHBOARD),
        ("demo", CARRIES_TRAFFIC),
    ],
)
def test_every_import_is_declared(room: str, requirements: list[str]) -> None:
    testing = ROOT / "src" / "strangler" / "testing"
    files = [file for file in sorted((ROOT / room).rglob("*.py")) if testing not in file.parents]
    assert files
    assert (
        undeclared([file for file in files if str(file.relative_to(ROOT)) not in ASKED_FOR], requirements)
        == []
    )


@pytest.mark.parametrize("name", ASKED_FOR)
def test_what_an_extra_brings_is_imported_where_it_is_asked_for(name: str) -> None:
    without, extra, brings = ASKED_FOR[name]
    missing = undeclared([ROOT / name], without)
    assert {each.rpartition(" ")[2] for each in missing} == brings
    assert undeclared([ROOT / name], without + EXTRAS[extra]) == []


def test_the_fakes_may_use_what_the_suite_brings() -> None:
    files = sorted((ROOT / "src" / "strangler" / "testing").rglob("*.py"))
    assert undeclared(files, CARRIES_TRAFFIC + DEV + EXTRAS["oidc"] + EXTRAS["mariadb"]) == []


def test_an_import_that_is_not_declared_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "wrong.py"
    file.write_text("import json, mitmproxy.http\nfrom pydantic_core import core_schema\n")
    assert undeclared([file], CORE) == ["wrong.py: mitmproxy"]
    assert undeclared([file], CARRIES_TRAFFIC) == []
