"""What `serve` listens on."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from strangler_shadow.supervisor import AddressInUse, CannotListen
from strangler_shadow.supervisor.sockets import bind, bind_worker, url_of, worker_socket


def test_port_0_takes_a_free_one_and_children_may_have_it() -> None:
    with bind("127.0.0.1:0", "serve.listen") as listening:
        url = url_of(listening, "http")
        assert url.startswith("http://127.0.0.1:")
        assert not url.endswith(":0")
        assert listening.get_inheritable()


def test_an_address_in_use_is_an_error_of_its_own() -> None:
    with bind("127.0.0.1:0", "serve.listen") as listening:
        port = listening.getsockname()[1]
        with pytest.raises(AddressInUse, match="in use") as caught:
            bind(f"127.0.0.1:{port}", "serve.listen")
    assert caught.value.where == "serve.listen"
    assert caught.value.remedy
    assert caught.value.exit_code == 2


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    with pytest.raises(CannotListen):
        bind("192.0.2.1:0", "serve.listen")


def test_a_stale_worker_socket_gives_way_and_nobody_else_may_connect(tmp_path: Path) -> None:
    path = tmp_path / "worker.sock"
    bind_worker(path).close()
    assert path.exists(), "as a killed serve leaves it"
    with bind_worker(path), socket.socket(socket.AF_UNIX) as client:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        client.connect(str(path))


def test_a_state_folder_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 80) / ("y" * 80)
    deep.mkdir(parents=True)
    path = worker_socket(deep)
    assert len(str(path)) < 100
    assert path == worker_socket(deep)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    bind_worker(path).close()
    path.unlink()
    path.parent.rmdir()
    assert worker_socket(Path("/short")) == Path("/short/worker.sock")
