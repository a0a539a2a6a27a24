"""Every rule by its own examples, by eugene's, and on a billing system's history of migrations."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from strangler_cli.main import run
from strangler_migrations.lint import RULES, Rule, lint, squawk
from strangler_migrations.lint.sizes import sizes

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT.parent / "shared" / "corpus" / "sql"
EUGENE = CORPUS / "eugene" / "eugene" / "examples"
FOUND_BY = {
    "E1": "add-check",
    "E2": "set-not-null",
    "E3": "json-column",
    "E4": "work-under-lock",
    "E5": "change-type",
    "E6": "create-index",
    "E7": "add-unique",
    "E8": "add-exclusion",
    "E9": "lock-timeout",
    "E10": "several-locks",
    "E11": "rewriting-column",
    "E15": "foreign-key-index",
    "W12": "altered-twice",
    "W13": "enum",
    "W14": "nullable-key",
}
BESIDE = {
    "E4": {"not-null-without-default"},  # it fails where there are rows
    "E5": {"clients-lose"},  # it drops and renames a column that clients ask for
    "W13": {"foreign-key-index"},
    "W14": {"lock-timeout"},  # its last file waits for its lock without an end
}
"""What the good examples have in them besides what each is good at."""


def codes(*files: str) -> list[str]:
    return [each.rule for each in lint([(f"{n}.sql", text) for n, text in enumerate(files)])]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_bad_sql_and_not_its_good(rule: Rule) -> None:
    assert rule.code in codes(*rule.bad)
    assert rule.code not in codes(*rule.good)
    silenced = [re.sub(r"(?m)^(?=[A-Z])", f"-- strangler: ignore {rule.code}\n", text) for text in rule.bad]
    if ";" not in rule.bad[-1][:-1].replace("2s';", ""):
        assert rule.code not in codes(*silenced)


def test_the_page_is_what_the_rules_say() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import lint_page; print(lint_page.page(), end='')"],
        cwd=ROOT / "scripts",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (ROOT / "docs" / "lint.md").read_text(encoding="utf-8"), (
        "scripts/lint_page.py writes it anew"
    )


def parts(file: Path) -> list[str]:
    """An example's files, its own words of what to ignore put into ours."""

    def ours(said: re.Match[str]) -> str:
        return "-- strangler: ignore " + ", ".join(FOUND_BY[code] for code in re.findall(r"[EW]\d+", said[0]))

    text = re.sub(r"-- eugene: ignore .*", ours, file.read_text())
    return [part for part in re.split(r"(?m)^-- \d+\.sql\n", text) if part.strip()]


@pytest.mark.skipif(not EUGENE.is_dir(), reason="../shared/corpus is not there")
@pytest.mark.parametrize("code", FOUND_BY)
def test_eugenes_examples(code: str) -> None:
    assert FOUND_BY[code] in codes(*parts(EUGENE / code / "bad.sql"))
    good = EUGENE / code / "good.sql"
    if good.exists():
        assert set(codes(*parts(good))) == BESIDE.get(code, set())


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there")
def test_a_billing_systems_history_runs_through(capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((CORPUS / "killbill").rglob("*.sql"))
    assert len(files) > 50
    found = Counter(each.rule for file in files for each in lint([(file.name, file.read_text())]))
    with capsys.disabled():
        print("\n" + "\n".join(f"  {count:4} {rule}" for rule, count in found.most_common()))  # noqa: T201  the table is asked for
    assert found["create-index"] > 10
    assert found["unreadable"] < len(files)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";;",
        "-- nothing",
        "SELECT 1",
        "DO $$ BEGIN END $$",
        "ALTER TABLE ONLY a.b ADD x int",
        "REINDEX DATABASE d",
    ],
)
def test_what_holds_nothing_of_the_kind_does_not_stop_it(text: str) -> None:
    assert {"unreadable"}.isdisjoint(codes(text))


@pytest.mark.parametrize(
    "text",
    ["ALTER TABEL a", "CREATE TABLE t (a int) ENGINE=InnoDB;", "SELECT 'é", "SELECT 1;\x00 DROP TABLE t"],
)
def test_what_is_no_sql_is_one_finding(text: str) -> None:
    assert codes(text) == ["unreadable"]


def test_lines_are_counted_over_comments_and_letters_of_several_bytes() -> None:
    text = "-- Größe\nSELECT 'äöü';\n\n/* one\ntwo */ -- three\nALTER TABLE t ADD a int;\n"
    (found,) = lint([("x.sql", text)])
    assert (found.rule, found.line) == ("lock-timeout", 6)


def test_a_table_of_the_same_file_locks_nobody_out() -> None:
    assert codes("CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t ALTER a SET NOT NULL;") == []
    assert "create-index" in codes("CREATE TABLE t (a int);", "CREATE INDEX i ON t (a);")


def test_a_text_and_a_quoted_name_are_no_keywords() -> None:
    assert codes("""SELECT 'ALTER TABLE t ADD CHECK (true)', "DROP TABLE" FROM x; -- TRUNCATE x""") == []


def test_transactions_of_a_file_are_told_apart() -> None:
    one = "SET lock_timeout='1s'; BEGIN; ALTER TABLE a ADD x int; COMMIT; BEGIN; ALTER TABLE b ADD x int; COMMIT;"
    assert codes(one) == []


def test_squawk_says_what_we_do_not() -> None:
    assert [each.rule for each in squawk([("x.sql", "BEGIN;\nDROP DATABASE a;\n")])] == [
        "squawk/ban-uncommitted-transaction",
        "squawk/ban-drop-database",
    ]


@pytest.mark.postgres
def test_what_a_table_holds_weighs(postgres: Any) -> None:
    url = postgres.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE large (a int)")
        connection.execute("INSERT INTO large SELECT i FROM generate_series(1, 40000) AS i")
        connection.execute("CREATE TABLE small (a int)")
        connection.execute("ANALYZE")
    text = "SET lock_timeout = '1s'; ALTER TABLE {} ALTER a SET NOT NULL;"
    held = sizes(url)
    (large,) = lint([("x.sql", text.format("large"))], held)
    assert large.level == "error"
    assert "40,000 rows, 1.4 MB read" in large.what
    (small,) = lint([("x.sql", text.format("small"))], held)
    assert small.level == "note"


def test_the_command_and_its_formats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.sql").write_text("CREATE INDEX i ON t (a);\n")
    Path("good.sql").write_text("CREATE INDEX CONCURRENTLY i ON t (a);\n")
    assert run(["migrate", "lint", "good.sql"]) == 0
    assert "nothing found" in capsys.readouterr().out
    assert run(["migrate", "lint", "bad.sql"]) == 1
    assert "bad.sql:1: error:" in capsys.readouterr().out
    assert run(["migrate", "lint", "bad.sql", "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=bad.sql,line=1,title=create-index::")
    assert run(["migrate", "lint", "bad.sql", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["rule"] == "create-index"
    assert run(["migrate", "lint", "bad.sql", "--format", "sarif"]) == 1
    from sarif_pydantic import Sarif

    log = Sarif.model_validate(json.loads(capsys.readouterr().out))
    assert log.runs[0].results is not None
    assert [each.rule_id for each in log.runs[0].results] == ["create-index"]
    assert run(["migrate", "lint", "nowhere.sql"]) == 2
    assert run(["migrate", "lint", "bad.sql", "--database", "postgresql://x@127.0.0.1:1/none"]) == 1
