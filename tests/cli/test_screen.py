"""What a terminal gets, what a pipe gets, and what neither ever gets."""

from __future__ import annotations

import io
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strangler.views.words import ago, counted, iso, money, percent
from strangler_cli.screen import Column, Screen, visible

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")
    return Terminal()


def draw(out: io.StringIO) -> str:
    screen = Screen(out)
    screen.heading("Head")
    screen.line("[red]not markup[/red] \x1b[2J", "bad")
    screen.table(
        [Column("name"), Column("n", right=True), Column("why", wrap=True)],
        [["a", "1", ("word " * 20, "warn")]],
    )
    return out.getvalue()


def test_a_terminal_gets_colour_and_folded_cells(terminal: Terminal) -> None:
    text = draw(terminal)
    assert COLOUR.search(text)
    assert "[red]not markup[/red] \\x1b[2J" in COLOUR.sub("", text)
    assert "\x1b[2J" not in text
    assert all(len(line) <= 60 for line in COLOUR.sub("", text).splitlines())


def test_no_color_is_kept(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    codes = {code for found in COLOUR.findall(draw(terminal)) for code in found[2:-1].split(";")}
    assert not any(code.startswith(("3", "4")) and code != "3" for code in codes)


def test_a_pipe_gets_plain_aligned_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    out = io.StringIO()
    screen = Screen(out)
    screen.table(
        [Column("name"), Column("n", right=True)], [["a", "1,000"], [("bb\nb", "bad"), "2"]], indent=2
    )
    assert out.getvalue() == "  name      n\n  a     1,000\n  bb b      2\n"
    screen.table([Column("x")], [])
    assert out.getvalue().count("\n") == 3


def test_an_encoding_that_cannot_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Screen(out).line("ä → 5 €")
    out.flush()
    assert raw.getvalue() == b"\\xe4 \\u2192 5 \\u20ac\n"
    out.detach()


@given(st.text())
def test_nothing_that_drives_a_terminal_comes_through(text: str) -> None:
    shown = visible(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", shown)
    shown.encode("utf-8")
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("0.01", "EUR", "+0.01 EUR"),
        ("-1200", "JPY", "-1,200 JPY"),
        ("3", "EUR", "+3.00 EUR"),
        ("1234567.5", "KWD", "+1,234,567.500 KWD"),
        ("0.0050", "EUR", "+0.005 EUR"),
        ("1E+3", "EUR", "+1,000.00 EUR"),
        ("0.5", "JPY", "+0.5 JPY"),
        ("-0.000", "EUR", "-0.00 EUR"),
        ("7", "", "+7.00"),
    ],
)
def test_money_has_its_currencys_digits_and_loses_none(amount: str, currency: str, text: str) -> None:
    assert money(Decimal(amount), currency) == text


def test_shares_times_and_counts() -> None:
    assert [percent(n) for n in (0, 1, 10, 50, 100, 1250, 10_000)] == [
        "0 %",
        "0.01 %",
        "0.1 %",
        "0.5 %",
        "1 %",
        "12.5 %",
        "100 %",
    ]
    second = 1_000_000_000
    now = 1_000_000 * second
    spans = (0, 1, 30, 119, 120, 7_200, 200_000)
    assert [ago(now - span * second, now) for span in spans] == [
        "just now",
        "just now",
        "30 s ago",
        "119 s ago",
        "2 min ago",
        "2 h ago",
        "2 days ago",
    ]
    assert ago(0, now) == "never"
    assert (iso(0), iso(now)) == (None, "1970-01-12T13:46:40Z")
    assert (counted(1, "route"), counted(2000, "route")) == ("1 route", "2,000 routes")
