"""Two folders: files of the same name, as it stands below the folder, are a pair."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from strangler.errors import UsageError
from strangler_cli.files import read_bytes
from strangler_cli.pairing.pair import Entry, Lone, Pair, Unread
from strangler_cli.pairing.whole import answer_of, media_by_name


def folder_pairs(legacy: Path, candidate: Path, media: str | None) -> Iterator[Entry]:
    """In the order of the names. Raises UsageError where a folder cannot be listed."""
    ours, theirs = _names(legacy), _names(candidate)
    for name in sorted(ours | theirs):
        if name not in theirs:
            yield Lone(name, "legacy")
        elif name not in ours:
            yield Lone(name, "candidate")
        else:
            yield _pair(name, legacy / name, candidate / name, media)


def _names(folder: Path) -> set[str]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"cannot be listed: {error.strerror or error}", where=str(error.filename or folder))

    return {
        (Path(root) / name).relative_to(folder).as_posix()
        for root, _, names in os.walk(folder, onerror=refuse)
        for name in names
    }


def _pair(name: str, left: Path, right: Path, media: str | None) -> Pair | Unread:
    kind = media or media_by_name(name)
    try:
        ours, theirs = read_bytes(str(left)), read_bytes(str(right))
    except UsageError as error:
        return Unread(error.where or name, error.what)
    return Pair(name, "", answer_of(name, ours, kind), answer_of(name, theirs, kind))
