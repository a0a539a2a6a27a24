"""The result of `compare` as Markdown: for a pull request, a ticket, a page of a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from strangler.views.words import counted
from strangler_cli.formats import tally as tallied
from strangler_cli.formats.learned import rule_lines
from strangler_cli.formats.outcome import place_of, side_text, why
from strangler_cli.screen import visible

if TYPE_CHECKING:
    from strangler.comparison.model import Outcome
    from strangler_cli.pairing.tally import Example, Tally


def of_outcome(outcome: Outcome, left: str, right: str) -> str:
    """One pair: the verdict and a table of what differs."""
    if outcome.verdict == "failed":
        return f"**cannot be compared**: {plain(outcome.failure_detail or str(outcome.failure))}"
    places = len(outcome.differences) + outcome.unlisted
    lines = [f"**{outcome.verdict}**" + (f" in {counted(places, 'place')}" if places else "")]
    rows = [
        (_code(place_of(each)), _code(side_text(each, "extra")), _code(side_text(each, "missing")), why(each))
        for each in outcome.differences
    ]
    lines += _table(("where", left, right, "why"), rows)
    if outcome.unlisted:
        lines += ["", f"and {outcome.unlisted:,} more"]
    if outcome.silenced:
        lines += ["", f"{counted(sum(outcome.silenced.values()), 'difference')} let pass by rules"]
    return "\n".join(lines)


def of_tally(tally: Tally) -> str:
    """Many pairs: what they came to, a table of divergences, and what was learned as rules."""
    groups = tally.ranked()
    rows = [
        (
            f"{group.pairs:,}",
            group.mark.route,
            _code(tallied.place(group)),
            tallied.why(group),
            _example(group.examples[0]),
        )
        for group in groups
    ]
    lines = [f"**{tallied.headline(tally)}**", *_table(("pairs", "route", "where", "why", "example"), rows)]
    rules = [visible(line) for group in groups for claim in group.claims for line in rule_lines(claim)]
    if rules:
        lines += ["", "Learned over many pairs; as a rule:", "", *(f"    {line}" for line in rules)]
    lines += [f"\n{plain(line)}" for line in tallied.asides(tally)]
    return "\n".join(lines)


def _example(example: Example) -> str:
    return f"{plain(example.pair)}: {_code(example.legacy)} against {_code(example.candidate)}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield _line(plain(title) for title in head)
    yield _line("---" for _ in head)
    for row in rows:
        yield _line(cell if cell.startswith("`") or "`" in cell else plain(cell) for cell in row)


def _line(cells: Iterator[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def plain(text: str) -> str:
    """Text that Markdown takes for nothing but text."""
    flat = visible(text).replace("\n", " ").replace("\t", " ")
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in flat)


def _code(text: str) -> str:
    """Text as code. A table's cell ends at a bar even there, and a backtick would end the code."""
    flat = visible(text).replace("\n", " ").replace("\t", " ").replace("|", "\\|")
    fence = "``" if "`" in flat else "`"
    pad = " " if fence == "``" or flat.startswith(" ") else ""
    return f"{fence}{pad}{flat or ' '}{pad}{fence}"
