"""The other end of `pdfchild`: asks it for one file after the other, and starts it anew when it broke."""

from __future__ import annotations

import atexit
import os
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, Final

import msgspec

from strangler.comparison.decode import pdfchild
from strangler.errors import DecodeError

_MEMORY: Final = "it takes too much memory, or breaks its reader"
_WHY: Final[Mapping[int, str]] = {
    signal.SIGXCPU: f"it takes over {pdfchild.SECONDS} s of computing",
    signal.SIGABRT: _MEMORY,
    signal.SIGTRAP: _MEMORY,
}


class Pdf(msgspec.Struct, frozen=True):
    """`pages`: the lines of each. `files`: name and content of each attachment."""

    pages: list[list[str]]
    files: list[tuple[str, bytes]]


class _Told(msgspec.Struct):
    """A list that is empty is nobody's default: msgspec makes each anew."""

    pages: list[list[str]] = []
    files: list[tuple[str, int]] = []
    error: str = ""


_TOLD: Final = msgspec.json.Decoder(_Told)


class _Broken(Exception):  # noqa: N818  it never leaves this module
    """The process has ended, or does not answer as it should."""


class Reader:
    """A process that is started when it is first asked. One question at a time, whoever asks: PDFium has no threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, body: bytes, media: str, ceiling: int) -> Pdf:
        """What stands in a file whose attachments may have `ceiling` bytes. Raises DecodeError."""
        with self._lock:
            process = self._running(media)
            try:
                told, files = _asked(process, body, ceiling)
            except (_Broken, OSError, msgspec.DecodeError):
                raise DecodeError(self._ended(), media=media) from None
        if told.error:
            raise DecodeError(told.error, media=media)
        return Pdf(told.pages, [(name, data) for (name, _), data in zip(told.files, files, strict=True)])

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._ended()

    def _running(self, media: str) -> subprocess.Popen[bytes]:
        if self._owner != os.getpid():
            # A fork has the pipes of its parent's: two must not talk into one.
            self._process = None
        if self._process is None or self._process.poll() is not None:
            self._ended()
            self._process, self._owner = _started(media), os.getpid()
        return self._process

    def _ended(self) -> str:
        """Let go of the process; why it ended, as far as that says something of the file."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.kill()
        with suppress(OSError), process:
            pass  # closes its pipes and waits for it
        ended = process.returncode
        return _WHY.get(-ended, f"it breaks its reader (signal {-ended})" if ended < 0 else _MEMORY)


def _started(media: str) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-P", pdfchild.__file__]
    try:
        # A session of its own: a Ctrl-C in the terminal is not meant for it; it ends when its input does.
        return subprocess.Popen(  # noqa: S603  our own program, by its path
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise DecodeError(f"its reader cannot be started: {error}", media=media) from None


def _asked(process: subprocess.Popen[bytes], body: bytes, ceiling: int) -> tuple[_Told, list[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise _Broken
    process.stdin.write(struct.pack(">QQ", len(body), ceiling) + body)
    process.stdin.flush()
    told = _TOLD.decode(_read(process.stdout, struct.unpack(">Q", _read(process.stdout, 8))[0]))
    return told, [_read(process.stdout, size) for _, size in told.files]


def _read(source: IO[bytes], size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise _Broken
    return data


READER: Final = Reader()
"""The one of this process."""
atexit.register(READER.close)
