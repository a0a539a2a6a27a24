"""The page of migrations over a real server: how far, who still reads, why contract is refused, what is next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from strangler.ledger.facts import Fact, put
from strangler.testing.postgres import Server
from strangler_migrations.contract import prove
from strangler_migrations.migration import parse
from strangler_migrations.readers.watch import glance
from strangler_migrations.running import lifecycle, pausing, store
from strangler_migrations.running.backfill import Throttle
from strangler_migrations.running.session import Session, connected

from .conftest import CONFIG, Place, words
from .test_hostile import ATTACKS, only_text

FILL = parse(
    "operations: [{add_column: {table: t, up: id * 2, column: {name: c, type: int}}}]", Path("01_x.yaml")
)
KEEPS = "    keeps: {01_x: candidate}\n"


def named(place: Place, url: str) -> Place:
    text = CONFIG.replace("    routes: [invoice, invoices]\n", f"    routes: [invoice, invoices]\n{KEEPS}")
    place.file.write_text(f"{text}migrations: {{database: {url!r}}}\n")
    return place


def published(place: Place) -> None:
    ledger = place.ledger()
    with ledger.begin() as connection:
        put(connection, Fact("migration", "01_x", "verify", "", place.now_ns))
        put(connection, Fact("parity", "01_x", "equal", "d", place.now_ns))
    ledger.close()


def test_without_a_database_it_says_what_to_name(place: Place) -> None:
    assert "No database is named" in words(place.ask("/migrations").html)
    published(place)
    assert "What the ledger was told last" in words(place.ask("/migrations").html)
    assert place.ask("/migrations.json").json["published"][0]["phase"] == "verify"


def test_one_that_is_away_is_a_state_of_the_page_and_no_secret_is_in_it(place: Place) -> None:
    published(named(place, "postgresql://ann:geheim@127.0.0.1:9/billing?password=geheim"))
    answer = place.ask("/migrations")
    said = words(answer.html)
    assert answer.status == 200
    assert "The database was not read" in said
    assert "127.0.0.1:9/billing" in said
    assert "verify" in said
    assert b"geheim" not in answer.body + place.ask("/migrations.json").body
    named(place, "${STRANGLER_NO_SUCH_VARIABLE}")
    assert "STRANGLER_NO_SUCH_VARIABLE is not set" in words(place.ask("/migrations").html)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:ge%zzheim@127.0.0.1:9/billing",
        "postgresql://ann:x@geheim@127.0.0.1:9/billing",
        "postgresql://ann:9/geheim@127.0.0.1:9/billing",
        "postgresql://ann:geheim@127.0.0.1:port/billing",
    ],
)
def test_no_part_of_a_password_is_shown_whatever_is_wrong_with_the_address(place: Place, url: str) -> None:
    answer = named(place, url).ask("/migrations")
    assert "The database was not read" in words(answer.html)
    assert b"heim" not in answer.body + place.ask("/migrations.json").body


@pytest.fixture
def migrated(place: Place, postgres: Server) -> Callable[[Callable[[Session], Any]], Place]:
    """Gives the place after something was done to its database."""
    url = postgres.create_database()
    named(place, url)
    with connected(url) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
        connection.execute("INSERT INTO t SELECT i, 'v' FROM generate_series(1, 1000) i")
        connection.execute("ANALYZE t")

    def after(work: Callable[[Session], Any]) -> Place:
        with connected(url) as connection:
            work(Session(connection, "public", "ann"))
        place.seconds += 60
        return place

    return after


def started(session: Session) -> None:
    lifecycle.start(session, FILL, Throttle(), lambda *_: None)


@pytest.mark.postgres
def test_the_page_has_it_all(migrated: Callable[[Callable[[Session], Any]], Place]) -> None:
    def half(session: Session) -> None:
        """As a backfill that is at work leaves it."""
        started(session)
        session.connection.execute("UPDATE strangler.migrations SET state = 'backfilling'")
        session.connection.execute("UPDATE strangler.fillings SET rows = 250, done = false")
        session.connection.execute("DELETE FROM strangler.paces")
        session.connection.execute(
            "INSERT INTO strangler.paces SELECT '01_x', 0, now() - make_interval(secs => 20 - 5 * i), 50 * i"
            " FROM generate_series(0, 4) i"
        )
        pausing.pause(session, lifecycle.get(session, "01_x"), "month's end")

    place = migrated(half)
    page = place.ask("/migrations").html
    (row,) = page.cssselect("table.fills > tbody > tr")
    assert words(row).startswith("t 25 %")
    assert "10 rows/s" in words(row)
    assert "75 s" in words(row)
    assert "Paused by ann" in words(page)
    assert "strangler" in words(page.cssselect(".next .command")[0])
    assert words(page.cssselect(".next code")[-1]).endswith("migrate resume 01_x")
    found = place.ask("/migrations/01_x.json").json["shown"]
    assert [each["rows"] for each in found["fills"][0]["paces"]] == [50, 50, 50, 50, 0]
    assert [each["stands"] for each in found["stages"]] == ["done", "now", "ahead", "ahead", "ahead"]
    assert place.ask("/migrations/nope").status == 404
    assert place.ask("/api/v1/migrations/01_x", accept="*/*").json == found
    assert place.ask("/api/v1/migrations/nope", accept="*/*").status == 404


@pytest.mark.postgres
def test_why_contract_is_refused_and_what_comes_first(
    migrated: Callable[[Callable[[Session], Any]], Place],
) -> None:
    def work(session: Session) -> None:
        started(session)
        glance(session.connection)
        session.connection.execute(
            "INSERT INTO strangler.seen VALUES ('01_x', 'writes', 'app', 'dunning', '10.0.0.7', now(), now())"
        )

    place = migrated(work)
    page = place.ask("/migrations").html
    refused = words(page.cssselect(".blocks")[0])
    assert "Contract is refused" in refused
    assert "app (dunning, 10.0.0.7) uses the old form: writes it" in refused
    assert "nothing proves that both forms agree" in refused
    assert "the cutover `reads`" not in refused
    assert "the cutover reads needs the old form, and is in legacy" in refused
    codes = {each["code"] for each in place.ask("/migrations.json").json["shown"]["contract"]["reasons"]}
    assert codes == {"old-reader", "unknown-reader", "parity", "window", "kept"}
    assert "migrate readers --watch" in words(page.cssselect(".next code")[-1])
    proven = migrated(lambda session: prove(session, lifecycle.get(session, "01_x")))
    assert "both forms agree in 1,000 rows" in words(proven.ask("/migrations").html)


@pytest.mark.postgres
def test_hostile_text_of_the_migrated_database_is_text(
    migrated: Callable[[Callable[[Session], Any]], Place],
) -> None:
    def work(session: Session) -> None:
        started(session)
        glance(session.connection)
        for attack in (each.replace("\0", "") for each in ATTACKS):
            store.note(session.connection, "01_x", attack, attack, attack)
            store.waited(session.connection, None, attack, attack)
            session.connection.execute(
                "INSERT INTO strangler.seen VALUES ('01_x', 'reads', %s, %s, %s, now(), now())", [attack] * 3
            )
            name = '"' + attack.replace('"', '""')[:40] + '"'
            session.connection.execute(
                f"CREATE FUNCTION {name}() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM t'".encode()
            )
        session.connection.execute("UPDATE strangler.parity SET example = %s", (ATTACKS[0],))
        session.connection.execute("UPDATE strangler.migrations SET actor = %s", (ATTACKS[0],))

    place = migrated(work)
    for target in ("/migrations", "/migrations/01_x", "/migrations/%3Cx-evil%3E"):
        answer = place.ask(target)
        only_text(answer.html)
        assert "\u202e" not in answer.body.decode()
    said = words(place.ask("/migrations").html)
    assert said.count("x-evil") > 4 * len(ATTACKS)
