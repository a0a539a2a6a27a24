"""Numbers in the ledger: a row per series, acknowledgements that cover what was open, a blocker in every epoch."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from strangler.errors import ConfigError, UsageError
from strangler.exchange import Origin
from strangler.gate import judge
from strangler.ledger import audit, numbers, streams, tables
from strangler.ledger.evidence import read_evidence
from strangler.ledger.facts import facts
from strangler.ledger.flush import flush
from strangler.ledger.numbers import Kept
from strangler.ledger.settled import Item, StreamReport, Watched
from strangler.ledger.store import Ledger
from strangler.numbers import Sighting
from strangler.testing.judged import CONFIG, START, Judged, configuration

SECOND = 1_000_000_000
LOADED = configuration(
    CONFIG.replace(
        "  invoice: GET /invoices/{id}\n",
        '  invoice: {match: {method: GET, path: "/invoices/{id}"}, numbers: {settle: 1m}}\n'
        "  issue: {match: {method: POST, path: /invoices}, numbers: {settle: 1m}}\n",
    )
)
NOW = START + 3_600 * SECOND


def draw(number: int, document: str = "", series: str = "RE-", at: int = 0) -> Watched:
    begun = START + (at or number) * SECOND
    seen = Sighting(series, number, "legacy", document or str(number), "draw", begun, begun + 1, "issue")
    return Watched(Origin("p", "b", number), "issue", (seen,))


def written(ledger: Ledger, *items: Item, worker: str = "w") -> None:
    with ledger.begin() as connection:
        flush(connection, items, now_ns=NOW, worker=worker)


def known(ledger: Ledger, now_ns: int = NOW) -> dict[str, Kept]:
    with ledger.read() as connection:
        return {each.name: each for each in numbers.kept(connection, LOADED.config, now_ns)}


def opened(ledger: Ledger, series: str = "RE-") -> list[tuple[str, int, int]]:
    return [(each.kind, each.first, each.last) for each in known(ledger)[series].open]


def test_several_workers_write_one_series(ledger: Ledger) -> None:
    items = [draw(number) for number in range(1, 121) if number != 60]
    random.Random(7).shuffle(items)
    with ThreadPoolExecutor(4) as at_once:
        parts = [at_once.submit(written, ledger, *items[start::4], worker=f"w{start}") for start in range(4)]
        for part in parts:
            part.result()
    assert opened(ledger) == [("gap", 60, 60)]
    with ledger.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.numbers)).scalar_one() == 1


def test_what_was_watched_is_recorded_and_no_evidence(ledger: Ledger) -> None:
    report = StreamReport("p", "b", 1, NOW, sent=2)
    unread = Watched(Origin("p", "b", 2), "issue", unreadable=True)
    with ledger.begin() as connection:
        flush(connection, (draw(1), unread), (report,), now_ns=NOW, worker="w")
    with ledger.read() as connection:
        (stream,) = streams.streams(connection)
        assert (stream.sent, stream.recorded, stream.outstanding) == (2, 2, 0)
        assert streams.losses(connection) == {"uncaptured/number-unreadable": 1}
        assert read_evidence(connection, LOADED, "reads", NOW).cells == ()


def acknowledged(ledger: Ledger, first: int, last: int, reason: str = "storno, file 12") -> int:
    with ledger.begin() as connection:
        found = numbers.acknowledge(
            connection, LOADED.config, "RE-", first, last, actor="ann", reason=reason, now_ns=NOW
        )
    return len(found)


def test_an_acknowledgement_covers_what_is_open_there_and_nothing_later(ledger: Ledger) -> None:
    written(ledger, *(draw(number) for number in (1, 2, 6, 7, 9)), draw(2, "other", at=8))
    assert opened(ledger) == [("gap", 3, 5), ("gap", 8, 8), ("double", 2, 2)]
    assert acknowledged(ledger, 2, 4) == 2
    assert opened(ledger) == [("gap", 5, 5), ("gap", 8, 8)]
    with ledger.read() as connection:
        (entry, *_) = audit.entries(connection, subject="RE-")
    assert entry.body["action"] == "numbers.acknowledged"
    assert entry.body["after"] == {"numbers": [["gap", 3, 4], ["double", 2, 2]]}
    third = Sighting("RE-", 2, "legacy", "third", "draw", NOW + SECOND, NOW + 2 * SECOND, "issue")
    written(ledger, Watched(Origin("p", "b", 99), "issue", (third,)))
    assert ("double", 2, 2) in opened(ledger)


@pytest.mark.parametrize(
    ("series", "first", "reason", "what"),
    [("RE-", 3, " ", "reason"), ("XX", 3, "r", "no series"), ("RE-", 1, "r", "nothing is open")],
)
def test_what_cannot_be_acknowledged(ledger: Ledger, series: str, first: int, reason: str, what: str) -> None:
    written(ledger, draw(1), draw(3 + 1))
    with pytest.raises(UsageError, match=what), ledger.begin() as connection:
        numbers.acknowledge(
            connection, LOADED.config, series, first, first, actor="a", reason=reason, now_ns=NOW
        )


def reasons(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.read() as connection:
        evidence = read_evidence(connection, LOADED, "reads", NOW)
        verdict = judge(LOADED.config.policy_of("reads"), evidence, facts(connection), NOW, LOADED.line_of)
    return [(each.status, each.measured, each.remedy) for each in verdict.reasons if each.code == "numbers"]


def test_each_kind_blocks_in_every_epoch_until_it_is_acknowledged(ledger: Ledger) -> None:
    read = Sighting("RE-", 1, "legacy", "1", "read", START, START + 1, "invoice")
    written(ledger, Judged(LOADED).equal(numbers=(read,)), draw(1), draw(3), draw(3, "other", at=5))
    for version in ("1", "2"):
        written(ledger, Judged(LOADED, version=version).equal())
        gap, double = reasons(ledger)
        assert gap[:2] == ("blocked", "in series `RE-`, missing: 2")
        assert "strangler numbers acknowledge RE- 2 --reason" in gap[2]
        assert double[:2] == ("blocked", "in series `RE-`, given twice: 3")
    acknowledged(ledger, 1, 3)
    assert reasons(ledger) == []


def test_a_series_of_other_routes_is_no_matter_of_this_cutover(ledger: Ledger) -> None:
    written(ledger, draw(1), draw(3))
    assert reasons(ledger) == []


def test_a_route_whose_numbers_were_never_read_does_not_suffice(ledger: Ledger) -> None:
    written(ledger, Judged(LOADED).equal())
    ((status, measured, _),) = reasons(ledger)
    assert (status, measured) == ("insufficient", "no number was ever read in an answer of `invoice`")


def test_further_series_are_counted(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "MOST_SERIES", 2)
    written(ledger, *(draw(1, series=name) for name in ("a", "b", "c", "d")))
    written(ledger, draw(2, series="a"), draw(2, series="c"))
    assert set(known(ledger)) == {"a", "b"}
    with ledger.read() as connection:
        assert streams.losses(connection) == {"uncaptured/number-series": 3}


def test_a_redacted_number_cannot_be_watched() -> None:
    text = CONFIG.replace(
        "  invoice: GET /invoices/{id}\n", '  invoice: {match: "GET /invoices/{id}", numbers: {}}\n'
    )
    configuration(text)
    with pytest.raises(ConfigError) as raised:
        configuration(text + "redaction: {fields: [$.number]}\n")
    assert any("is redacted" in problem.what for problem in raised.value.problems)
