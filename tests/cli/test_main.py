"""The group: what it loads, how errors become words and exit codes."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from strangler.errors import Conflict, LedgerUnavailable, Refused, StranglerError, Unreachable, UsageError
from strangler_cli import boundary
from strangler_cli.lazy import COMMANDS

from .conftest import Place, Strangler

SPEAK_FOR_A_TERMINAL = {"FORCE_COLOR", "TTY_COMPATIBLE"}
HEAVY = (
    "pydantic",
    "sqlalchemy",
    "rich",
    "mitmproxy",
    "aiohttp",
    "lxml",
    "ruamel",
    "jsonpath",
    "msgspec",
)
# Of what is installed, all that a look at a SQLite ledger may load: each part is paid for at every call.
LOOKING = {
    "annotated_types",
    "click",
    "cython_runtime",  # what sqlalchemy compiled brings it
    "msgspec",
    "pydantic",
    "pydantic_core",
    "ruamel",
    "sqlalchemy",
    "typing_extensions",
    "typing_inspection",
}


def modules_after(*arguments: str) -> list[str]:
    """The modules that a command line imports, in a process of its own, with no terminal."""
    environment = {name: value for name, value in os.environ.items() if name not in SPEAK_FOR_A_TERMINAL}
    code = (
        "import sys, json; a = set(sys.modules); from strangler_cli.main import run\n"
        f"code = run({list(arguments)!r}); print(json.dumps([code, sorted(set(sys.modules) - a)]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    code, names = json.loads(done.stderr.splitlines()[-1])
    assert code == 0
    return list(names)


def test_help_imports_nothing_heavy() -> None:
    names = modules_after("--help")
    assert [name for name in names if name.split(".")[0] in HEAVY] == []
    assert [name for name in names if name.startswith("strangler_cli.commands")] == []
    bare = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; before = set(sys.modules); import click; print(len(set(sys.modules) - before))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(names) <= int(bare.stdout) + 25, "modules beside click's own"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_imports_only_that_command(command: str) -> None:
    names = modules_after(command, "--help")
    assert [name for name in names if name.split(".")[0] in HEAVY] == []
    commands = {".".join(name.split(".")[:3]) for name in names if name.startswith("strangler_cli.commands.")}
    assert commands == {f"strangler_cli.commands.{command}"}


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["gate", "reads"]])
def test_a_look_at_the_ledger_loads_what_it_needs(
    command: list[str], place: Place, strangler: Strangler
) -> None:
    place.now_ns = time.time_ns()  # what the process of its own sees
    assert strangler("cutover", "start", "reads").code == 0
    judged = place.judged()
    place.write(*judged.equals(500), *judged.equals(500, "invoices"))
    names = modules_after(*command)
    installed = {
        top for top in (name.split(".")[0] for name in names) if not top.startswith(("_", "strangler"))
    }
    assert installed - sys.stdlib_module_names <= LOOKING
    assert [name for name in names if name.startswith("sqlalchemy.dialects.postgresql")] == []
    assert "strangler.eprocess" in names, "the statistics were asked"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_short_help_is_how_the_long_one_begins(name: str) -> None:
    command = importlib.import_module(f"strangler_cli.commands.{name}").command
    assert isinstance(command, click.Command)
    assert command.help
    assert command.help.split()[0] == COMMANDS[name].split()[0]


def test_help_lists_every_command(strangler: Strangler) -> None:
    ran = strangler("--help")
    assert ran.code == 0
    assert [
        line.split()[0] for line in ran.out.partition("Commands:")[2].splitlines()[1 : 1 + len(COMMANDS)]
    ] == list(COMMANDS)
    assert strangler().out == ran.out
    assert strangler("-h").out == ran.out


def test_version(strangler: Strangler) -> None:
    ran = strangler("--version")
    assert (ran.code, ran.out.split()[0]) == (0, "strangler")


def test_a_misspelt_command_is_suggested(strangler: Strangler) -> None:
    ran = strangler("chekc")
    assert ran.code == 2
    assert "Did you mean 'check'?" in ran.err
    assert strangler("frobnicate").code == 2
    assert strangler("--frobnicate").code == 2


def test_a_missing_file_is_exit_2(home: Path, strangler: Strangler) -> None:
    for command in (
        ["check"],
        ["status"],
        ["gate", "reads"],
        ["divergences", "list"],
        ["cutover", "start", "x"],
        ["serve"],
    ):
        ran = strangler(*command)
        assert (ran.code, ran.out) == (2, "")
        assert "strangler.yaml: there is no such file" in ran.err
        assert "strangler init" in ran.err


def test_the_file_may_be_named_by_option_or_variable(
    home: Path, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "other.yaml: there is no such file" in strangler("--config", "other.yaml", "status").err
    monkeypatch.setenv("STRANGLER_CONFIG", "third.yaml")
    assert "third.yaml: there is no such file" in strangler("status").err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StranglerError("x"), 1),
        (UsageError("x"), 2),
        (LedgerUnavailable("x"), 3),
        (Conflict("x"), 1),
        (Unreachable("x"), 1),
        (Refused("x", exit_code=4), 4),
        (click.UsageError("x"), 2),
        (click.exceptions.Exit(5), 5),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (SystemExit(3), 3),
        (ValueError("x"), 70),
        (RecursionError(), 70),
        (MemoryError(), 70),
    ],
)
def test_errors_become_exit_codes(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def action() -> None:
        raise error

    assert boundary.guarded(action) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_mistake_of_ours_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STRANGLER_DEBUG", raising=False)
    assert boundary.guarded(lambda: os.environ["NO_SUCH_NAME"]) == 70
    said = capsys.readouterr().err
    assert "sorry" in said
    assert "KeyError: 'NO_SUCH_NAME'" in said
    assert "STRANGLER_DEBUG=1" in said
    monkeypatch.setenv("STRANGLER_DEBUG", "1")
    assert boundary.guarded(lambda: os.environ["NO_SUCH_NAME"]) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_error_cannot_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def action() -> None:
        raise UsageError("\x1b[2J\u202egone")

    boundary.guarded(action)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\\x1b[2J" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_disk_without_room_is_nobodys_mistake(environment: dict[str, str]) -> None:
    code = "from strangler_cli.main import main\nmain()"
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-c", code, "schema"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
            check=False,
        )
    assert (ran.returncode, "sorry" in ran.stderr) == (2, False)
    assert "cannot be written: No space left on device" in ran.stderr


def test_a_reader_that_goes_away(environment: dict[str, str]) -> None:
    code = "import sys\nfrom strangler_cli.main import main\nmain()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert (process.wait(30), said) == (141, b"")


def test_schema_prints_the_schema(strangler: Strangler) -> None:
    from strangler.config.schema import json_schema

    assert json.loads(strangler("schema").out) == json_schema()
