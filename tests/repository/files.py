"""What is in the repository: the files git tracks or would track."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def listed() -> list[Path]:
    """Every file that is not ignored, relative to the root."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = done.stdout.decode().split("\0")
    return [Path(name) for name in names if name and (ROOT / name).is_file()]


def text_of(file: Path) -> str | None:
    """The file as text, or None when it is not UTF-8."""
    try:
        return (ROOT / file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def offences(pattern: str, files: list[Path]) -> list[str]:
    """`file:line: text` for each line in which the pattern is found."""
    import re

    found = []
    for file in files:
        for number, line in enumerate((text_of(file) or "").splitlines(), start=1):
            if re.search(pattern, line, re.IGNORECASE):
                found.append(f"{file}:{number}: {line.strip()[:120]}")
    return found
