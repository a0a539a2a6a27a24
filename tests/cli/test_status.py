"""`strangler status`: what it shows, with and without a running `serve`."""

from __future__ import annotations

import pytest

from strangler.ledger.facts import Fact, put
from strangler.ledger.refereed import Refereed
from strangler.ledger.settled import NoiseFinding, StreamReport

from .conftest import Place, Strangler


def filled(place: Place, strangler: Strangler) -> None:
    strangler("cutover", "start", "reads")
    judged = place.judged()
    noise = NoiseFinding(
        "body $.generated_at", "changed", "twin", "", "2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"
    )
    header = NoiseFinding("header $['x-request']", "changed", "twin", "", "a", "b")
    place.write(
        *judged.equals(30),
        *(judged.equal(twinned=True, noise=(noise, header)) for _ in range(5)),
        judged.different(severity="money", drift={"EUR": "0.01"}),
        judged.failed("timeout"),
        reports=(
            StreamReport(
                plane="p1",
                boot=judged.boot,
                pid=77,
                at_ns=place.now_ns,
                generation=1,
                sent=40,
                dropped={"queue-full": 3},
                served={"invoice": (30, 10, 0)},
                refused={"client": 2},
            ),
        ),
    )


def test_an_empty_ledger(place: Place, strangler: Strangler) -> None:
    ran = strangler("status")
    assert ran.code == 0
    assert ran.out.startswith("reads: legacy\n")
    assert "next: start it" in ran.out
    assert "strangler cutover start reads" in ran.out
    assert "nothing carries traffic" in ran.out


def test_no_ledger_is_exit_3_and_makes_none(place: Place, strangler: Strangler) -> None:
    (place.folder / "strangler.db").unlink()
    ran = strangler("status")
    assert (ran.code, "`strangler serve` makes it" in ran.err) == (3, True)
    assert not (place.folder / "strangler.db").exists()


def test_a_file_without_cutovers(place: Place, strangler: Strangler) -> None:
    text = place.file.read_text()
    place.file.write_text(text[: text.index("cutovers:")])
    assert "no cutovers in the file" in strangler("status").out


