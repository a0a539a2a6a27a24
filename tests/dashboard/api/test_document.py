"""The OpenAPI document: committed as it is generated, valid, true, with examples."""

from __future__ import annotations

import json
import re
from typing import Any

from click.testing import CliRunner
from jsonschema import Draft202012Validator
from tests.cli.schemas import ROOT, published

from strangler_cli.main import cli
from strangler_dashboard.acting.table import HOLDS
from strangler_dashboard.api.document import described, document
from strangler_dashboard.api.served import BASE
from strangler_dashboard.app import addresses

from .conftest import Sampled
from .test_reads import validator

WITHOUT = {"getMigration"}
"""The sample has no database that is migrated."""
OPENAPI = "https://raw.githubusercontent.com/OAI/OpenAPI-Specification/main/schemas/v3.1/schema.json"


def test_the_committed_document_is_the_generated_one() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_bytes()
    assert committed == document(), (
        "`strangler dashboard --openapi > docs/openapi.json` writes it anew; "
        "scripts/api_examples.py its examples too"
    )


def test_the_command_prints_it_without_a_configuration(tmp_path: Any) -> None:
    ran = CliRunner().invoke(cli, ["--config", str(tmp_path / "none.yaml"), "dashboard", "--openapi"])
    assert (ran.exit_code, ran.stdout_bytes) == (0, document())


def test_the_server_answers_with_it(sampled: Sampled) -> None:
    answer = sampled.get("/openapi.json")
    assert (answer.status, answer.body) == (200, document())
    assert sampled.get("/openapi.json", if_none_match=answer.headers["etag"]).status == 304


def test_it_is_openapi_3_1() -> None:
    schema = published(OPENAPI)
    assert "3.1" in schema["description"]
    Draft202012Validator(schema).validate(described())
    for part in described()["components"]["schemas"].values():
        Draft202012Validator.check_schema(part)


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    told = described()
    text = json.dumps(told)
    named = set(re.findall(r'"#/components/(\w+/\w+)"', text))
    known = {f"{kind}/{name}" for kind, parts in told["components"].items() for name in parts}
    assert named == known - {"securitySchemes/bearer"}


def test_every_operation_has_a_name_of_its_own_an_example_and_words() -> None:
    told = described()
    operations = [each for path in told["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    for each in operations:
        assert each["summary"]
        for content in each.get("requestBody", {}).get("content", {}).values():
            validator(content["schema"]["$ref"]).validate(content["example"])
        for status, answer in each["responses"].items():
            if status == "200":
                (content,) = answer["content"].values()
                if each["operationId"] not in WITHOUT:
                    validator(content["schema"]["$ref"]).validate(content["example"])
        for parameter in each["parameters"]:
            if "$ref" not in parameter:
                assert parameter["description"], (each["operationId"], parameter["name"])
                if "example" in parameter:
                    Draft202012Validator(parameter["schema"]).validate(parameter["example"])


def test_a_hold_lasts_as_long_as_on_the_pages() -> None:
    said = described()["components"]["schemas"]["WhyHeld"]["properties"]["lasts"]
    assert set(said["enum"]) == set(HOLDS)


def test_what_is_described_is_what_is_served(sampled: Sampled) -> None:
    served = {
        (each.path.removeprefix(BASE), method.lower())
        for each in addresses(sampled.room, None)
        if each.path.startswith("/api/")
        for method in each.methods
    }
    told = {(path, method) for path, each in described()["paths"].items() for method in each}
    assert served - {("/openapi.json", "get")} == told
