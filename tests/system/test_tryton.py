"""A third-party invoicing server in two versions (docs/tryton.md): three reads differ, no client notices."""

from __future__ import annotations

import base64
import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strangler_shadow.testing import ServeProcess, until

pytestmark = [pytest.mark.system, pytest.mark.full]

HERE = Path(__file__).resolve()
SCRIPT = HERE.parents[3] / "shared" / "tryton" / "up.sh"
LEGACY, CANDIDATE = 28060, 28070
CONFIG = f"""\
version: 1
legacy: {{url: "http://127.0.0.1:{LEGACY}/legacy"}}
candidate:
  url: "http://127.0.0.1:{CANDIDATE}/upgraded"
  version: {{value: "7.0"}}
  auth: {{replace: {{Authorization: "Session ${{TRYTON_70_SESSION}}"}}}}
serve: {{listen: "127.0.0.1:0", control: "127.0.0.1:0"}}
routes:
  reads:
    match:
      method: POST
      path: /
      body:
        json-rpc: [model.*.read, model.*.search, model.*.search_read, model.*.fields_get, model.*.get_preferences]
    safe: true
cutovers:
  reads: {{routes: [reads], state: read-only}}
"""


@dataclass
class Servers:
    """Both versions, up. `session`: a token of 7.0's."""

    folder: Path
    session: str

    def reads(self, base_url: str, out: str) -> list[dict[str, Any]]:
        """The 178 calls; what each was answered."""
        subprocess.run(
            [sys.executable, "reads.py", base_url, out],
            cwd=self.folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        found: list[dict[str, Any]] = json.loads(gzip.decompress((self.folder / out).read_bytes()))
        return found


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Brought up by the script beside the data, some minutes."""
    if not SCRIPT.exists():
        pytest.skip("../shared/tryton is not there")
    folder = Path("/tmp") / f"tryton-{os.getpid()}"  # PostgreSQL's own user must be able to reach it
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    up = subprocess.run(
        ["bash", str(SCRIPT), str(folder), str(port)], capture_output=True, text=True, check=False
    )
    try:
        if up.returncode:
            pytest.skip(f"the servers do not come up here: {up.stderr.strip().splitlines()[-1:]}")
        until(lambda: _login(CANDIDATE, "upgraded"), seconds=60)
        yield Servers(folder, _login(CANDIDATE, "upgraded"))
    finally:
        for pid in folder.glob("*.pid"):
            subprocess.run(["kill", pid.read_text().strip()], check=False)
        subprocess.run(
            ["su", "postgres", "-c", f"$(pg_config --bindir)/pg_ctl -D {folder}/pg/data -m fast stop"],
            check=False,
            capture_output=True,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _login(port: int, database: str) -> str:
    import http.client

    body = json.dumps({"id": 1, "method": "common.db.login", "params": ["admin", {"password": "admin1234"}]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"/{database}/", body, {"Content-Type": "application/json"})
        user, key = json.loads(connection.getresponse().read())["result"][:2]
    except OSError:
        return ""
    finally:
        connection.close()
    return base64.b64encode(f"admin:{user}:{key}".encode()).decode()


def test_three_reads_differ_and_the_client_notices_nothing(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRYTON_70_SESSION", servers.session)
    file = tmp_path / "strangler.yaml"
    file.write_text(CONFIG)
    direct = servers.reads(f"http://127.0.0.1:{LEGACY}/legacy/", "direct.json.gz")

    def strangler(*arguments: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "strangler_cli.main", "--config", str(file), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if "--json" in arguments else None

    with ServeProcess(file) as served:
        strangler("cutover", "start", "reads")
        proxied = servers.reads(f"{served.serving.listen}/", "proxied.json.gz")
        status = until(lambda: _settled(strangler("status", "--json")), seconds=60, pause=0.5)
        divergences = strangler("divergences", "list", "--epoch", "current", "--json")["divergences"]
    route = status["cutovers"][0]["routes"][0]
    assert (route["compared"] + route["duplicates"], route["different"], route["failed"]) == (172, 3, 0)
    assert len(direct) == len(proxied) == 178
    unlike = [i for i, (a, b) in enumerate(zip(direct, proxied, strict=True)) if a["body"] != b["body"]]
    assert unlike == [0], "the login holds another session key each time; nothing else differs"
    assert [each["status"] for each in direct] == [each["status"] for each in proxied]
    assert len(divergences) <= 25, "fields_get is a handful, not a hundred"


def _settled(status: dict[str, Any]) -> dict[str, Any] | None:
    counts = status["accounting"]
    return status if counts["sent"] == 172 and not counts["outstanding"] else None
