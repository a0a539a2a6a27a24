"""The JSON Schema: current in the repository, complete, and of one mind with the model."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from strangler.config import parse
from strangler.config.document import plain, read
from strangler.config.schema import json_schema, keys_at
from strangler.errors import ConfigError

from .samples import SMALL, WHOLE
from .test_refusals import CASES

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "docs" / "strangler.schema.json"


def as_json(text: str) -> Any:
    return json.loads(json.dumps(plain(read(text, "x")), default=str))


def test_the_file_in_docs_is_current() -> None:
    wanted = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert FILE.read_text(encoding="utf-8") == wanted, (
        "write it with `strangler schema > docs/strangler.schema.json`"
    )


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("text", [WHOLE, SMALL], ids=["whole", "small"])
def test_it_takes_what_the_model_takes(text: str) -> None:
    jsonschema.Draft202012Validator(json_schema()).validate(as_json(text))


@pytest.mark.parametrize(
    "added",
    [
        case[0]
        for case in CASES
        if any(word in case[0] for word in ("routse", "ressson", "freshness: 10}", "Bad Name"))
    ],
)
def test_it_refuses_misspelt_keys_and_wrong_shapes_too(added: str) -> None:
    with pytest.raises(ConfigError):
        parse(SMALL + added, Path("x"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(json_schema()).validate(as_json(SMALL + added))


def test_every_key_says_what_it_is() -> None:
    silent = [
        f"{name}.{key}"
        for name, part in {"": json_schema(), **json_schema()["$defs"]}.items()
        for key, value in part.get("properties", {}).items()
        if not value.get("description")
    ]
    assert silent == []


def test_keys_at_follows_maps_lists_and_branches() -> None:
    assert "routes" in keys_at(())
    assert "deadline" in keys_at(("routes", "anything"))
    assert {"method", "path"} <= keys_at(("routes", "x", "match"))
    assert {"lag", "within", "back"} == keys_at(("cutovers", "x", "state", "synced"))
    assert "tolerance" in keys_at(("routes", "x", "rules", 0))
    assert keys_at(("nowhere", "at", "all")) == set()
