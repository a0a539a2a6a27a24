"""What a pipeline includes, run as its runner runs it: the same shell, the same variables, the same exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from ruamel.yaml import YAML

from .conftest import Place, Strangler

CI = Path(__file__).parents[2] / "ci"
ACTION: dict[str, Any] = YAML(typ="safe").load((CI / "github" / "action.yml").read_text(encoding="utf-8"))
TEMPLATE: dict[str, Any] = YAML(typ="safe").load((CI / "gitlab" / "gate.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "document"), [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", TEMPLATE)]
)
def test_the_files_are_what_their_schemas_say(name: str, document: dict[str, Any]) -> None:
    from check_jsonschema.builtin_schemas import get_builtin_schema

    schema = get_builtin_schema(name)
    jsonschema.validators.validator_for(schema)(schema).validate(document)


def run(
    shell: list[str], script: str, folder: Path, more: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    variables = {"PATH": path, "HOME": str(folder), **more}
    return subprocess.run(
        [*shell, script], cwd=folder, env=variables, capture_output=True, text=True, check=False, timeout=100
    )


def action(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The composite action's step, as the runner does: expressions filled in, `bash -e -o pipefail`."""
    (step,) = ACTION["runs"]["steps"]
    given = {name: inputs.get(name, value.get("default", "")) for name, value in ACTION["inputs"].items()}
    filled = {
        name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for name, value in step["env"].items()
    }
    assert step["shell"] == "bash"
    more = {**filled, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    return run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c"], step["run"], folder, more)


def template(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The template's script, as a runner joins it: line after line, ended by the first that fails."""
    job = TEMPLATE[".strangler-gate"]
    return run(["sh", "-e", "-c"], "\n".join(job["script"]), folder, {**job["variables"], **variables})


@pytest.fixture
def blocked(place: Place, strangler: Strangler) -> Place:
    """A cutover with one mismatch."""
    strangler("cutover", "start", "reads")
    place.write(place.judged().different())
    return place


def test_the_action_stops_the_job_and_says_why(blocked: Place) -> None:
    ran = action(blocked.folder, cutover="reads", sarif="gate.sarif")
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("::error file=strangler.yaml,line=")
    assert "reads: blocked" in (blocked.folder / "summary.md").read_text(encoding="utf-8")
    log = json.loads((blocked.folder / "gate.sarif").read_text(encoding="utf-8"))
    assert log["runs"][0]["invocations"][0]["exitCode"] == 1


def test_the_action_ends_with_every_code_of_the_gate(place: Place) -> None:
    assert action(place.folder, cutover="reads", wait="1s").returncode == 3
    assert action(place.folder, cutover="no such; exit 0").returncode == 2
    assert action(place.folder, cutover="reads", config="none.yaml").returncode == 2


def test_the_template_stops_the_job_and_leaves_both_reports(blocked: Place) -> None:
    ran = template(blocked.folder, STRANGLER_CUTOVER="reads")
    assert ran.returncode == 1, ran.stderr
    reports = TEMPLATE[".strangler-gate"]["artifacts"]["reports"]
    suite = ET.parse(blocked.folder / reports["junit"]).getroot()
    assert int(suite.attrib["failures"]) >= 1
    entries = json.loads((blocked.folder / reports["codequality"]).read_text(encoding="utf-8"))
    assert {entry["severity"] for entry in entries} >= {"blocker"}


@pytest.mark.full
def test_the_template_ends_with_every_code_of_the_gate(place: Place) -> None:
    assert template(place.folder, STRANGLER_CUTOVER="reads", STRANGLER_WAIT="1s").returncode == 3
    assert template(place.folder, STRANGLER_CUTOVER="; exit 0").returncode == 2
