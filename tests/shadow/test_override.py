"""The override: which table it is, and that it is written whole or not at all."""

from pathlib import Path

import msgspec
import pytest

from strangler.routing import Route, Table
from strangler_shadow.override import in_force, kept, lift, moved, on_legacy, put
from strangler_shadow.tables import Tables
from strangler_shadow.testing.rig import match, table

PHASES = ("legacy", "shadow", "canary", "candidate", "retired")


def standing() -> Table:
    """A cutover in each phase."""
    routes = (
        Route(phase, match(f"/{phase}"), phase, phase, 2_500 if phase == "canary" else 0)  # type: ignore[arg-type]
        for phase in PHASES
    )
    return table(7, *routes)


def test_what_may_go_back_goes_back_as_a_rollback_does_it() -> None:
    before = standing()
    made = on_legacy(before, 5, reason="month end", actor="ann")
    assert {entry.name: (entry.phase, entry.weight) for entry in made.routes} == {
        "legacy": ("legacy", 0),
        "shadow": ("shadow", 0),
        "canary": ("shadow", 0),
        "candidate": ("shadow", 0),
        "retired": ("retired", 0),
    }
    assert (made.generation, made.issued_ns, made.reason, made.actor) == (8, 5, "month end", "ann")
    assert moved(before.routes) == ("canary", "candidate")
    assert moved(made.routes) == ()
    assert kept(made.routes) == ("retired",)
    assert on_legacy(before, 5, reason="", actor="", above=20).generation == 21


def test_without_any_table_everything_is_legacys() -> None:
    made = on_legacy(Table(0, 0, owner="candidate"), 1, reason="", actor="")
    assert (made.routes, made.owner, made.generation) == ((), "legacy", 1)


def test_planes_read_the_table_of_it(tmp_path: Path) -> None:
    made = on_legacy(standing(), 5, reason="why", actor="ann")
    put(tmp_path, made)
    assert [path.name for path in tmp_path.iterdir()] == ["override.json"]
    assert in_force(tmp_path) == made
    current = Tables(tmp_path, "candidate").current
    assert msgspec.json.encode(current) == msgspec.json.encode(
        Table(made.generation, made.issued_ns, made.routes)
    )
    lift(tmp_path)
    assert in_force(tmp_path) is None
    lift(tmp_path)


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "override.json").write_text('{"generation": 5')
    assert in_force(tmp_path) is None


def test_a_write_that_fails_leaves_what_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = on_legacy(standing(), 1, reason="first", actor="ann")
    put(tmp_path, first)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path, on_legacy(standing(), 2, reason="second", actor="ben"))
    assert in_force(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == ["override.json"]


def test_a_folder_that_cannot_be_looked_into_lifts_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    made = on_legacy(standing(), 1, reason="", actor="")
    put(state, made)
    tables = Tables(state, "legacy")
    state.rename(tmp_path / "aside")
    state.touch()  # looking into it fails, but not because the override is gone
    assert not tables.look_for_override()
    assert tables.current.generation == made.generation
