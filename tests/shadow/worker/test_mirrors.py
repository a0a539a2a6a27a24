"""A side beside itself goes by its own names and formats, while places keep legacy's locations."""

from __future__ import annotations

from collections.abc import Callable

from strangler.ledger.noise import noise
from strangler.testing.origin import answer
from strangler_shadow.testing.plane import exchange

from .conftest import QUICK, Rig, says

MakeRig = Callable[..., Rig]
JSON = ("Content-Type", "application/json")
TWINS = QUICK.replace("twins: 0", "twins: 10000")


def test_two_spellings_of_one_day_are_no_noise(rig: MakeRig) -> None:
    made = rig(
        TWINS,
        'rules: [{instant: $.day, format: {legacy: "%d.%m.%Y", candidate: iso}}]',
        legacy=says(b'{"day": "3.4.2026"}'),
        candidate=says(b'{"day": "2026-04-03"}'),
    )
    made.plane.send(exchange("/invoices/1", b'{"day": "03.04.2026"}'))
    made.settled(1)
    assert made.evidence().cells[0].twins == 1
    with made.ledger.read() as connection:
        assert noise(connection) == []


def test_a_state_that_changed_is_not_silenced_by_the_other_sides_name_for_it(rig: MakeRig) -> None:
    made = rig(
        TWINS,
        "rules: [{map: $.state, values: {open: paid}}]",
        legacy=says(b'{"state": "paid"}'),
        candidate=says(b'{"state": "paid"}'),
    )
    made.plane.send(exchange("/invoices/1", b'{"state": "open"}'))
    made.settled(1)
    with made.ledger.read() as connection:
        (found,) = noise(connection)
    assert (found.location, found.first, found.second) == ("body $.state", '"open"', '"paid"')


def test_a_renamed_field_that_catches_up_was_lagging(rig: MakeRig) -> None:
    bodies = iter((b'{"gross": "1.00"}', b'{"gross": "2.00"}'))
    made = rig(
        more="rules: [{rename: $.total, to: $.gross}]",
        legacy=says(b'{"total": "2.00"}'),
        candidate=lambda _: iter((answer(next(bodies), JSON, ("X-Version", "1")),)),
    )
    made.plane.send(exchange("/invoices/1", b'{"total": "2.00"}'))
    made.settled(1)
    (cell,) = made.evidence().cells
    assert (cell.n, dict(cell.failed)) == (0, {"lagged": 1})
    assert made.divergences() == []
