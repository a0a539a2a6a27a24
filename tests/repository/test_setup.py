"""Set-up finds a Python that really runs, and starts on an old one."""

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from .files import ROOT, listed


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bootstrap = load("bootstrap")


def program(folder: Path, name: str, body: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text("#!/bin/sh\n" + body)
    file.chmod(0o755)
    return file


def environ(home: Path, *folders: Path) -> Mapping[str, str]:
    return {"HOME": str(home), "PATH": os.pathsep.join(map(str, folders))}


DEAD_SHIM = "echo 'pyenv: python3.12: command not found' >&2\nexit 127\n"
LIVE = f'exec "{sys.executable}" "$@"\n'


def test_a_shim_that_does_not_run_is_passed_by(tmp_path: Path) -> None:
    dead = program(tmp_path / "shims", "python3.12", DEAD_SHIM)
    live = program(tmp_path / "bin", "python3.12", LIVE)
    assert bootstrap.version_of(str(dead)) is None
    assert bootstrap.find_python(environ(tmp_path, dead.parent, live.parent)) == str(live)


def test_pyenv_is_searched_when_its_shims_are_dead(tmp_path: Path) -> None:
    dead = program(tmp_path / "shims", "python3.12", DEAD_SHIM)
    folder = tmp_path / ".pyenv" / "versions" / "3.12.9" / "bin"
    folder.mkdir(parents=True)
    live = program(folder, "python", LIVE)
    assert bootstrap.find_python(environ(tmp_path, dead.parent)) == str(live)


@pytest.mark.parametrize(
    "answer",
    [
        '{"version": [3, 11, 9], "usable": true}',
        '{"version": [3, 12, 9], "usable": false}',
        '{"version": [2, 7, 18], "usable": true}',
        "not JSON",
    ],
    ids=["too old", "not a plain CPython", "Python 2", "speaks otherwise"],
)
def test_what_does_not_suit_is_not_taken(tmp_path: Path, answer: str) -> None:
    other = program(tmp_path / "bin", "python3.12", f"echo '{answer}'\n")
    assert bootstrap.find_python(environ(tmp_path, other.parent)) is None


def test_the_named_python_comes_first(tmp_path: Path) -> None:
    named = program(tmp_path / "own", "my-python", LIVE)
    other = program(tmp_path / "bin", "python3.12", LIVE)
    place = {**environ(tmp_path, other.parent), "STRANGLER_PYTHON": str(named)}
    assert bootstrap.find_python(place) == str(named)


def test_without_any_python_the_first_step_says_what_to_install(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    for name in ("python3", "python"):
        program(tools, name, DEAD_SHIM)
    for name in ("dirname", "cat"):
        (tools / name).symlink_to(
            Path("/usr/bin") / name if Path("/usr/bin", name).exists() else Path("/bin") / name
        )
    script = (ROOT / "scripts" / "setup").read_text(encoding="utf-8")
    absolute = "/usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3"
    assert absolute in script
    copy = program(tmp_path / "scripts", "setup", script.replace(absolute, str(tools / "python3")))
    done = subprocess.run(
        ["/bin/sh", str(copy)],
        env={"HOME": str(tmp_path), "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no Python 3.8 or later" in done.stderr
    assert "STRANGLER_PYTHON" in done.stderr


def test_the_bootstrap_parses_on_python_3_8_and_needs_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "scripts" / "bootstrap.py").read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names


def test_shell_scripts_parse() -> None:
    scripts = [
        file
        for file in listed()
        if file.parts[0] in ("scripts", ".ci") and (ROOT / file).read_bytes().startswith(b"#!/bin/sh")
    ]
    assert len(scripts) >= 3
    for script in scripts:
        assert subprocess.run(["/bin/sh", "-n", str(ROOT / script)], check=False).returncode == 0
        assert os.access(ROOT / script, os.X_OK)


def test_help_names_every_target() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("  make ")}
    promised = "demo setup fmt check test-fast test full bench fuzz serve-demo help"
    assert set(promised.split()) <= named


def test_hooks_are_local_and_valid() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "repo: http" not in config.read_text(encoding="utf-8")


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_fresh_clone_sets_itself_up_past_a_dead_shim(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    dead = program(tmp_path / "shims", "python3.12", DEAD_SHIM)
    place = {**os.environ, "PATH": f"{dead.parent}{os.pathsep}{os.environ['PATH']}"}
    for _ in range(2):
        subprocess.run(["make", "setup"], cwd=clone, env=place, check=True)
    check = "import strangler, strangler_shadow, strangler_cli; print(strangler.__path__[0])"
    command = [str(clone / ".venv" / "bin" / "python"), "-c", check]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(clone))
