"""A migration's file: pgroll's format is read as it is; what is wrong is said with its line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from strangler.errors import ConfigError, UsageError
from strangler_migrations.migration import files, load, parse
from strangler_migrations.operations.add_column import AddColumn
from strangler_migrations.schema import json_schema

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "pgroll-examples"


def said(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text, Path("x.yaml"))
    return str(caught.value)


@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is absent")
def test_all_of_the_examples_parse_in_the_order_of_their_names() -> None:
    loaded = [load(file) for file in files([CORPUS])]
    assert len(loaded) == 40
    assert [each.name for each in loaded] == sorted(file.stem for file in CORPUS.glob("*.yaml"))
    kinds = {type(operation).KIND for each in loaded for operation in each.operations}
    assert kinds == {
        *("add_column", "alter_column", "create_index", "create_table", "drop_column", "drop_constraint"),
        *("drop_index", "drop_table", "rename_column", "rename_constraint", "rename_table"),
        *("set_replica_identity", "sql"),
    }


@pytest.mark.skipif(not CORPUS.exists(), reason="../shared/corpus is absent")
def test_the_schema_takes_the_examples() -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    for file in files([CORPUS]):
        validator.validate(YAML(typ="safe").load(file))


@pytest.mark.parametrize(
    "text",
    [
        "operations: []",
        "operations: [{frobnicate: {}}]",
        "operations: [{sql: {up: x}, drop_table: {name: x}}]",
        "operations: [{drop_table: null}]",
        "operations: [{add_column: {table: x, column: {name: y, type: int, colour: red}}}]",
    ],
)
def test_the_schema_and_the_reader_refuse_the_same(text: str) -> None:
    assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors(YAML(typ="safe").load(text)))
    said(text)


def test_json_is_read_as_well() -> None:
    body = {
        "operations": [{"add_column": {"table": "t", "column": {"name": "c", "type": "int"}, "up": "1;"}}]
    }
    loaded = parse(json.dumps(body), Path("07_c.json"))
    (operation,) = loaded.operations
    assert isinstance(operation, AddColumn)
    assert (loaded.name, loaded.version, operation.up) == ("07_c", "07_c", "1")


def test_the_name_may_stand_in_the_file_and_a_version_may_have_its_own() -> None:
    loaded = parse("name: n\nversion_schema: v2\noperations: [{sql: {up: SELECT 1}}]", Path("01_x.yaml"))
    assert (loaded.name, loaded.version, loaded.where(0)) == ("n", "v2", "01_x.yaml:3")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "operations:\n  - add_colum: {table: x}\n",
            "x.yaml:2: operations[0].add_colum: unknown key `add_colum`",
        ),
        ("operations:\n  - add_colum: {table: x}\n", "did you mean `add_column`?"),
        ("operations:\n  - drop_column:\n      tabel: x\n      column: y\n", "did you mean `table`?"),
        ("operations:\n  - drop_table:\n", "`drop_table` has nothing under it"),
        ("operations:\n  - sql: {up: ' ; '}\n", "x.yaml:2: operations[0].sql.up: an expression is empty"),
        ("operations:\n  - {}\n", "an operation has one key, this has none"),
        ("- x", "the file holds no mapping"),
        (f"operations: [{{drop_index: {{name: {'é' * 32}}}}}]", "at most 63 bytes, this has 64"),
        ("operations: [{drop_table: {name: _strangler_new_x}}]", "strangler's own"),
        ("operations: [{alter_column: {table: t, column: c, up: c}}]", "nothing is to change"),
        ("operations: [{create_index: {name: x, table: y, columns: {a: {sort: DESK}}}}]", "columns[0].sort"),
        (
            "operations: [{create_constraint: {name: x, table: y, type: check, columns: [a]}}]",
            "type check needs `check`",
        ),
        (
            "operations: [{set_replica_identity: {table: x, identity: {type: index}}}]",
            "`index` names the index",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, words: str) -> None:
    assert words in said(text)


def test_a_folder_gives_its_files_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no migration"):
        list(files([tmp_path]))
    for name in ("10_b.yaml", "02_a.json", "README.md"):
        (tmp_path / name).write_text("operations: [{sql: {up: SELECT 1}}]")
    assert [file.name for file in files([tmp_path])] == ["02_a.json", "10_b.yaml"]
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.yaml")
