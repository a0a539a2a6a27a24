"""`strangler demo`: what is wired, without playing it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Strangler


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The options the story is called with, in the place of playing it."""
    run = pytest.importorskip("strangler_demo.story.run")
    options: list[Any] = []

    def play(given: Any, _console: Any) -> int:
        options.append(given)
        return 3

    monkeypatch.setattr(run, "run", play)
    return options


def test_options_reach_the_story_and_its_exit_code_comes_back(
    home: Path, strangler: Strangler, played: list[Any]
) -> None:
    ran = strangler(
        "demo",
        "--seed",
        "7",
        "--folder",
        "x",
        "--defects",
        "jpy,rounding",
        "--rate",
        "9",
        "--json",
        "a",
        "--keep-serving",
    )
    assert ran.code == 3
    (options,) = played
    assert (options.seed, options.folder, options.defects, options.rate) == (
        7,
        home / "x",
        ("jpy", "rounding"),
        9,
    )
    assert (options.json_file, options.keep_serving) == (Path("a"), True)


def test_all_defects_by_default_and_none_on_demand(
    home: Path, strangler: Strangler, played: list[Any]
) -> None:
    from strangler_demo.candidate.defects import DEFECTS

    strangler("demo")
    strangler("demo", "--defects", "all")
    strangler("demo", "--defects", "none")
    assert [options.defects for options in played] == [tuple(DEFECTS), tuple(DEFECTS), ()]
    ran = strangler("demo", "--defects", "jpy,typo")
    assert (ran.code, "there is no defect 'typo'" in ran.err) == (2, True)


def test_without_the_demo_it_says_how_to_get_it(
    home: Path, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "strangler_demo.story.options", None)
    ran = strangler("demo")
    assert (ran.code, "strangler[demo]" in ran.err) == (2, True)


def test_without_what_carries_traffic_serve_says_how_to_get_it(
    home: Path, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "strangler.yaml").write_text(
        "version: 1\nlegacy: {url: 'http://127.0.0.1:1'}\ncandidate: {url: 'http://127.0.0.1:2'}\n"
    )
    monkeypatch.setitem(sys.modules, "strangler_shadow.supervisor", None)
    ran = strangler("serve")
    assert (ran.code, "strangler[shadow]" in ran.err) == (2, True)
