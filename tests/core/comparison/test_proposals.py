"""Rules that what was seen speaks for: which, with which numbers, and never one that hides money."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from strangler.comparison.date_forms import formats
from strangler.comparison.overlap import lies_under, meets
from strangler.comparison.pair import compare
from strangler.comparison.paths import parse
from strangler.comparison.proposals import Proposal, Sighting, propose
from strangler.comparison.rules import Rules
from strangler.comparison.sightings import Sightings
from strangler.testing.samples import answer


def proposed(*pairs: tuple[Any, Any], own: bool = False, rules: Rules | None = None) -> list[Proposal]:
    seen = Sightings(own=own)
    for left, right in pairs:
        seen.take(compare(left, right, rules or Rules()))
    return list(propose(seen.seen(), rules or Rules(), fewest=1))


def rules_of(*pairs: tuple[Any, Any], **more: Any) -> list[dict[str, object]]:
    return [
        {name: value for name, value in each.rule.items() if name != "reason"}
        for each in proposed(*pairs, **more)
    ]


BETWEEN = {
    "order": ({"tags": ["a", "b", "c"]}, {"tags": ["c", "a", "b"]}, {"unordered": "$.tags"}),
    "scale": ({"rate": "7.0"}, {"rate": "7.00"}, {"decimal": "$.rate"}),
    "scale of an amount": ({"total": "10.0"}, {"total": "10.00"}, {"decimal": "$.total"}),
    "whitespace": ({"name": "A  B "}, {"name": "A B"}, {"text": "$.name", "whitespace": "collapse"}),
    "case": ({"state": "PAID"}, {"state": "paid"}, {"text": "$.state", "case": "fold"}),
    "unicode": (
        {"name": "Café"},
        {"name": "Cafe\N{COMBINING ACUTE ACCENT}"},
        {"text": "$.name", "unicode": "NFC"},
    ),
    "compatibility": (
        {"sku": "ö2"},
        {"sku": "ö\N{FULLWIDTH DIGIT TWO}"},
        {"text": "$.sku", "unicode": "NFKC"},
    ),
    "date format": (
        {"issued": "31.01.2026"},
        {"issued": "2026-01-31"},
        {"instant": "$.issued", "format": {"legacy": "%d.%m.%Y", "candidate": "iso"}},
    ),
    "time zone": (
        {"at": "2026-01-31T23:30:00Z"},
        {"at": "2026-02-01T00:30:00+01:00"},
        {"instant": "$.at"},
    ),
    "id": ({"id": 17}, {"id": "c0ffee00-0000-4000-8000-000000000017"}, {"identity": "$.id"}),
    "in a list": (
        {"lines": [{"note": "A"}, {"note": "B"}]},
        {"lines": [{"note": "a"}, {"note": "b"}]},
        {"text": "$.lines[*].note", "case": "fold"},
    ),
}


@pytest.mark.parametrize(("left", "right", "rule"), BETWEEN.values(), ids=BETWEEN)
def test_a_cause_says_its_rule_which_then_holds(left: Any, right: Any, rule: dict[str, object]) -> None:
    assert rules_of((left, right)) == [rule]
    assert compare(left, right, Rules.parse([rule])).verdict == "equal"


NOTHING = {
    "an amount": ({"total": "10.00"}, {"total": "10.01"}),
    "an amount in other letters": ({"note": "EUR 3.50"}, {"note": "eur 3.50"}),
    "a day": ({"issued": "2026-01-31"}, {"issued": "2026-02-01"}),
    "times in unnamed zones": ({"at": "2026-01-31T23:30:00"}, {"at": "2026-02-01T00:30:00"}),
    "a day or a month": ({"at": "04/04/2026"}, {"at": "2026-04-04"}),
    "a missing member": ({"a": 1}, {}),
    "another value": ({"state": "open"}, {"state": "paid"}),
    "amounts in another order": ({"totals": [1, 2, 3]}, {"totals": [3, 1, 2]}),
    "the status": (answer(b"", status=200), answer(b"", status=201)),
}


@pytest.mark.parametrize(("left", "right"), NOTHING.values(), ids=NOTHING)
def test_where_no_rule_is_obvious_none_is_proposed(left: Any, right: Any) -> None:
    assert proposed((left, right)) == []


def test_ids_that_do_not_map_one_to_one_are_not_identity() -> None:
    first = ({"id": 4}, {"id": 51})
    assert rules_of(first, ({"id": 5}, {"id": 62})) == [{"identity": "$.id"}]
    assert rules_of(first, ({"id": 4}, {"id": 62})) == []


def test_what_several_causes_say_of_a_place_is_one_rule() -> None:
    rule = {"text": "$.name", "case": "fold", "whitespace": "collapse"}
    (one,) = proposed(
        ({"name": "ADA L"}, {"name": "Ada L"}), ({"name": "ada l"}, {"name": "ada  l"}), ({}, {})
    )
    assert {name: one.rule[name] for name in rule} == rule
    assert one.rule["reason"] == (
        "the same but for upper and lower case, the same but for white space: 2 of 3 compared"
    )


def test_two_formats_of_one_place_are_not_made_one_rule() -> None:
    pairs = [({"at": "31.01.2026"}, {"at": "2026-01-31"})] * 2
    pairs.append(({"at": "2026-01-31T23:30:00Z"}, {"at": "2026-02-01T00:30:00+01:00"}))
    (one,) = proposed(*pairs)
    assert one.rule["format"] == {"legacy": "%d.%m.%Y", "candidate": "iso"}
    assert one.differed == 2


# noise ---------------------------------------------------------------------------------------------------------------


def sighting(place: str, differed: int, asked: int, *examples: tuple[str, str], **more: Any) -> Sighting:
    return Sighting(place, "changed", "unexplained", differed, asked, examples, own=True, **more)


def test_a_proposal_has_its_numbers() -> None:
    (one,) = propose([sighting("$.lines[*].token", 39, 40, ("a", "b"))])
    assert one.rule == {"ignore": "$.lines[*].token", "reason": "differs from itself: 39 of 40 asked twice"}
    assert (one.asked, one.differed, one.causes) == (40, 39, ("noise",))
    assert Rules.parse([one.rule])


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ("2026-01-01T10:00:02Z", "1m"),
        ("2026-01-01T10:00:20Z", "5m"),
        ("2026-01-01T10:05:00Z", "1h"),
        ("2026-01-02T10:00:00Z", None),
    ],
)
def test_a_clock_gets_a_tolerance(second: str, expected: str | None) -> None:
    (one,) = propose([sighting("$.generated_at", 10, 10, ("2026-01-01T10:00:00Z", second))])
    assert one.rule.get("tolerance") == expected
    assert ("instant" in one.rule) is (expected is not None)
    assert Rules.parse([one.rule])


def test_a_clock_that_one_example_shows_to_be_none_is_ignored() -> None:
    examples = ("2026-01-01T10:00:00Z", "2026-01-01T10:00:02Z"), ("2026-01-01T10:00:00Z", "soon")
    (one,) = propose([sighting("$.at", 10, 10, *examples)])
    assert one.kind == "ignore"


def test_nothing_is_proposed_for_the_rare_or_the_whole() -> None:
    assert propose([sighting("$.x", 2, 10)]) == ()
    assert len(propose([sighting("$.x", 2, 10)], fewest=2)) == 1
    assert propose([sighting("$", 9, 10), sighting("status", 9, 10)]) == ()


def test_a_list_whose_order_differs_by_itself_keeps_its_amounts_compared() -> None:
    left = {"currency": "EUR", "lines": [{"sku": "a", "amount": "1.00"}, {"sku": "b", "amount": "2.00"}]}
    right = {**left, "lines": left["lines"][::-1]}
    assert rules_of((left, right), own=True) == [{"unordered": "$.lines"}]


def test_noise_is_what_its_cause_says_where_that_holds_and_else_ignored() -> None:
    assert rules_of(({"x": "A"}, {"x": "a"}), own=True) == [{"text": "$.x", "case": "fold"}]
    assert rules_of(({"x": "A"}, {"x": "a"}), ({"x": "A"}, {"x": "b"}), own=True) == [{"ignore": "$.x"}]
    assert rules_of(({"a": {"id": 1}}, {"a": {"id": 2}}), own=True) == [
        {"pattern": "$.a.id", "matches": "[0-9]{1,2}"}
    ]


FORMS = {
    "a UUID": ("c0ffee00-0000-4000-8000-000000000017", "c0ffee00-0000-4000-8000-000000000018"),
    "a prefix": ("in_1GqIC8HYgolSBA35", "in_1MowQVLkdIwHu7ix"),
    "hexadecimal": ("0123456789abcdef", "fedcba9876543210"),
}


@pytest.mark.parametrize("pair", FORMS.values(), ids=FORMS)
def test_ids_that_differ_by_themselves_keep_their_form(pair: tuple[str, str]) -> None:
    first, second = ({"request": value} for value in pair)
    (one,) = proposed((first, second), own=True)
    assert one.kind == "pattern"
    rules = Rules.parse([one.rule])
    assert compare(first, second, rules).verdict == "equal"
    for other in (None, "", 17, "x", {"id": pair[0]}):
        assert compare(first, {"request": other}, rules).verdict == "different"


def test_one_example_of_many_tells_the_form_of_an_id_and_of_nothing_else() -> None:
    one = ("inv-2026-1-a7", "inv-2026-1-b8")
    assert [each.kind for each in propose([sighting("$.x", 9, 9, one)])] == ["ignore"]
    assert [each.kind for each in propose([sighting("$.x", 9, 9, one, one, one)])] == ["pattern"]
    for pair in FORMS.values():
        assert [each.kind for each in propose([sighting("$.x", 9, 9, pair)])] == ["pattern"]


def test_what_comes_and_goes_by_itself_says_so() -> None:
    (one,) = proposed(({"a": 1}, {}), ({"a": 1}, {"a": 1}), own=True)
    assert one.rule == {"ignore": "$.a", "reason": "comes and goes by itself: 1 of 2 asked twice"}


def test_what_changed_between_two_recordings_is_no_noise() -> None:
    gone: tuple[Any, Any] = ({"a": 1}, {})
    new: tuple[Any, Any] = ({}, {"a": 1})
    assert rules_of(gone, gone, gone, own=True) == [], "it is gone, and does not come and go"
    assert rules_of(gone, gone, gone, new, own=True) == [{"ignore": "$.a"}]
    names = [({"mail": "ann@example.org"}, {"mail": "bob@example.org"})] * 3
    assert rules_of(*names, own=True) == [], "the same change each time"
    other = ({"mail": "eve@example.org"}, {"mail": "carl@example.org"})
    assert rules_of(*names, other, own=True) == [{"ignore": "$.mail"}]
    nulls = [({"at": number}, {"at": None}) for number in range(3)]
    assert rules_of(*nulls, own=True) == [], "never the other way round"
    assert rules_of(*nulls, ({"at": None}, {"at": 3}), own=True) == [{"ignore": "$.at"}]


def test_one_comparison_counts_once_however_many_lines_show_it() -> None:
    lines = [{"token": f"t{n}x"} for n in range(5)]
    other = [{"token": f"u{n}y"} for n in range(5)]
    (one,) = proposed(({"lines": lines}, {"lines": other}), ({"lines": lines}, {"lines": lines}), own=True)
    assert (one.place, one.differed, one.asked) == ("$.lines[*].token", 1, 2)


def test_what_failed_was_not_compared() -> None:
    seen = Sightings()
    seen.take(compare(answer(b"{}", status=500), answer(b"{}")))
    seen.take(compare({"x": "A"}, {"x": "a"}))
    assert [(each.differed, each.asked) for each in seen.seen()] == [(1, 1)]


def test_headers() -> None:
    left = answer(b"{}", fields=(("Cache-Control", "max-age=1"),))
    right = answer(b"{}", fields=(("Cache-Control", "max-age=2"),))
    assert rules_of((left, right), own=True) == [
        {"pattern": "header:cache-control", "matches": "max-age=[0-9]{1,2}"}
    ]


# money ---------------------------------------------------------------------------------------------------------------

FIRST = {"currency": "EUR", "total": Decimal("1.00"), "lines": [{"sku": "a", "amount": Decimal("1.00")}]}
SECOND = {"currency": "EUR", "total": Decimal("2.00"), "lines": [{"sku": "b", "amount": Decimal("2.00")}]}


MONEY = {
    "an amount": ({"currency": "EUR", "total": 5}, {"currency": "EUR", "total": 7}),
    "a currency": ({"currency": None}, {"currency": "EUR"}),
    "a currency of its own": ({"default_currency": "EUR"}, {}),
    "no amount yet": ({"custom_unit_amount": None}, {}),
    "a number that its name calls an amount": ({"balance": 0}, {"balance": 5}),
    "an amount that is spelt out": ({"note": "pay 3.50"}, {"note": "pay 4.50"}),
    "a line with an amount": ({"line": {"currency": "EUR", "amount": "1.00"}}, {"line": None}),
    "a header that its name calls an amount": (
        answer(b"", fields=(("X-Total", "5"),)),
        answer(b"", fields=(("X-Total", "7"),)),
    ),
}


@pytest.mark.parametrize(("left", "right"), MONEY.values(), ids=MONEY)
def test_money_that_differs_by_itself_is_no_noise(left: Any, right: Any) -> None:
    assert proposed((left, right), own=True) == []


def test_an_id_where_money_may_stand_is_let_pass_by_its_form_alone() -> None:
    ids = ({"customer": "cus_JGw50A4rb1pj5F"}, {"customer": "cus_JI2LXBzoTW2gkQ"})
    whole = ({"customer": "cus_JGw50A4rb1pj5F"}, {"customer": {"currency": "EUR", "balance": "5.00"}})
    (one,) = proposed(ids, ids, whole, own=True)
    assert (one.kind, one.differed, one.asked) == ("pattern", 2, 3)
    assert compare(*whole, Rules.parse([one.rule])).verdict == "different"


def test_an_amount_is_never_noise() -> None:
    assert rules_of((FIRST, SECOND), own=True) == [{"ignore": "$.lines[*].sku"}]


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "decimal",
    ["$.x.y", "$.x", "$..y", "$.x[?@.a == 1].y", "$.x[0]", "$[?@.a].y", "$.*.y"],
)
def test_nothing_at_or_above_a_decimal_rule(decimal: str, *, own: bool) -> None:
    seen = Sighting("$.x", "changed", "case", 9, 9, (("A", "a"),), own=own)
    assert propose([seen], Rules.parse([{"decimal": decimal}])) == ()
    assert len(propose([seen], Rules.parse([{"decimal": "$.z.y"}, {"decimal": "header:x"}]))) == 1


def test_a_header_under_a_decimal_rule() -> None:
    seen = sighting("header:x-total", 9, 9, ("A", "B"))
    assert propose([seen], Rules.parse([{"decimal": "header:X-Total"}])) == ()


def test_a_place_where_money_was_seen_once_is_left_alone() -> None:
    """And so is what lies above it: to ignore the line would be to ignore its amount."""
    noise = sighting("$.lines[*]", 9, 9, ("A", "B"))
    amount = Sighting("$.lines[*].amount", "changed", "rounding", 1, 9, money=True)
    assert propose([noise, amount]) == ()
    assert propose([noise, Sighting("$.lines[*].amount", "changed", "rounding", 1, 9)]) != ()


def test_lines_in_another_order_may_be_unordered_though_they_hold_amounts() -> None:
    order = Sighting("$.lines", "order", "order", 9, 9)
    assert [each.kind for each in propose([order], Rules.parse([{"decimal": "$.lines[*].amount"}]))] == [
        "unordered"
    ]
    assert propose([order], Rules.parse([{"decimal": "$.lines[*]"}])) == ()
    assert propose([order], Rules.parse([{"decimal": "$.lines"}])) == ()


# told from paths -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "place", "under", "meeting"),
    [
        ("$.a.b", "$.a", True, False),
        ("$.a", "$.a", True, True),
        ("$.a", "$.a.b", False, False),
        ("$.a[0]", "$.a[*]", True, True),
        ("$.a[0]", "$.a[1]", False, False),
        ("$..c", "$.a.b", True, False),
        ("$..c", "$.a.c", True, True),
        ("$.a.b", "$..b", True, True),
        ("$.a.b.c", "$..b", True, False),
        ("$.a.b", "$..c", False, False),
        ("$['a','b'].c", "$.b", True, False),
        ("$.a[1:3].x", "$.a[*].x", True, True),
        ("$", "$", True, True),
        ("$.x", "$", True, False),
    ],
)
def test_overlap(path: str, place: str, under: bool, meeting: bool) -> None:
    assert lies_under(parse(path), parse(place)) is under
    assert meets(parse(path), parse(place)) is meeting
    assert meets(parse(place), parse(path)) is meeting


def test_formats_are_told_by_all_examples_or_not_at_all() -> None:
    assert formats([("03/04/2026", "2026-04-03")]) == ("%d/%m/%Y", "iso")
    assert formats([("03/04/2026", "2026-03-04")]) == ("%m/%d/%Y", "iso")
    assert formats([("04/04/2026", "2026-04-04")]) is None
    assert formats([("04/04/2026", "2026-04-04"), ("13/04/2026", "2026-04-13")]) == ("%d/%m/%Y", "iso")
    assert formats([(1767225600, "2026-01-01T00:00:00Z")]) == ("epoch", "iso")
    assert formats([("31.01.2026 10:30", "2026-01-31T10:30:00Z")]) == ("%d.%m.%Y %H:%M", "iso")
    assert formats([("soon", "2026-01-01")]) is None
    assert formats([]) is None


def test_an_id_that_is_another_things_is_not_let_pass() -> None:
    def ids(*lefts: int, by: int = 1) -> list[dict[str, object]]:
        return rules_of(*(({"customerId": each}, {"customerId": each + by}) for each in lefts))

    assert ids(4, 5, 6) == []
    assert [rule["identity"] for rule in ids(4, 5, 6, by=100)] == ["$.customerId"]
