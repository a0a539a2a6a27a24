"""`strangler numbers`: what is wrong in a series, and what finance has explained."""

from __future__ import annotations

import pytest

from strangler.exchange import Origin
from strangler.ledger.flush import flush
from strangler.ledger.settled import Watched
from strangler.numbers import Sighting

from .conftest import CONFIG, Place, Strangler


@pytest.fixture
def watching(place: Place) -> Place:
    place.file.write_text(CONFIG.replace("  pay:\n", "  pay:\n    numbers: {series: DE}\n"), encoding="utf-8")
    return place


def drawn(place: Place, *numbers: int) -> None:
    ledger = place.ledger()
    at = place.now_ns - 3_600_000_000_000
    items = [
        Watched(
            Origin("p", "b", number),
            "pay",
            (Sighting("DE/RE-", number, "legacy", f"d{index}", "draw", at + index, at + index, "pay"),),
        )
        for index, number in enumerate(numbers)
    ]
    with ledger.begin() as connection:
        flush(connection, items, now_ns=place.now_ns, worker="w")
    ledger.close()


def test_the_list_and_what_is_explained(watching: Place, strangler: Strangler) -> None:
    assert "no number was seen yet" in strangler("numbers", "list").out
    drawn(watching, 1, 2, 5, 5)
    shown = strangler("numbers", "list").out
    assert "DE/RE-" in shown
    assert "3-4" in shown
    (series,) = strangler("numbers", "list", "--json").json["series"]
    assert (series["series"], series["routes"], series["drawn"]) == ("DE/RE-", ["pay"], [[1, 2], [5, 5]])
    assert [(each["kind"], each["first"], each["last"]) for each in series["open"]] == [
        ("gap", 3, 4),
        ("double", 5, 5),
    ]
    ran = strangler("numbers", "acknowledge", "DE/RE-", "3-5", "--reason", "printer jam", "--actor", "ann")
    assert ran.code == 0
    assert "DE/RE-: gap 3-4 acknowledged" in ran.out
    (series,) = strangler("numbers", "list", "--json").json["series"]
    assert series["open"] == []
    assert {each["actor"] for each in series["acknowledged"]} == {"ann"}
    assert "printer jam" in strangler("audit", "list").out


@pytest.mark.parametrize("numbers", ["3-", "x", "5-3", "-1", ""])
def test_what_is_no_range(watching: Place, strangler: Strangler, numbers: str) -> None:
    drawn(watching, 1, 5)
    assert strangler("numbers", "acknowledge", "DE/RE-", "--reason", "r", "--", numbers).code == 2
