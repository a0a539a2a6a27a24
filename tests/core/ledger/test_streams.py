"""recorded + dropped + gaps = sent, whatever dies in between."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from strangler.exchange import Origin
from strangler.ledger.flush import flush
from strangler.ledger.planes import planes, served
from strangler.ledger.settled import Loss, Settled, StreamReport
from strangler.ledger.store import Ledger
from strangler.ledger.streams import GAP, Stream, gap, losses, stream, streams
from strangler.testing.judged import START, Judged


def report(sent: int, dropped: int = 0, at: int = 0, **more: object) -> StreamReport:
    base = StreamReport(
        "p", "b", 1, START + at, sent=sent, dropped={"queue-full": dropped} if dropped else {}
    )
    return structs.replace(base, **more)


def put(
    ledger: Ledger,
    batch: list[Settled] | None = None,
    reports: list[StreamReport] | None = None,
    lost: int = 0,
) -> Stream:
    with ledger.begin() as connection:
        losses = [Loss(GAP, lost, "p", "b")] if lost else []
        flush(connection, batch or [], reports or [], losses, now_ns=START, worker="w")
        found = stream(connection, "p", "b")
    assert found is not None
    return found


def exchanges(first: int, last: int) -> list[Settled]:
    judged = Judged()
    return [structs.replace(judged.equal(), origin=Origin("p", "b", seq)) for seq in range(first, last + 1)]


def test_a_worker_that_died_leaves_a_gap_that_is_counted(ledger: Ledger) -> None:
    # The plane sent 10: 4 were recorded, 3 died with the worker, 1 it dropped itself, 2 wait in its queue.
    put(ledger, exchanges(1, 4), [report(8)])
    known = stream_of(ledger)
    missing = gap(sent=10, dropped=1, known=known, still_to_come=2)
    assert missing == 3
    found = put(ledger, exchanges(9, 10), [report(10, dropped=1)], lost=missing)
    assert (found.recorded, found.dropped, found.gaps, found.outstanding) == (6, 1, 3, 0)
    assert losses_of(ledger) == {"gap": 3, "queue-full": 1}
    assert gap(sent=10, dropped=1, known=found, still_to_come=0) == 0


def stream_of(ledger: Ledger) -> Stream | None:
    with ledger.read() as connection:
        return stream(connection, "p", "b")


def losses_of(ledger: Ledger) -> dict[str, int]:
    with ledger.read() as connection:
        return losses(connection)


def test_a_plane_that_was_never_flushed(ledger: Ledger) -> None:
    assert stream_of(ledger) is None
    assert gap(sent=5, dropped=1, known=None, still_to_come=1) == 3


def test_reports_may_come_late_and_twice(ledger: Ledger) -> None:
    late = report(5, dropped=1, at=1)
    put(ledger, reports=[report(9, dropped=3, at=2, generation=7), late])
    found = put(ledger, reports=[report(9, dropped=3, at=2)])
    assert (found.sent, found.dropped, found.heartbeat_ns) == (9, 3, START + 2)
    assert losses_of(ledger) == {"queue-full": 3}
    with ledger.read() as connection:
        assert [(p.generation, p.ended) for p in planes(connection)] == [(7, False)]


def test_what_cannot_be_captured_is_counted_and_not_lost(ledger: Ledger) -> None:
    put(ledger, reports=[report(1, uncaptured={"too-large": 2}, refused={"client": 3, "upstream": 1})])
    put(
        ledger,
        reports=[report(1, uncaptured={"too-large": 5}, refused={"client": 3, "upstream": 1}, ended=True)],
    )
    assert losses_of(ledger) == {"uncaptured/too-large": 5}
    with ledger.read() as connection:
        assert [(p.refused, p.ended) for p in planes(connection)] == [(4, True)]


def test_who_served_is_summed_over_planes(ledger: Ledger) -> None:
    put(ledger, reports=[report(1, served={"invoice": (90, 8, 2)})])
    other = structs.replace(report(1, served={"invoice": (10, 0, 0), "pay": (1, 0, 0)}), plane="q")
    put(ledger, reports=[other, report(1, served={"invoice": (180, 18, 2)})])
    with ledger.read() as connection:
        found = {
            row.route: (row.legacy, row.candidate, row.fallback, row.weight) for row in served(connection)
        }
        assert found == {"invoice": (190, 18, 2, 952), "pay": (1, 0, 0, 0)}
        assert served(connection, START + 120_000_000_000) == []


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 6)),
        st.tuples(st.just("drop"), st.integers(1, 3)),
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.just("flush"), st.just(0)),
        st.tuples(st.just("shed"), st.integers(1, 2)),
        st.tuples(st.just("die"), st.just(0)),
    ),
    max_size=25,
)


@given(steps=steps)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_account_is_exact_over_any_life_of_a_worker(ledger: Ledger, steps: list[tuple[str, int]]) -> None:
    """A plane sends, drops and queues; workers take, shed, flush and die; at the end all is accounted for."""
    boot = f"boot-{sum(1 for _ in _streams(ledger))}"
    seq = sent = dropped = shed = 0
    queue: list[int] = []
    held: list[int] = []

    def write(lost: int = 0, shed: int = 0) -> None:
        batch = [
            structs.replace(s, origin=Origin("p", boot, n))
            for s, n in zip(exchanges(1, len(held)), held, strict=True)
        ]
        state = StreamReport("p", boot, 1, START, sent=sent, dropped={"queue-full": dropped})
        losses = [Loss(GAP, lost, "p", boot), Loss("rate", shed, "p", boot)]
        with ledger.begin() as connection:
            flush(connection, batch, [state], losses, now_ns=START, worker="w")
        held.clear()

    for what, count in [*steps, ("die", 0)]:
        match what:
            case "send":
                queue += range(seq + 1, seq + count + 1)
                seq, sent = seq + count, sent + count
            case "drop":
                seq, sent, dropped = seq + count, sent + count, dropped + count
            case "take":
                held += queue[:count]
                del queue[:count]
            case "shed":
                shed += len(held[:count])
                del held[:count]
            case "flush":
                write(shed=shed)
                shed = 0
            case _:
                held.clear()  # with what it had shed and not written
                shed = 0
                with ledger.read() as connection:
                    known = stream(connection, "p", boot)
                write(lost=gap(sent=sent, dropped=dropped, known=known, still_to_come=len(queue)))
    held += queue
    write()
    with ledger.read() as connection:
        found = stream(connection, "p", boot)
    assert found is not None
    assert found.sent == sent
    assert found.recorded + found.dropped + found.shed + found.gaps == sent


def _streams(ledger: Ledger) -> list[Stream]:
    with ledger.read() as connection:
        return streams(connection)
