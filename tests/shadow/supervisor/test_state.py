"""The state folder: one `serve` each, and what it says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from strangler.config.load import parse
from strangler.testing.judged import CONFIG
from strangler_shadow.supervisor import AlreadyServing, Running, Serving, running, state_folder, statefile
from strangler_shadow.supervisor.lock import StateLock, is_locked


def test_two_on_one_folder_are_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    import os

    lock = StateLock(tmp_path)
    assert is_locked(tmp_path)
    with pytest.raises(AlreadyServing, match=str(os.getpid())) as caught:
        StateLock(tmp_path)
    assert caught.value.exit_code == 2
    lock.release()
    assert not is_locked(tmp_path)
    StateLock(tmp_path).release()


def test_a_file_that_a_killed_serve_left_says_nothing(tmp_path: Path) -> None:
    loaded = parse(CONFIG, tmp_path / "strangler.yaml")
    state = state_folder(loaded)
    state.mkdir()
    assert running(loaded) is None
    serving = Serving(1, "http://a", "http://b", "w", "i", 5, (Running("control", 7, 0),))
    statefile.write(state, serving)
    assert running(loaded) is None, "nobody holds the lock"
    lock = StateLock(state)
    assert running(loaded) == serving
    lock.release()
    statefile.remove(state)
    statefile.remove(state)


def test_the_instance_keeps_its_name(tmp_path: Path) -> None:
    name = statefile.instance(tmp_path)
    assert statefile.instance(tmp_path) == name
    (tmp_path / "instance").write_text("\n")
    assert statefile.instance(tmp_path) not in ("", name)
