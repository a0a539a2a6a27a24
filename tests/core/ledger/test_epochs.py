"""What begins an epoch, what returns to one, and what two versions at once look like."""

from __future__ import annotations

import pytest

from strangler.config.load import Loaded
from strangler.ledger.epochs import ask, at_once, current, epoch_digest, epoch_key, epochs, resume
from strangler.ledger.facts import Fact, put
from strangler.ledger.store import Ledger
from strangler.testing.judged import CONFIG, START, configuration

SECOND = 1_000_000_000


def with_rules(*rules: str, route: str = "") -> Loaded:
    lines = "".join(f"  - {rule}\n" for rule in rules)
    return configuration(CONFIG + "rules:\n" + lines) if rules else configuration(CONFIG + route)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"rate: 1%": "rate: 2%"}, True),
        ({"[invoice, invoices]\n": "[invoice, invoices]\n    pinned: [acme]\n    steps: [10, 20]\n"}, True),
        ({"127.0.0.1:2": "127.0.0.1:3"}, False),
        ({"GET /invoices/{id}": "GET /v1/invoices/{id}"}, False),
        ({"[invoice, invoices]": "[invoice]"}, False),
        ({"routes:\n  invoice": "worker: {timeout: 9s}\nroutes:\n  invoice"}, False),
        ({"routes:\n  invoice": "strata: {country: {header: X-Country}}\nroutes:\n  invoice"}, False),
        ({"path: /payments": "path: /pay"}, True),
        ({"path: /payments}": "path: /payments}\n    decode: json"}, True),
        ({"invoices: GET /invoices": "invoices: {match: GET /invoices}"}, True),
        ({"invoices: GET /invoices": "invoices: {match: GET /invoices, decode: csv}"}, False),
    ],
)
def test_what_matters_to_a_cutover_makes_its_epoch(change: dict[str, str], same: bool) -> None:
    before, after = configuration().config, configuration(**change).config
    assert (epoch_digest(before, "reads", "1") == epoch_digest(after, "reads", "1")) is same


def test_the_layout_of_a_table_makes_an_epoch() -> None:
    digests = set()
    for said in ("", ", decode: csv", ", decode: {csv: {key: a}}", ", decode: {csv: {key: b}}"):
        config = configuration(**{"GET /invoices\n": f"{{match: GET /invoices{said}}}\n"}).config
        digests.add(epoch_digest(config, "reads", "1"))
    assert len(digests) == 4


def test_rules_count_by_what_they_mean() -> None:
    plain = with_rules('{ignore: "$.a"}', '{ignore: "$.b"}').config
    other_order = with_rules('{ignore: "$.b", reason: why, owner: me}', '{ignore: "$.a"}').config
    more = with_rules('{ignore: "$.a"}', '{ignore: "$.b"}', '{ignore: "$.c"}').config
    assert epoch_digest(plain, "reads", "1") == epoch_digest(other_order, "reads", "1")
    assert epoch_digest(plain, "reads", "1") != epoch_digest(more, "reads", "1")


def test_a_version_makes_an_epoch_and_a_digest_that_returns_resumes_its_own(ledger: Ledger) -> None:
    config = configuration().config
    with ledger.begin() as connection:
        first = resume(connection, epoch_key(config, "reads", "1"), START)
        second = resume(connection, epoch_key(config, "reads", "2"), START + 60 * SECOND)
        again = resume(connection, epoch_key(config, "reads", "1"), START + 120 * SECOND)
        assert second.id != first.id == again.id
        assert (again.created_ns, again.resumed_ns) == (START, START + 120 * SECOND)
        found = current(connection, config, "reads")
        assert found == again
        assert at_once(epochs(connection, "reads")) == ("1",)


def test_two_versions_at_once(ledger: Ledger) -> None:
    config = configuration().config
    with ledger.begin() as connection:
        for step in range(6):
            resume(connection, epoch_key(config, "reads", "12"[step % 2]), START + step * SECOND)
        assert at_once(epochs(connection, "reads")) == ("2", "1")
        resume(connection, epoch_key(config, "reads", "2"), START + 30 * SECOND)
        assert at_once(epochs(connection, "reads")) == ("2",)


def test_new_rules_under_the_same_version_are_not_two_versions(ledger: Ledger) -> None:
    before, after = configuration().config, with_rules('{ignore: "$.a"}').config
    with ledger.begin() as connection:
        resume(connection, epoch_key(before, "reads", "1"), START)
        resume(connection, epoch_key(after, "reads", "1"), START + SECOND)
        resume(connection, epoch_key(before, "reads", "1"), START + 2 * SECOND)
        assert at_once(epochs(connection, "reads")) == ("1",)


def test_no_epoch_speaks_for_another_version_or_configuration(ledger: Ledger) -> None:
    before, after = configuration().config, with_rules('{ignore: "$.a"}').config
    with ledger.begin() as connection:
        assert current(connection, before, "reads") is None
        resume(connection, epoch_key(before, "reads", "1"), START)
        assert current(connection, after, "reads") is None
        resume(connection, epoch_key(after, "reads", "2"), START + SECOND)
        # Under the first rules only version 1 was seen, and it is gone.
        assert current(connection, before, "reads") is None


def test_a_version_that_is_known_before_it_was_asked_has_no_evidence_yet(ledger: Ledger) -> None:
    config = configuration().config
    with ledger.begin() as connection:
        put(connection, Fact("version", "candidate", "1", "", START - 1))
        first = resume(connection, epoch_key(config, "reads", "1"), START)
        assert current(connection, config, "reads") == first
        put(connection, Fact("version", "candidate", "2", "", START + 1))
        assert current(connection, config, "reads") is None
        second = resume(connection, epoch_key(config, "reads", "2"), START + 2)
        assert current(connection, config, "reads") == second
        fixed = configuration(**{"{header: X-Version}": "{value: '1'}"}).config
        assert current(connection, fixed, "reads") == first


def test_an_attempt_is_an_epoch_in_which_a_verdict_was_asked_for(ledger: Ledger) -> None:
    config = configuration().config
    with ledger.begin() as connection:
        one, _unasked, three = (
            resume(connection, epoch_key(config, "reads", version), START + SECOND * i)
            for i, version in enumerate("123")
        )
        assert one.attempt is None
        assert ask(connection, one).attempt == 1
        assert ask(connection, three).attempt == 2
        assert ask(connection, one).attempt == 1
        assert [epoch.attempt for epoch in epochs(connection, "reads")] == [2, None, 1]
