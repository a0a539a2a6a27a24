"""The page that `make full` writes."""

from datetime import UTC, datetime
from pathlib import Path

from .test_setup import load

full_run = load("full_run")

REPORT = """<testsuites><testsuite>
<testcase classname="tests.system.test_kill" name="test_worker" time="12.3456">
<properties><property name="took" value="7 ms"/></properties></testcase>
<testcase classname="tests.system.test_soak" name="test_hour" time="3">
<failure message="lost 1">trace</failure></testcase>
<testcase classname="tests.system.test_tryton" name="test_reads" time="0.1">
<skipped message="no server | here"/></testcase>
</testsuite></testsuites>"""


def test_every_case_is_read_with_its_result(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    found = full_run.cases(report)
    assert [(case.result, case.millis) for case in found] == [
        ("passed", 12345),
        ("failed", 3000),
        ("skipped", 100),
    ]


def test_the_page_counts_and_names_what_was_skipped(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    page = full_run.page(full_run.cases(report), "abc1234", datetime(2030, 1, 2, 3, 4, tzinfo=UTC))
    assert "- result: **1 failed, 1 passed, 1 skipped**" in page
    assert "| `tests.system.test_kill::test_worker` | passed: 7 ms | 12.3 |" in page
    assert "skipped: no server / here" in page
    assert "2030-01-02 03:04 UTC" in page


def test_a_run_of_nothing_says_so() -> None:
    assert "no test is marked full" in full_run.page([], "abc1234", datetime(2030, 1, 2, tzinfo=UTC))
