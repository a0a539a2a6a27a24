"""Two databases on one server, and one call that compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from strangler.config.rulesfile import RulesFile
from strangler.redaction import Redactor
from strangler.testing.postgres import Server
from strangler_migrations.parity import Around, Evidence, Options, Relation, side, verify


@dataclass
class Bench:
    """Two empty databases. `slept`: the waits asked for; `meanwhile` runs at each of them."""

    left: str
    right: str
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def run(self, *statements: str, on: str = "both") -> None:
        urls = {"both": (self.left, self.right), "left": (self.left,), "right": (self.right,)}[on]
        for url in urls:
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())

    def compared(
        self,
        left: str | Relation = "t",
        right: str | Relation | None = None,
        *,
        rules: Sequence[dict[str, Any]] = (),
        one_database: bool = False,
        **options: Any,
    ) -> Evidence:
        relations = [
            each if isinstance(each, Relation) else Relation(table=each) for each in (left, right or left)
        ]
        models = RulesFile.model_validate({"rules": list(rules)}).rules if rules else ()
        left_side = side("left", self.left, relations[0])
        right_side = side("right", self.left if one_database else self.right, relations[1])
        return verify(
            left_side, right_side, Options(rules=models, **options), Redactor(b"k" * 16), self.around()
        )

    def around(self) -> Around:
        from time import monotonic, time_ns

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.meanwhile()

        return Around(time_ns, monotonic, sleep)


@pytest.fixture(scope="session")
def databases(postgres: Server) -> tuple[str, str]:
    return postgres.create_database(), postgres.create_database()


@pytest.fixture
def bench(databases: tuple[str, str]) -> Bench:
    bench = Bench(*databases)
    bench.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return bench
