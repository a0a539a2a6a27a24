"""The key that keeps equal values equal."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from strangler.config.environment import expand
from strangler.errors import UsageError

DEFAULT_VARIABLE: Final = "STRANGLER_REDACTION_KEY"
FILE: Final = "redaction.key"


def redaction_key(configured: str, state: Path, environment: Mapping[str, str]) -> bytes:
    """The key: from `redaction.key` (`${NAME}` filled in), else made once in `state/redaction.key` (mode
    0600).

    Raises UsageError when a named variable is not set, or the key file cannot be used or may be read by
    others.
    """
    if configured.strip() == f"${{{DEFAULT_VARIABLE}}}" and not environment.get(DEFAULT_VARIABLE):
        return _kept(state / FILE)
    key = expand(configured, environment).encode()
    if len(key) < 16:
        raise UsageError(
            "the redaction key is too short", where="redaction.key", remedy="16 characters at least"
        )
    return key


def _kept(file: Path) -> bytes:
    try:
        if not file.exists():
            _make(file)
        if file.stat().st_mode & 0o077:
            raise UsageError("others may read the redaction key", where=str(file), remedy=f"chmod 600 {file}")
        key = file.read_bytes().strip()
    except OSError as error:
        raise UsageError(f"the redaction key cannot be kept: {error}", where=str(file)) from error
    if len(key) < 16:
        raise UsageError("the redaction key is damaged", where=str(file), remedy="put it back from a backup")
    return key


def _make(file: Path) -> None:
    """Write it aside and link it: of two processes that start together one wins, and neither reads half a
    key.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_hex(32).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(aside, file)
        except FileExistsError:
            return
    finally:
        aside.unlink()
