"""Which Django migrations are pending: `django_migrations` beside the files. Reads only, imports no Django."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from strangler.errors import UsageError
from strangler_migrations.running.session import Connection, refusals


@dataclass(frozen=True, slots=True)
class DjangoMigration:
    """A file. `replaces`: those that it was squashed from."""

    app: str
    name: str
    file: str
    replaces: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Standing:
    """`pending`: files that the database has not; `absent`: what it has and no file of a known app is, as APP.NAME."""

    applied: int
    pending: tuple[DjangoMigration, ...]
    absent: tuple[str, ...]


def standing(connection: Connection, found: Iterable[DjangoMigration]) -> Standing:
    """Compare. Raises UsageError where there is no such table."""
    with refusals("reading django_migrations"):
        row = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        if row is None or not row[0]:
            raise UsageError(
                "there is no table django_migrations", remedy="its schema has to be in the search_path"
            )
        applied = {
            (str(app), str(name))
            for app, name in connection.execute("SELECT app, name FROM django_migrations")
        }
    files = sorted(found, key=lambda each: (each.app, each.name))
    squashed = {each for file in files for each in file.replaces}
    known = {(each.app, each.name) for each in files} | squashed
    apps = {each.app for each in files}
    pending = tuple(each for each in files if not _is_applied(each, applied))
    absent = tuple(sorted(f"{app}.{name}" for app, name in applied - known if app in apps))
    return Standing(len(files) - len(pending), pending, absent)


def _is_applied(migration: DjangoMigration, applied: set[tuple[str, str]]) -> bool:
    """Recorded itself; or squashed from what is all recorded."""
    if (migration.app, migration.name) in applied:
        return True
    return bool(migration.replaces) and migration.replaces <= applied


def files(folders: Iterable[Path]) -> Iterator[DjangoMigration]:
    """The migrations below some folders: `APP/migrations/NAME.py`. Raises UsageError for what cannot be read."""
    for folder in folders:
        if not folder.is_dir():
            raise UsageError("there is no such folder", where=str(folder))
        found = [m for file in sorted(folder.rglob("migrations/*.py")) if (m := _read(file)) is not None]
        if not found:
            raise UsageError(
                "holds no migration of Django", where=str(folder), remedy="a project's folder, or an app's"
            )
        yield from found


def _read(file: Path) -> DjangoMigration | None:
    """A migration; None for another module."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(file)) from None
    body = next((n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Migration"), None)
    if body is None:
        return None
    return DjangoMigration(file.parent.parent.name, file.stem, str(file), frozenset(_replaces(body)))


def _replaces(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for each in body:
        names = (
            [t.id for t in each.targets if isinstance(t, ast.Name)] if isinstance(each, ast.Assign) else []
        )
        if (
            isinstance(each, ast.Assign)
            and names == ["replaces"]
            and isinstance(each.value, ast.List | ast.Tuple)
        ):
            for pair in each.value.elts:
                try:
                    app, name = ast.literal_eval(pair)
                except (ValueError, TypeError):
                    continue
                yield str(app), str(name)
