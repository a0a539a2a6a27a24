"""What `serve` refuses before anything is started."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

import pytest

from strangler.config import load
from strangler.errors import ConfigError, StranglerError, UsageError
from strangler_shadow.supervisor import AddressInUse, AlreadyServing, serve
from strangler_shadow.supervisor.lock import StateLock
from strangler_shadow.supervisor.sockets import bind

CONFIG = """\
version: 1
legacy: {{url: "http://127.0.0.1:1"{legacy}}}
candidate: {{url: "http://127.0.0.1:2"}}
serve: {{listen: "{listen}", control: "{control}"{serve}}}
routes:
  invoice: GET /invoices/{{id}}
cutovers:
  reads: {{routes: [invoice]}}
"""


def refused(folder: Path, **parts: str) -> StranglerError:
    given = {"legacy": "", "listen": "127.0.0.1:0", "control": "127.0.0.1:0", "serve": "", **parts}
    file = folder / "strangler.yaml"
    file.write_text(CONFIG.format(**given))
    with pytest.raises(StranglerError) as caught:
        asyncio.run(serve(load(file)))
    return caught.value


def test_a_credential_that_is_not_set(tmp_path: Path) -> None:
    error = refused(tmp_path, legacy=', auth: {replace: {Authorization: "${STRANGLER_NO_SUCH_TOKEN}"}}')
    assert isinstance(error, UsageError)
    assert "STRANGLER_NO_SUCH_TOKEN" in str(error)


def test_a_ca_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "strangler.yaml"
    text = CONFIG.format(legacy=", ca: none.pem", listen="127.0.0.1:0", control="127.0.0.1:0", serve="")
    file.write_text(text.replace("http://127.0.0.1:1", "https://127.0.0.1:1"))
    with pytest.raises(UsageError, match="CA file"):
        asyncio.run(serve(load(file)))


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    error = refused(tmp_path, serve=", tls: {certificate: a.pem, key: b.pem}")
    assert isinstance(error, UsageError)
    assert "a.pem" in str(error)


def test_an_address_in_use(tmp_path: Path) -> None:
    with bind("127.0.0.1:0", "x") as taken:
        error = refused(tmp_path, listen=f"127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, AddressInUse)
    assert "serve.listen" in str(error)


def test_a_second_one_on_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / ".strangler").mkdir()
    lock = StateLock(tmp_path / ".strangler")
    assert isinstance(refused(tmp_path), AlreadyServing)
    lock.release()
    assert not (tmp_path / ".strangler" / "serve.json").exists()


def test_pages_that_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(
        "strangler_shadow.supervisor.serve"
    )  # the package has the function's name
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    error = refused(tmp_path, serve=', dashboard: "127.0.0.1:0"')
    assert isinstance(error, UsageError)
    assert "strangler[dashboard]" in str(error)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:8602", "192.0.2.1:8602", "[::]:8602", "billing.example.com:8602"]
)
def test_pages_for_others_than_this_machine(tmp_path: Path, address: str) -> None:
    error = refused(tmp_path, serve=f', dashboard: "{address}"')
    assert isinstance(error, ConfigError)
    assert "nobody logs in" in str(error)
