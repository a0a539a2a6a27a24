import json
from pathlib import Path

import msgspec
import pytest

from strangler.errors import Unreachable
from strangler.routing import Table
from strangler.testing.background import Background
from strangler.testing.control import ControlFake
from strangler.testing.origin import Origin, answer
from strangler_shadow.override import OVERRIDE_FILE, TABLE_FILE
from strangler_shadow.tables import Tables, fetch_table


def write(path: Path, generation: int) -> None:
    path.write_bytes(msgspec.json.encode(Table(generation, 0)))


def test_without_anything_the_owner_serves(tmp_path: Path) -> None:
    assert Tables(tmp_path, "candidate").current == Table(0, 0, owner="candidate")


def test_the_last_table_is_kept_and_found_again(tmp_path: Path) -> None:
    Tables(tmp_path, "legacy").offer(Table(5, 1))
    assert Tables(tmp_path, "legacy").current == Table(5, 1)
    assert [path.name for path in tmp_path.iterdir()] == [TABLE_FILE]


@pytest.mark.parametrize("content", ["", "{", json.dumps({"generation": "x"}), "\x00"])
def test_a_broken_file_is_no_table(tmp_path: Path, content: str) -> None:
    (tmp_path / TABLE_FILE).write_text(content)
    (tmp_path / OVERRIDE_FILE).write_text(content)
    assert Tables(tmp_path, "legacy").current.generation == 0


def test_generations_only_go_up(tmp_path: Path) -> None:
    tables = Tables(tmp_path, "legacy")
    for generation in (3, 2, 3, 4):
        tables.offer(Table(generation, 0))
    assert tables.current.generation == tables.after == 4


def test_an_override_outranks_any_table_until_it_is_cleared(tmp_path: Path) -> None:
    write(tmp_path / OVERRIDE_FILE, 10)
    tables = Tables(tmp_path, "legacy")
    assert tables.current.generation == 10
    tables.offer(Table(20, 0))
    assert tables.current.generation == 10
    (tmp_path / OVERRIDE_FILE).unlink()
    assert tables.look_for_override(), "control is to be asked what stands"
    assert (tables.current.generation, tables.after) == (10, -1)
    tables.offer(Table(7, 0))
    assert tables.current.generation == 7, "what control says stands, stands"
    assert not tables.look_for_override()


def test_a_newer_override_takes_the_older_ones_place(tmp_path: Path) -> None:
    tables = Tables(tmp_path, "legacy")
    for generation in (10, 11):
        write(tmp_path / OVERRIDE_FILE, generation)
        tables.look_for_override()
        assert tables.current.generation == generation


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    tables = Tables(tmp_path / "not there", "legacy")
    tables.offer(Table(1, 0))
    assert tables.current.generation == 1


def test_a_poll_gives_a_newer_table(tmp_path: Path) -> None:
    with Background() as background, ControlFake(background, Table(4, 0)) as control:
        assert background.call(fetch_table(control.url, 3)) == Table(4, 0)
        assert background.call(fetch_table(control.url + "/", -1)) == Table(4, 0)
    assert control.polls == [3, -1]


@pytest.mark.parametrize(
    "said",
    [
        answer(b"{}"),
        answer(b"no", status="500 Oops"),
        answer(status="404 Not Found"),
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_anything_else_is_a_control_that_is_away(said: bytes) -> None:
    with (
        Background() as background,
        Origin(default=lambda _: iter((said, "close")), background=background) as origin,
        pytest.raises(Unreachable),
    ):
        background.call(fetch_table(origin.url, 0))


def test_no_news_is_none() -> None:
    said = b"HTTP/1.1 204 No Content\r\n\r\n"
    with (
        Background() as background,
        Origin(default=lambda _: iter((said, "close")), background=background) as origin,
    ):
        assert background.call(fetch_table(origin.url, 0)) is None
    assert origin.targets() == ["/v1/table?after=0"]
