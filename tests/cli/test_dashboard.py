"""`strangler dashboard`: where it listens, what it refuses, and that it answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from strangler_dashboard.errors import NotLocal
from strangler_dashboard.listening import bind, url_of

from .conftest import Place, Strangler


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1"])
def test_an_address_that_others_can_reach_is_refused_before_it_is_bound(
    host: str, place: Place, strangler: Strangler
) -> None:
    ran = strangler("dashboard", "--host", host, "--port", "0")
    assert (ran.code, ran.out) == (2, "")
    assert "nobody logs in here" in ran.err
    assert "ssh -L" in ran.err
    with pytest.raises(NotLocal):
        bind(host, 0)


def test_an_address_in_use_is_said_in_words(place: Place, strangler: Strangler) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = url_of(taken).rpartition(":")[2]
        ran = strangler("dashboard", "--port", port)
    assert (ran.code, "cannot be listened on" in ran.err) == (2, True)


def test_without_its_libraries_it_says_what_to_install(
    place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    ran = strangler("dashboard")
    assert (ran.code, "strangler[dashboard]" in ran.err) == (2, True)


def test_it_answers_until_it_is_told_to_stop(
    place: Place, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "strangler_cli.main", "dashboard", "--port", "0"]
    with subprocess.Popen(
        command, cwd=place.folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split("at ")[1].split(";")[0]
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert b"What was carried" in answer.read()
        events = urllib.request.urlopen(url.replace("/board", "/events"), timeout=20)
        assert b"retry" in events.readline()
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert "stopped" in process.stdout.read()
        events.close()
