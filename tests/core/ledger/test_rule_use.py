"""What each rule of the file let pass, read back from what flushes have counted."""

from __future__ import annotations

from msgspec import structs

from strangler.comparison.model import Outcome
from strangler.comparison.rules import Rules
from strangler.ledger.flush import flush
from strangler.ledger.rule_use import IDLE_AFTER, RuleUse, Use, rule_uses
from strangler.ledger.settled import Settled
from strangler.ledger.store import Ledger
from strangler.testing.judged import CONFIG, Judged, configuration

RULES = """\
rules:
  - unordered: $.lines
  - only: [$.lines, $.total]
"""
WITH = CONFIG.replace(
    "  invoice: GET /invoices/{id}\n",
    "  invoice:\n    match: {method: GET, path: '/invoices/{id}'}\n    rules:\n      - ignore: $.token\n",
)


def silenced(judged: Judged, route: str, **kinds: int) -> list[Settled]:
    """One exchange in which rules let so much pass."""
    config = judged.loaded.config
    rules = Rules.of((*config.rules, *config.routes[route].rules))
    counts = {rule.digest: kinds[rule.kind] for rule in rules.compiled if rule.kind in kinds}
    return [structs.replace(judged.equal(route), outcome=Outcome("equal", silenced=counts))]


def uses(ledger: Ledger, judged: Judged) -> dict[str, RuleUse]:
    with ledger.read() as connection:
        return {use.rule.kind: use for use in rule_uses(connection, judged.loaded)}


def write(ledger: Ledger, judged: Judged, batch: list[Settled]) -> None:
    with ledger.begin() as connection:
        flush(connection, batch, now_ns=judged.at_ns, worker="w")


def test_per_route_in_the_present_epoch_and_ever(ledger: Ledger) -> None:
    judged = Judged(configuration(WITH + RULES))
    earlier = Judged(judged.loaded, version="0")
    write(
        ledger, earlier, silenced(earlier, "invoice", ignore=5) + silenced(earlier, "invoices", unordered=1)
    )
    judged.at_ns, judged.boot = earlier.at_ns + 60_000_000_000, "boot-1"
    batch = silenced(judged, "invoice", unordered=2) + judged.equals(3) + [judged.failed("timeout")]
    write(ledger, judged, batch)
    found = uses(ledger, judged)
    assert set(found) == {"unordered", "only", "ignore"}
    assert found["unordered"].now == {"invoice": Use(4, 2), "invoices": Use(0, 0)}
    assert found["unordered"].ever == {"invoice": Use(5, 2), "invoices": Use(1, 1)}
    assert (found["ignore"].now, found["ignore"].ever) == ({"invoice": Use(4, 0)}, {"invoice": Use(5, 5)})
    assert (found["ignore"].route, found["unordered"].route) == ("invoice", "")
    assert found["unordered"].last_ns > found["ignore"].last_ns > 0
    assert found["ignore"].rule.line == WITH.splitlines().index("      - ignore: $.token") + 1
    assert found["only"].written == {"only": ["$.lines", "$.total"]}
    assert not any(use.idle for use in found.values())


def test_a_rule_is_idle_after_enough_comparisons_of_the_present_epoch(ledger: Ledger) -> None:
    judged = Judged(configuration(WITH + RULES))
    write(ledger, judged, list(judged.equals(IDLE_AFTER - 1)))
    assert not any(use.idle for use in uses(ledger, judged).values())
    write(ledger, judged, list(judged.equals(1, "invoices")))
    found = uses(ledger, judged)
    # The one for every route has been at work a thousand times, that of the route 999 times; `only` narrows.
    assert {kind: use.idle for kind, use in found.items()} == {
        "unordered": True,
        "ignore": False,
        "only": False,
    }
    write(ledger, judged, silenced(judged, "invoices", unordered=1))
    assert not uses(ledger, judged)["unordered"].idle
    write(ledger, judged, list(judged.equals(1)))
    assert uses(ledger, judged)["ignore"].idle


def test_without_comparisons_and_without_a_cutover_there_is_nothing_to_say(ledger: Ledger) -> None:
    post = "    match: {method: POST, path: /payments}\n"
    text = CONFIG.replace(post, post + "    rules: [{ignore: $.x}]\n")
    (found,) = uses(ledger, Judged(configuration(text))).values()
    assert (found.route, found.now, found.ever, found.last_ns, found.idle) == ("pay", {}, {}, 0, False)
