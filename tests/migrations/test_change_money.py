"""`change_money`: amounts in minor units; nothing is lost without being counted and shown."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler.errors import ConfigError, Refused, UsageError
from strangler.testing.postgres import Server
from strangler_migrations.migration import Loaded, parse
from strangler_migrations.plan import plan
from strangler_migrations.running import checking, lifecycle, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

pytestmark = pytest.mark.postgres
NEW = "public_01_money"
EUR = "currency: EUR"

CONVERTED: list[tuple[str, tuple[str, ...], str, list[int], dict[str, int]]] = [
    # type, values, options, minor units, the report
    ("numeric", ("1.5", "-0.01", "0"), EUR, [150, -1, 0], {"kept": 3}),
    ("double precision", ("0.1", "1.005", "92233720368547.75"), f"{EUR}, rounding: half_up",
     [10, 101, 9223372036854775], {"kept": 2, "rounded": 1}),
    ("real", ("0.1", "2.675"), f"{EUR}, rounding: half_up", [10, 268], {"kept": 1, "rounded": 1}),
    ("numeric", ("0.125", "0.135", "-0.125", "-0.135", "0.1251"), f"{EUR}, rounding: half_even",
     [12, 14, -12, -14, 13], {"rounded": 5}),
    ("numeric", ("0.125", "-0.125", "0.1249"), f"{EUR}, rounding: half_up", [13, -13, 12], {"rounded": 3}),
    ("numeric", ("123456789012345.125",), f"{EUR}, rounding: half_even", [12345678901234512], {"rounded": 1}),
    ("numeric", ("1234",), "currency: JPY", [1234], {"kept": 1}),
    ("numeric", ("1.234",), "currency: KWD", [1234], {"kept": 1}),
    ("numeric", ("1.2345",), f"{EUR}, digits: {{EUR: 4}}", [12345], {"kept": 1}),
    ("text", ("1234.50", " 7", "-0.5"), EUR, [123450, 700, -50], {"kept": 1, "rewritten": 2}),
    ("text", ("1.234,56", "-1234,5", "0,00"), f"{EUR}, text: {{decimal: ',', group: '.'}}",
     [123456, -123450, 0], {"kept": 1, "rewritten": 2}),
    ("varchar(9)", ("1,005",), f"{EUR}, rounding: half_even, text: {{decimal: ','}}", [100], {"rounded": 1}),
    ("integer", ("12",), "currency: JPY", [12], {"kept": 1}),
    ("bigint", ("12",), EUR, [1200], {"kept": 1}),
]  # fmt: skip
LOST = [
    ("numeric", ("1", "1.005"), EUR, "1 have more digits than EUR (2), such as id 2: 1.005"),
    ("double precision", ("0.30000000000000004",), EUR, "have more digits"),
    ("numeric", ("NaN",), f"{EUR}, rounding: half_up", "1 are NaN, such as id 1: NaN"),
    ("double precision", ("-Infinity",), f"{EUR}, rounding: half_up", "1 are infinite"),
    ("numeric", ("92233720368547758.08",), EUR, "1 are beyond what bigint holds"),
    ("text", ("1.234,56", "1,5"), EUR, "2 are no amounts as they are written"),
    ("text", ("1.234",), f"{EUR}, rounding: half_up", "1 have more digits"),
    ("text", ("1e3", "", "€ 5", "12 34"), EUR, "4 are no amounts"),
    ("text", ("12.34",), f"{EUR}, text: {{decimal: ',', group: '.'}}", "1 are no amounts"),
]


def money(options: str, table: str = "bills") -> Loaded:
    return parse(f"operations: [{operation(options, table)}]", Path("01_money.yaml"))


def operation(options: str, table: str) -> str:
    return f"{{change_money: {{table: {table}, columns: [amount], {options}}}}}"


def start(session: Session, loaded: Loaded) -> None:
    lifecycle.start(session, loaded, Throttle(), lambda *_: None)


def made(session: Session, table: str, type_: str, *values: str) -> None:
    """A table of amounts, the keys from 1 on; the last amount is NULL."""
    run = session.connection.execute
    run(f"CREATE TABLE {table} (id int PRIMARY KEY, amount {type_}, country text)".encode())
    for key, value in enumerate(values, 1):
        run(f"INSERT INTO {table} VALUES (%s, %s::text::{type_})".encode(), (key, value))
    run(f"INSERT INTO {table} VALUES (1000)".encode())


def amounts(session: Session, table: str, schema: str = NEW) -> list[Any]:
    found = session.connection.execute(f"SELECT amount FROM {schema}.{table} ORDER BY id".encode())
    return [value for (value,) in found]


@pytest.fixture(scope="module")
def converted(postgres: Server) -> Iterator[Session]:
    """All of them in one migration, a table each."""
    with connected(postgres.create_database()) as connection:
        session = Session(connection, "public", "ann")
        for number, (type_, values, *_) in enumerate(CONVERTED):
            made(session, f"t{number}", type_, *values)
        text = "\n".join(f"  - {operation(each[2], f't{number}')}" for number, each in enumerate(CONVERTED))
        start(session, parse(f"operations:\n{text}", Path("01_money.yaml")))
        yield session


@pytest.mark.parametrize("number", range(len(CONVERTED)))
def test_amounts_become_minor_units(converted: Session, number: int) -> None:
    _, _, options, minor, report = CONVERTED[number]
    assert amounts(converted, f"t{number}") == [*minor, None]
    checked = checking.recorded(converted.connection, "01_money")[number]
    assert checked.answer is not None
    assert {each.finding: each.rows for each in checked.answer.findings} == {**report, "null": 1}
    query = f"SELECT DISTINCT currency FROM {NEW}.t{number}".encode()
    assert converted.connection.execute(query).fetchall() == [(options[10:13],)]


def test_both_versions_write(converted: Session) -> None:
    run = converted.connection.execute
    with converted.connection.transaction(force_rollback=True):
        for number, minor, old in (
            (0, 205, Decimal("2.05")),
            (1, 7, 0.07),
            (10, -150, "-1,50"),
            (9, 5, "0.05"),
        ):
            run(f"UPDATE {NEW}.t{number} SET amount = %s WHERE id = 1".encode(), (minor,))
            assert amounts(converted, f"t{number}", "public")[0] == old
            run(f"INSERT INTO public.t{number} (id, amount) VALUES (50, %s)".encode(), (old,))
            assert amounts(converted, f"t{number}")[-2] == minor
    refused: list[tuple[str, type[psycopg.Error], str]] = [
        (
            "UPDATE public.t0 SET amount = 1.234",
            psycopg.errors.InvalidTextRepresentation,
            "no rounding is declared",
        ),
        ("UPDATE public.t9 SET amount = '1,5'", psycopg.errors.InvalidTextRepresentation, "is no amount"),
        (
            f"UPDATE {NEW}.t13 SET amount = 5",
            psycopg.errors.InvalidTextRepresentation,
            "cannot be held by the old",
        ),
        (f"UPDATE {NEW}.t0 SET currency = 'USD'", psycopg.errors.CheckViolation, "_strangler_only_currency"),
        ("UPDATE public.t3 SET amount = 1e20", psycopg.errors.NumericValueOutOfRange, "bigint out of range"),
        ("UPDATE public.t3 SET amount = 'NaN'", psycopg.errors.FeatureNotSupported, "cannot convert NaN"),
    ]
    for sql, error, words in refused:
        with pytest.raises(error, match=words), converted.connection.transaction():
            run(sql.encode())


@pytest.fixture(scope="module")
def untouched(postgres: Server) -> Iterator[Session]:
    """A database in which nothing is ever begun."""
    with connected(postgres.create_database()) as connection:
        yield Session(connection, "public", "ann")
        assert not store.exists(connection)


@pytest.mark.parametrize(("type_", "values", "options", "words"), LOST)
def test_what_would_be_lost_is_refused_before_anything_changes(
    untouched: Session, type_: str, values: tuple[str, ...], options: str, words: str
) -> None:
    with untouched.connection.transaction(force_rollback=True):
        made(untouched, "bills", type_, *values)
        loaded = money(options)
        found = list(checking.sampled(untouched, lifecycle.planned(untouched, loaded)))
        with pytest.raises(Refused) as caught:
            list(checking.beforehand(untouched, lifecycle.planned(untouched, loaded)))
    assert words in caught.value.what
    assert caught.value.remedy
    assert [answer.stopping(check) != () for check, answer in found if answer] == [True]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (f"{EUR}, currency_to: country", "`bills.country` is there already"),
        ("currency_from: nothing", "has no column `nothing`"),
        (f"{EUR}, text: {{decimal: ','}}", "`text` says how texts are written"),
    ],
)
def test_what_cannot_be_meant_is_refused(untouched: Session, options: str, words: str) -> None:
    with untouched.connection.transaction(force_rollback=True):
        made(untouched, "bills", "numeric")
        with pytest.raises(UsageError, match=words):
            lifecycle.planned(untouched, money(options))
        untouched.connection.execute("ALTER TABLE bills ALTER amount SET DEFAULT 0.005")
        with pytest.raises(UsageError, match="no whole number of minor units"):
            lifecycle.planned(untouched, money(EUR))
        untouched.connection.execute(
            "ALTER TABLE bills ALTER amount DROP DEFAULT, ALTER amount TYPE date USING now()"
        )
        with pytest.raises(UsageError, match="neither a number nor a text"):
            lifecycle.planned(untouched, money(EUR))


@pytest.mark.parametrize(
    "options", ["rounding: exact", f"{EUR}, currency_from: x", "currency: eur", f"{EUR}, round: x"]
)
def test_a_file_that_says_no_or_two_currencies_is_refused(options: str) -> None:
    with pytest.raises(ConfigError):
        money(options)


def test_every_row_has_the_digits_of_its_own_currency(session: Session, said: list[str]) -> None:
    made(session, "bills", "numeric", "1.5", "150", "1.234", "2.5")
    run = session.connection.execute
    run("UPDATE bills SET country = (ARRAY['EUR', 'JPY', 'KWD', 'CLF'])[id], amount = COALESCE(amount, 1)")
    with pytest.raises(Refused, match="1 have no currency in `country`, such as id 1000"):
        start(session, money("currency_from: country"))
    run("UPDATE bills SET amount = NULL WHERE id = 1000")
    start(session, money("currency_from: country"))
    assert amounts(session, "bills") == [150, 150, 1234, 25000, None]
    assert "on the rows: bills.amount: 1 are NULL" in said[0]
    run(f"UPDATE {NEW}.bills SET amount = 7, country = 'JPY' WHERE id = 1".encode())
    run("UPDATE bills SET amount = 0.001, country = 'KWD' WHERE id = 2")
    assert amounts(session, "bills", "public")[:2] == [Decimal(7), Decimal("0.001")]
    assert amounts(session, "bills")[:2] == [7, 1]
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="cannot be held by the old version"):
        run(f"INSERT INTO {NEW}.bills VALUES (9, 5, 'euros')".encode())


def test_what_comes_in_while_it_is_under_way_stops_it_before_it_is_verified(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row whose forms do not agree: no trigger saw it."""
    made(session, "bills", "numeric", "1.5", "2.5")
    run = session.connection.execute

    def behind_the_triggers() -> None:
        run("ALTER TABLE bills DISABLE TRIGGER ALL")
        run("UPDATE bills SET amount = 9 WHERE id = 2")
        run("ALTER TABLE bills ENABLE TRIGGER ALL")

    with monkeypatch.context() as patched:
        verified = lifecycle._verified

        def late(*arguments: Any) -> None:
            behind_the_triggers()
            verified(*arguments)

        patched.setattr(lifecycle, "_verified", late)
        with pytest.raises(Refused, match="1 do not have the same amount in both forms, such as id 2: 9"):
            start(session, money(EUR))
    run("UPDATE bills SET amount = 8 WHERE id = 2")
    start(session, money(EUR))
    assert amounts(session, "bills") == [150, 800, None]


def test_a_part_of_a_large_table_is_looked_at(untouched: Session) -> None:
    from dataclasses import replace

    with untouched.connection.transaction(force_rollback=True):
        made(untouched, "bills", "numeric", "1.5")
        catalog = lifecycle.planned(untouched, money(EUR)).catalog
    large = replace(catalog.tables["bills"], bytes=1 << 40)
    (check,) = plan(money(EUR), catalog.with_table(large)).checks
    assert check.partial
    assert "TABLESAMPLE SYSTEM (0.0031) REPEATABLE (0)" in (check.sample or "")
    assert "TABLESAMPLE" not in check.rows