def test_what_a_person_sees(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    out = strangler("status").out
    assert "reads: shadow" in out
    row = next(line.split() for line in out.splitlines() if line.split()[:1] == ["invoice"])
    assert row[1:4] == ["37", "0", "2"]
    assert "25 %" in out
    assert "gate: blocked" in out
    assert "strangler divergences list --cutover reads --epoch current" in out
    assert "1 plane, routing table 1: all have it in force" in out
    assert "captured 40 = 37 recorded + 3 dropped + 0 shed + 0 lost + 0 under way" in out
    assert "queue-full 3" in out


def test_proposed_rules_are_ready_to_paste(place: Place, strangler: Strangler) -> None:
    from ruamel.yaml import YAML

    filled(place, strangler)
    out = strangler("status").out
    assert "differed from itself 5 times" in out
    lines = out.splitlines()
    start = next(index for index, line in enumerate(lines) if line.strip() == "rules:")
    block = [line for line in lines[start : start + 4] if line.startswith("    ")]
    pasted = YAML(typ="safe").load("\n".join(block))
    assert pasted["rules"][0]["reason"].startswith("differs from itself")
    assert "strangler rules suggest " in out


def test_json(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    found = strangler("status", "--json").json
    (cutover,) = found["cutovers"]
    assert (cutover["name"], cutover["phase"], cutover["weight"], cutover["compared"]) == (
        "reads",
        "shadow",
        "0 %",
        37,
    )
    assert (cutover["different"], cutover["open_divergences"]) == (2, 2)
    assert cutover["gate"]["status"] == "blocked"
    routes = {route["name"]: route for route in cutover["routes"]}
    assert routes["invoice"]["served"] == {"legacy": 30, "candidate": 10, "fallback": 0}
    assert routes["invoice"]["actual_basis_points"] == 2500
    assert routes["invoices"]["actual_basis_points"] is None
    counts = found["accounting"]
    assert counts["sent"] == sum(
        counts[name] for name in ("recorded", "dropped", "shed", "gaps", "outstanding")
    )
    assert found["losses"] == {"queue-full": 3}
    assert {(each["kind"], each["location"]) for each in found["proposals"]} == {
        ("instant", "$.generated_at"),
        ("ignore", "header:x-request"),
    }
    assert found["planes"][0]["refused"] == 2


def test_one_cutover(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    assert strangler("cutover", "status", "reads", "--json").json["cutovers"][0]["name"] == "reads"
    assert strangler("cutover", "status", "other").code == 2


def test_looking_is_no_attempt(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    strangler("status")
    assert strangler("status", "--json").json["cutovers"][0]["attempt"] == 0


def test_the_command_names_the_file_where_it_is_another(place: Place, strangler: Strangler) -> None:
    place.file.rename(place.folder / "my file.yaml")
    assert (
        "strangler --config 'my file.yaml' cutover start reads"
        in strangler("--config", "my file.yaml", "status").out
    )


def test_a_file_that_serve_does_not_take_up(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    ledger = place.ledger()
    with ledger.begin() as connection:
        put(
            connection,
            Fact("config", "control", "strangler.yaml:9: unknown key `x`", "earlier", place.now_ns),
        )
    ledger.close()
    assert (
        "goes on with an earlier strangler.yaml: strangler.yaml:9: unknown key `x`" in strangler("status").out
    )
    assert strangler("status", "--json").json["file_problem"].startswith("strangler.yaml:9")


def test_where_the_referee_disagrees_it_is_an_alarm_about_us(place: Place, strangler: Strangler) -> None:
    filled(place, strangler)
    assert "alarm" not in strangler("status").out
    assert strangler("status", "--json").json["referee"]["disagreed"] == 0
    said = "DeepDiff finds a difference in bodies that were called equal"
    ledger = place.ledger()
    with ledger.begin() as connection:
        put(connection, Refereed(90, 1).fact("a/worker/1", place.now_ns))
        later = Refereed(10, 0, 2, "invoice", said, place.now_ns - 60_000_000_000)
        put(connection, later.fact("a/worker/2", place.now_ns))
    ledger.close()
    text = "of 100 comparisons that DeepDiff judged too, it disagreed with 2, the latest on route `invoice` 60 s ago"
    assert f"alarm about strangler itself: {text}: {said}" in strangler("status").out
    assert strangler("status", "--json").json["referee"] == {
        "judged": 100,
        "passed_over": 1,
        "disagreed": 2,
        "acknowledged": 0,
        "route": "invoice",
        "said": said,
        "at": "2027-01-15T07:59:00Z",
    }
    checked = strangler("check").out
    assert text in checked
    assert "no verdict rests on it" in checked
    assert strangler("referee", "show").out.startswith("alarm about strangler itself")


def test_an_alarm_about_us_is_acknowledged_with_a_reason_and_a_further_one_is_one_again(
    place: Place, strangler: Strangler
) -> None:
    filled(place, strangler)
    assert strangler("referee", "acknowledge", "--reason", "r").code == 2
    said = Refereed(10, 0, 2, "invoice", "said", place.now_ns - 60_000_000_000)
    ledger = place.ledger()
    with ledger.begin() as connection:
        put(connection, said.fact("a/worker/2", place.now_ns))
    assert strangler("referee", "acknowledge").code == 2
    assert strangler("referee", "acknowledge", "--reason", " ").code == 2
    ran = strangler("referee", "acknowledge", "--reason", "reported as 17", "--actor", "ann")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "disagreed: 2, acknowledged: 2")
    assert strangler("referee", "show").out == ran.out
    assert "alarm about strangler" not in strangler("status").out + strangler("check").out
    found = strangler("status", "--json").json["referee"]
    assert (found["disagreed"], found["acknowledged"]) == (2, 2)
    (entry,) = strangler("audit", "list", "--subject", "referee", "--json").json["entries"]
    assert (entry["action"], entry["actor"], entry["reason"]) == (
        "referee.acknowledged",
        "ann",
        "reported as 17",
    )
    with ledger.begin() as connection:
        put(connection, Refereed(3, 0, 1, "invoices", "more", place.now_ns).fact("a/worker/3", place.now_ns))
    ledger.close()
    assert (
        "disagreed with 3 (2 of them acknowledged), the latest on route `invoices`" in strangler("status").out
    )
    assert "strangler referee acknowledge" in strangler("check").out


def test_watching_goes_on_until_it_is_interrupted(
    place: Place, strangler: Strangler, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps = iter((None, None, KeyboardInterrupt()))

    def sleep(_: float) -> None:
        nap = next(naps)
        if nap is not None:
            raise nap

    monkeypatch.setattr("strangler_cli.commands.status.time.sleep", sleep)
    ran = strangler("status", "--watch")
    assert (ran.code, ran.out.count("reads: legacy")) == (130, 3)
