"""The table in force: long poll to control, the last one on disk, the override file.

Precedence: the override file, while it is there; else the newest table control gave; else the last one on disk;
else an empty one, under which the owner named at start serves everything. Generations only go up, but for one
case: when an override is cleared, control is asked what stands, and what it answers then stands.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from strangler.errors import Unreachable
from strangler.exchange import Side
from strangler.routing import Table
from strangler_shadow.override import OVERRIDE_FILE, TABLE_FILE

_log = logging.getLogger(__name__)
_DECODER: Final = msgspec.json.Decoder(Table)
WATCH_SECONDS: Final = 0.2
POLL_SECONDS: Final = 40.0
_BACKOFF: Final = (0.05, 0.1, 0.2, 0.5)
_MAX_ANSWER: Final = 64 << 20


class Tables:
    """Which table is in force. `current` is swapped whole: a request keeps the one it was decided by."""

    def __init__(self, state: Path, owner: Side) -> None:
        self._state = state
        self._signature: tuple[int, int, int] | None = None
        self._override: Table | None = None
        self._control = _read(state / TABLE_FILE) or Table(0, 0, owner=owner)
        self._held = False
        self.current = self._control
        self.look_for_override()

    @property
    def after(self) -> int:
        """The generation to ask control for more than; -1 asks for what stands, whatever it is."""
        return -1 if self._held else self._control.generation

    def offer(self, table: Table) -> None:
        """A table from control. An older one than that in force is not taken."""
        if table.generation <= self._control.generation and not self._held:
            if table.generation < self._control.generation:
                _log.warning(
                    "control offers generation %d after %d; kept", table.generation, self._control.generation
                )
            return
        self._control, self._held = table, False
        self._keep(table)
        self._choose()

    def look_for_override(self) -> bool:
        """Read the override file when it changed. True when an override was cleared: control is to be asked."""
        path = self._state / OVERRIDE_FILE
        try:
            found = path.stat()
        except FileNotFoundError:
            if self._override is None:
                return False
            self._override, self._signature, self._held = None, None, True
            return True
        except OSError:
            return False  # a folder that cannot be looked into says nothing of what stands in it
        signature = (found.st_mtime_ns, found.st_size, found.st_ino)
        if signature != self._signature:
            table = _read(path)
            if table is not None:
                self._override, self._signature = table, signature
                self._choose()
        return False

    def _choose(self) -> None:
        self.current = self._override or self._control

    def _keep(self, table: Table) -> None:
        """Write it where the next start finds it, whole or not at all."""
        path = self._state / TABLE_FILE
        known = _read(path)
        if known is not None and known.generation == table.generation:
            return
        scratch = path.with_name(f"{TABLE_FILE}.{os.getpid()}")
        try:
            scratch.write_bytes(msgspec.json.encode(table))
            scratch.replace(path)
        except OSError as error:
            _log.warning("the table cannot be kept on disk: %s", error)


class TableClient:
    """Feeds `Tables` from control and from the override file."""

    def __init__(self, tables: Tables, control: str) -> None:
        self._tables = tables
        self._control = control
        self._asking: asyncio.Task[Table | None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            group.create_task(self._watch())

    async def _poll(self) -> None:
        failures = 0
        while True:
            self._asking = asyncio.create_task(fetch_table(self._control, self._tables.after))
            try:
                table = await self._asking
            except Unreachable as error:
                if failures == 0:
                    _log.warning("control is away, the last table stays in force: %s", error)
                await asyncio.sleep(_BACKOFF[min(failures, len(_BACKOFF) - 1)])
                failures += 1
                continue
            except asyncio.CancelledError:
                if self._asking.cancelled() and not _being_cancelled():
                    continue
                raise
            failures = 0
            if table is not None:
                self._tables.offer(table)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if self._tables.look_for_override() and self._asking is not None:
                self._asking.cancel()


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def fetch_table(control: str, after: int) -> Table | None:
    """Ask control for a table newer than generation `after`; None when there was none for a while.

    One HTTP/1.0 request, so that the answer ends with its connection. Raises Unreachable.
    """
    parts = urlsplit(control)
    path = f"{parts.path.rstrip('/')}/v1/table?after={after}"
    try:
        async with asyncio.timeout(POLL_SECONDS):
            answer = await _get(parts.hostname or "127.0.0.1", parts.port, path, tls=parts.scheme == "https")
    except (OSError, TimeoutError) as error:
        raise Unreachable(str(error) or "no answer", where=control) from error
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1:2]
    if status == [b"204"]:
        return None
    try:
        if status != [b"200"]:
            raise Unreachable(f"answered {b' '.join(status).decode('latin-1') or 'nothing'}", where=control)
        return _DECODER.decode(body)
    except msgspec.DecodeError as error:
        raise Unreachable(f"gave no table: {error}", where=control) from error


async def _get(host: str, port: int | None, path: str, *, tls: bool) -> bytes:
    reader, writer = await asyncio.open_connection(host, port or (443 if tls else 80), ssl=tls or None)
    try:
        writer.write(
            f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nAccept: application/json\r\n\r\n".encode()
        )
        pieces: list[bytes] = []
        size = 0
        while piece := await reader.read(1 << 16):
            size += len(piece)
            if size > _MAX_ANSWER:
                raise OSError("a table without end")
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _read(path: Path) -> Table | None:
    try:
        return _DECODER.decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("%s holds no table: %s", path, error)
        return None
