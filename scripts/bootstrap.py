"""Makes `.venv` from the lock. Runs on any Python from 3.8 on, with the standard library alone.

pip brings a pinned uv into `.tools`; uv makes `.venv` with a CPython that was seen to run (or one that
uv fetches), installs the lock with its hashes, wheels only, and then the project itself, editable.
Which index, proxy and certificates are used is the machine's own configuration of pip and uv.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".setup-stamp"
REQUIREMENTS = ROOT / "requirements"
LOCK = REQUIREMENTS / "lock.txt"
# What decides the environment. The stamp is a digest of these, so a touched file costs nothing.
INPUTS = (
    LOCK,
    REQUIREMENTS / "uv.txt",
    REQUIREMENTS / "pip.txt",
    ROOT / "pyproject.toml",
    Path(__file__).resolve(),
)

# The versions for which the lock has wheels throughout; the first is the one CI runs.
SUPPORTED = ((3, 12), (3, 13), (3, 14))
PROBE = """
import json, sys, sysconfig, ctypes, ensurepip, sqlite3, ssl, venv, zlib
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "usable": sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED"),
}))
"""


class SetupError(Exception):
    """Set-up cannot go on. The text says what is wrong and what would help."""


def say(text: str) -> None:
    print("set-up: " + text, file=sys.stderr, flush=True)


def version_of(python: str) -> tuple[int, int, int] | None:
    """The version of a CPython that starts and has what we need; None for anything else."""
    try:
        done = subprocess.run(
            [python, "-I", "-c", PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=True,
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    major, minor, micro = found["version"]
    if not found["usable"] or (major, minor) not in SUPPORTED:
        return None
    return major, minor, micro


def candidates(environ: Mapping[str, str], uv: str | None) -> Iterator[str]:
    """Where an interpreter may be, best first. Every match on PATH counts: the first may be a dead shim."""
    if environ.get("STRANGLER_PYTHON"):
        yield environ["STRANGLER_PYTHON"]
    folders = [folder for folder in environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = environ.get("PYENV_ROOT") or os.path.join(environ.get("HOME", ""), ".pyenv")
    for major, minor in SUPPORTED:
        name = "%d.%d" % (major, minor)
        for folder in folders:
            yield os.path.join(folder, "python" + name)
        yield from sorted(
            glob.glob(os.path.join(pyenv, "versions", name + ".*", "bin", "python")), reverse=True
        )
    for name in ("python3", "python"):
        for folder in folders:
            yield os.path.join(folder, name)
    if uv is not None:
        yield from known_to_uv(uv, environ)


def known_to_uv(uv: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The interpreters uv itself has installed or found."""
    done = subprocess.run(
        [uv, "python", "list", "--only-installed", "--output-format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
        check=False,
    )
    with contextlib.suppress(ValueError, KeyError, TypeError):
        for found in json.loads(done.stdout):
            yield found["path"]


def find_python(environ: Mapping[str, str], uv: str | None = None) -> str | None:
    """The first candidate that runs, or None."""
    seen = set()
    for python in candidates(environ, uv):
        if python in seen or not os.access(python, os.X_OK):
            continue
        seen.add(python)
        if version_of(python):
            return python
    return None


def run(command: list[str], environ: Mapping[str, str]) -> bool:
    """Whether the command succeeded; its output goes where ours goes."""
    return subprocess.run(command, env=dict(environ), cwd=str(ROOT), check=False).returncode == 0


def bring_uv(environ: Mapping[str, str]) -> tuple[str, str]:
    """Paths of uv and pip in `.tools`, installed by hash. pip first: an old one does not know new wheels."""
    uv, pip, stamp = TOOLS / "bin" / "uv", TOOLS / "bin" / "pip", TOOLS / ".stamp"
    wanted = digest((REQUIREMENTS / "pip.txt", REQUIREMENTS / "uv.txt"))
    if not (read(stamp) == wanted and runs(str(uv)) and runs(str(pip))):
        shutil.rmtree(str(TOOLS / "bin"), ignore_errors=True)  # its interpreter may be gone
        venv.EnvBuilder(with_pip=True, clear=False, symlinks=True).create(str(TOOLS))
        for name in ("pip.txt", "uv.txt"):
            file = str(REQUIREMENTS / name)
            install = [
                str(TOOLS / "bin" / "python"),
                "-m",
                "pip",
                "install",
                "-q",
                "--require-hashes",
                "-r",
                file,
            ]
            if not run([*install, "--only-binary", ":all:"], environ):
                raise SetupError("pip could not install %s; is a package index reachable?" % file)
        stamp.write_text(wanted)
    return str(uv), str(pip)


def runs(tool: str) -> bool:
    command = [tool, "--version"]
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return False
    return done.returncode == 0


def make_venv(uv: str, environ: Mapping[str, str]) -> None:
    """Leaves a `.venv` that runs; one that does is kept."""
    if version_of(str(PYTHON)):
        return
    python = find_python(environ, uv)
    if python:
        say("using %s" % python)
        chosen = ["--python", python, "--no-python-downloads"]
    else:
        say("no CPython 3.12 to 3.14 runs here; uv fetches one")
        chosen = ["--python", "3.12", "--managed-python"]
    if not run([uv, "venv", "-q", "--no-project", "--clear", *chosen, str(VENV)], environ):
        raise SetupError(
            "could not make .venv.\n  Install CPython 3.12, 3.13 or 3.14, "
            "or name one: STRANGLER_PYTHON=/path/to/python make setup"
        )


def install(uv: str, pip: str, environ: Mapping[str, str]) -> None:
    """The lock, by hash and from wheels only, so that no code of a package runs here; then the project."""
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]
    project = ["--no-deps", "--no-build-isolation", "-e", str(ROOT)]
    # Compiled now, not at the first start of every command where bytecode may not be written then.
    with_uv = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(PYTHON)]
    with_pip = [pip, "--python", str(PYTHON), "install", "-q"]
    if run([*with_uv, *locked], environ) and run([*with_uv, *project], environ):
        return
    # uv does not read pip's configuration files: where an index is named only there, pip still gets through.
    say("uv could not install; trying pip, which has its own configuration")
    if run([*with_pip, *locked], environ) and run([*with_pip, *project], environ):
        return
    raise SetupError("neither uv nor pip could install the lock; their messages stand above")


def digest(files: tuple[Path, ...]) -> str:
    whole = hashlib.sha256()
    for file in files:
        whole.update(file.read_bytes() + b"\0")
    return whole.hexdigest()


def read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def set_up(environ: Mapping[str, str]) -> None:
    """Brings `.venv` up to date. Does nothing when it is."""
    started = time.monotonic()
    wanted = digest(INPUTS)
    if read(STAMP) == wanted and version_of(str(PYTHON)):
        os.utime(str(STAMP))
        return
    with contextlib.suppress(FileNotFoundError):
        STAMP.unlink()
    uv, pip = bring_uv(environ)
    make_venv(uv, environ)
    install(uv, pip, environ)
    STAMP.write_text(wanted)
    say("ready in %.0f s" % (time.monotonic() - started))


def main() -> int:
    # An activated environment, or `pip install --user` as a habit, must not lead the installers elsewhere.
    environ = dict(os.environ)
    environ.pop("VIRTUAL_ENV", None)
    environ.pop("PYTHONHOME", None)
    environ["PIP_USER"] = "0"
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second waits and finds it done
        try:
            set_up(environ)
        except SetupError as error:
            say(str(error))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
