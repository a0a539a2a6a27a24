"""Nothing in the repository belongs to one machine or names a package registry."""

import re
from pathlib import Path

import pytest

from .files import ROOT, listed, offences

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = "|".join(
    re.escape(".".join(parts))
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("proxy", "golang", "org"),
        ("deb", "debian", "org"),
        ("crates", "io"),
    )
)
# The stroke before what must not stand before it: what begins with a character is looked for ten times as fast.
MACHINE_PATHS = r"/(?<![\w.~}]/)(?:work|root|home/\w+|Users/\w+|tmp/setup)/"


def everywhere() -> list[Path]:
    return [file for file in listed() if file != Path("LICENSE")]


def test_no_registry_host_is_named() -> None:
    assert offences(REGISTRIES, everywhere()) == []


def test_no_path_of_a_machine_is_named() -> None:
    assert offences(MACHINE_PATHS, everywhere()) == []


@pytest.mark.parametrize("name", ["lock.txt", "uv.txt", "pip.txt"])
def test_locks_name_no_place_to_fetch_from(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert (
        re.findall(r"https?://|file:|--(?:extra-)?index-url|--find-links|^[^#\n]* @ ", text, re.MULTILINE)
        == []
    )


@pytest.mark.parametrize("name", ["lock.txt", "uv.txt", "pip.txt"])
def test_every_locked_package_has_an_exact_version_and_hashes(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    logical = re.sub(r"\\\n\s*", "", text)
    requirements = [line for line in logical.splitlines() if line and not line.lstrip().startswith("#")]
    assert requirements
    for line in requirements:
        assert re.match(r"[\w.-]+==[\w.]+(?: ; [^#]+?)?\s*(?:--hash=sha256:[0-9a-f]{64}\s*)+$", line), line


def test_the_patterns_find_what_they_look_for() -> None:
    assert re.search(REGISTRIES, "https://" + "pypi" + ".org/simple")
    assert re.search(MACHINE_PATHS, "see " + "/wor" + "k/main")
    assert re.search(MACHINE_PATHS, '"' + "/ho" + 'me/anna/x"')
    assert not re.search(MACHINE_PATHS, "docs/work/x and ${HOME}/work/")
