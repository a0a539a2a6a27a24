"""Writes docs/lint.md from the rules of `strangler migrate lint`: what each is about, with its bad and good SQL.

    .venv/bin/python scripts/lint_page.py

A test holds the page: it is to be written anew when a rule changes.
"""

from __future__ import annotations

from pathlib import Path

from strangler_migrations.lint import RULES, Rule

PAGE = Path(__file__).resolve().parent.parent / "docs" / "lint.md"
HEAD = """\
# Rules of `strangler migrate lint`

Written by `scripts/lint_page.py` from the rules' own examples, which are their tests too. An example of several blocks
is several files, each a migration of its own. A table made in the same file locks nobody out, and is passed over.
`-- strangler: ignore RULE` before a statement lets it pass. With `--database` a finding says what the table holds, and
is a note where that is less than a megabyte. What squawk sees beyond these is reported as `squawk/NAME`; a file that
PostgreSQL's grammar does not read, as `unreadable`.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(section(rule) for rule in RULES)


def section(rule: Rule) -> str:
    """One rule."""
    bad = "\n".join(f"```sql\n{text}\n```" for text in rule.bad)
    good = "\n".join(f"```sql\n{text}\n```" for text in rule.good)
    return (
        f"\n## {rule.code}\n\n{rule.title} ({rule.level}). {rule.why}\n\nInstead: {rule.remedy}.\n\n"
        f"Found in:\n\n{bad}\n\nNot in:\n\n{good}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
