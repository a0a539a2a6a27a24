"""Files that a person names, read with words instead of tracebacks; and written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from strangler.errors import UsageError

if TYPE_CHECKING:
    from strangler import Context, Rules

LARGEST: Final = 256 << 20


def read_bytes(file: str) -> bytes:
    """A file's bytes; `-` is standard input. Raises UsageError."""
    try:
        if file == "-":
            found = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(file).open("rb") as stream:  # a device or a pipe has no size to ask for
                found = stream.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=file) from None
    if len(found) > LARGEST:
        raise UsageError(f"is over {LARGEST >> 20} MiB", where=file)
    return found


def opened(file: str) -> IO[bytes]:
    """A file to be read bit by bit; the caller closes it. Raises UsageError."""
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=file) from None


def read_text(file: str) -> str:
    """A file's text, UTF-8. Raises UsageError."""
    try:
        return read_bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"is not UTF-8 text (byte {error.start})", where=file) from None


def rules_of(file: str | None) -> Rules:
    """The rules of a file; none without one. Raises UsageError and ConfigError."""
    from strangler.comparison.rules import Rules

    if file is None:
        return Rules()
    from strangler.config.rulesfile import parse_rules

    found, lines = parse_rules(read_text(file), Path(file))
    return Rules.of(found, lines, file=file)


def context_of(decode: str | None) -> Context:
    """What `--decode` says: a file that describes a format, or a format's name. Raises UsageError and ConfigError."""
    from strangler.comparison.context import Context

    if decode is None:
        return Context()
    from strangler.config.decodefile import format_named, parse_decode

    if Path(decode).is_file():
        return Context(declared=parse_decode(read_text(decode), Path(decode)))
    return Context(declared=format_named(decode, "--decode"))


def write_new(path: Path, text: str, option: str = "--config") -> None:
    """Write a file that must not exist yet. Raises UsageError, naming the option that says where."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(
            "is there already, and nothing is ever overwritten",
            where=str(path),
            remedy=f"`{option} FILE` names another",
        ) from None
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(path)) from None


def replace_text(path: Path, text: str) -> None:
    """Put a text in the place of a file at once: a reader sees the one or the other. Raises UsageError."""
    target = path.resolve()  # a link stays a link
    temporary = ""
    try:
        mode = target.stat().st_mode & 0o7777
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
