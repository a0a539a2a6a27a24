"""docs/commands.md and docs/configuration.md say what there is, all of it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from strangler.config import parse
from strangler.config.schema import json_schema
from strangler_cli.main import cli

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = (DOCS / "commands.md").read_text(encoding="utf-8")
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
HIDDEN = {"--help", "-h"}


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command by its full name, but for groups that do nothing by themselves; the root too."""
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{name} {each}", command


def options(command: click.Command) -> set[str]:
    found = (o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts))
    return set(found) - HIDDEN


ALL: dict[str, click.Command] = {"strangler": cli, **dict(commands(cli, "strangler"))}


def sections() -> dict[str, str]:
    parts = re.split(r"^## ", COMMANDS, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0].strip(): part for part in parts}


def documented(section: str) -> set[str]:
    cells = re.findall(r"^\| (`-.*?) \|", section, flags=re.MULTILINE)
    return {option for cell in cells for option in re.findall(r"`(--?[a-z-]+)", cell)}


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_documented_and_no_other(name: str) -> None:
    assert name in sections(), f"docs/commands.md has no section `## {name}`"
    assert documented(sections()[name]) == options(ALL[name])


def test_every_section_is_a_command() -> None:
    known = {*ALL, "Exit codes", "strangler cutover"}
    assert set(sections()) <= known


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_has_a_help(name: str) -> None:
    command = ALL[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


def test_every_command_line_in_the_docs_exists() -> None:
    for text in (COMMANDS, CONFIGURATION):
        for line in re.findall(r"strangler ((?:[a-z]+ ?)+)(?: |`|$)", text):
            words = line.split()
            command: Any = cli
            while isinstance(command, click.Group) and words:
                found = command.get_command(click.Context(command), words.pop(0))
                assert found is not None, line
                command = found


def examples(text: str) -> list[str]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "version: 1" in block]


@pytest.mark.parametrize("example", examples(CONFIGURATION))
def test_every_example_is_a_good_file(example: str) -> None:
    parse(example, Path("docs/configuration.md"))


def test_there_are_examples() -> None:
    assert len(examples(CONFIGURATION)) >= 6


def test_every_key_is_in_the_documentation() -> None:
    keys = {
        key
        for part in (json_schema(), *json_schema()["$defs"].values())
        for flat in (part, *part.get("anyOf", ()))
        for key in flat.get("properties", {})
    }
    assert len(keys) > 60
    missing = [
        key for key in sorted(keys) if not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", CONFIGURATION)
    ]
    assert missing == []


def test_the_documented_defaults_are_the_real_ones() -> None:
    """Every default in a table, written into a file, changes nothing."""
    small = "version: 1\nlegacy: {url: http://a}\ncandidate: {url: http://b}\nroutes: {a: GET /x}\n"
    bare = parse(small, Path("x")).config
    for section, key in (("serve", "serve"), ("capture, worker", ""), ("policy", "policy")):
        part = re.split(rf"^## {section}\n", CONFIGURATION, flags=re.MULTILINE)[1].partition("\n## ")[0]
        for name, default in re.findall(r"^\| `([\w.]+)` \| `([^`]+)` \|", part, flags=re.MULTILINE):
            path = ".".join(filter(None, (key, name))).split(".")
            text = (
                "".join("  " * depth + f"{step}:\n" for depth, step in enumerate(path))[:-1] + f" {default}\n"
            )
            assert parse(small + text, Path("x")).config == bare, name
