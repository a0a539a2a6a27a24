"""Each of the demo's defects, switched on in the real candidate, shows as its divergence; none on, none found."""

from __future__ import annotations

import pytest

from strangler_demo import control
from strangler_demo.candidate.defects import DEFECTS
from strangler_demo.story.expected import SIGNS
from strangler_demo.traffic import READS

pytestmark = pytest.mark.system

ROUTES = {
    "rounding": ("quote", "invoice"),
    "issue-date": ("invoice_run", "credit_note"),
    "reverse-charge": ("quote", "invoice"),
    "last-line": ("invoice", "invoice_xml"),
    "jpy": ("payment", "quote"),
    "credit-sign": ("credit_note",),
    "line-order": ("invoice", "quote"),
}
"""Where short traffic meets each; `unreliable` meets one answer in two hundred, anywhere."""


@pytest.mark.full
def test_none_on_none_found_and_noise_is_proposed(bench) -> None:
    bench.traffic(12)
    status = bench.status()
    assert status["compared"] + status["duplicates"] >= 12 * len(READS) - 5
    assert bench.divergences() == []
    places = {(each["route"], each["kind"], each["location"]) for each in status["proposals"]}
    assert places == {("invoice", "instant", "$.generated_at"), ("statement", "instant", "$.generated_at")}
    bench.ok("rules", "suggest", "--owner", "billing", "--write", "--yes")
    bench.traffic(4)
    assert bench.divergences() == []
    assert bench.status()["proposals"] == []


QUICK = frozenset({"rounding"})
"""What each run of the suite looks at; the demo and `make full` look at all."""


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.full)
        for name in DEFECTS
        if name != "unreliable"
    ],
)
def test_found_with_its_cause(bench, defect: str) -> None:
    # A version of its own is an epoch of its own: what earlier defects left does not count here.
    bench.systems.candidate.redeploy(version=f"3.0-{defect}", defects=[defect])
    bench.traffic(40, ROUTES[defect])
    found = bench.divergences()
    assert any(SIGNS[defect].fits(each) for each in found), found
    code, _ = bench.strangler("gate", "reads")
    assert code == 1


@pytest.mark.full
def test_unreliable_is_a_divergence_of_kind_failed(bench) -> None:
    bench.systems.candidate.redeploy(version="3.1", defects=["unreliable"])
    bench.traffic(60, READS, rate=120)
    found = [each for each in bench.divergences() if SIGNS["unreliable"].fits(each)]
    assert found
    assert {each["kind"] for each in found} == {"failed"}


@pytest.mark.full
def test_mended_again(bench) -> None:
    bench.systems.candidate.redeploy(version="3.2")
    control.switch(bench.systems.candidate.root, [])
    bench.traffic(4)
    assert bench.divergences() == []
    code, _ = bench.strangler("gate", "reads")
    assert code == 3
