from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from strangler.comparison.pair import compare
from strangler.comparison.rules import Rules
from strangler.errors import ConfigError
from strangler.testing.samples import answer


def run(left, right, *rules):
    return compare(left, right, Rules.parse(list(rules)))


def places(outcome):
    return [str(difference.location) for difference in outcome.differences]


def equal(left, right, *rules):
    """Equal under the rules, different without them, and every rule that helped is counted."""
    outcome = run(left, right, *rules)
    assert compare(left, right).verdict == "different"
    assert outcome.verdict == "equal", outcome.differences
    assert sum(outcome.silenced.values()) > 0
    return outcome


def test_only():
    left = {"total": 1, "noise": 1, "lines": [{"net": 1, "id": 1}]}
    right = {"total": 1, "noise": 2, "lines": [{"net": 2, "id": 2}], "more": 1}
    assert places(run(left, right, {"only": ["$.total", "$.lines[*].net"]})) == ["body $.lines[0].net"]
    assert run(left, right, {"only": "$.total"}).verdict == "equal"
    assert run(left, right, {"only": "$.nowhere"}).verdict == "equal"
    assert run(left, right, {"only": "$..net"}).verdict == "different"


def test_only_sees_a_chosen_place_go_with_its_parent():
    left, right = {"a": {"b": {"c": 1}, "x": 1}}, {"a": {"x": 2}}
    assert places(run(left, right, {"only": "$.a.b.c"})) == ["body $.a.b"]
    assert places(run(left, {"a": None}, {"only": "$.a.b.c"})) == ["body $.a"]
    assert run({"a": {"x": 1}}, {"a": None}, {"only": "$.a.b.c"}).verdict == "equal"


def test_only_with_headers_and_status():
    left = answer(b'{"a": 1}', fields=(("X-Total", "1"), ("Cache-Control", "no-store")))
    right = answer(b'{"a": 2}', fields=(("X-Total", "2"), ("Cache-Control", "public")))
    assert places(run(left, right, {"only": "header:x-total"})) == ["header $['x-total'][0]"]
    assert places(run(left, right, {"only": "$.a"})) == ["body $.a"]
    missing = answer(b"{}", status=404)
    assert places(run(left, missing, {"only": "$.b"})) == ["status"]


def test_ignore():
    left, right = {"a": 1, "b": [{"t": 1}, {"t": 2}]}, {"a": 2, "b": [{"t": 3}, {"t": 4}]}
    outcome = equal(left, right, {"ignore": "$.a"}, {"ignore": "$.b[*].t"})
    assert sorted(outcome.silenced.values()) == [1, 2]
    equal({"a": 1, "b": 1}, {"b": 1}, {"ignore": "$.a"})
    equal({"x": {"y": {"t": 1}}}, {"x": {"y": {"t": 2}}}, {"ignore": "$..t"})
    assert run(left, right, {"ignore": "$.b"}).verdict == "different"


def test_ignore_header_and_status():
    left, right = answer(b"{}", fields=(("Location", "/1"),)), answer(b"{}", fields=(("Location", "/2"),))
    assert run(left, right, {"ignore": "header:Location"}).verdict == "equal"
    assert run(answer(b"{}", status=200), answer(b"{}", status=201), {"ignore": "status"}).verdict == "equal"


def test_filters_are_resolved_in_either_document():
    left = {"lines": [{"kind": "tax", "x": 1}, {"kind": "item", "x": 1}]}
    right = {"lines": [{"kind": "tax", "x": 2}, {"kind": "item", "x": 1}]}
    rule = {"ignore": "$.lines[?@.kind=='tax'].x"}
    equal(left, right, rule)
    right["lines"][1]["x"] = 5
    assert places(run(left, right, rule)) == ["body $.lines[1].x"]
    assert run(left, right, {"only": "$.lines[?@.kind=='none']"}).verdict == "equal"
    assert places(run(left, right, {"only": "$.lines[?@.kind=='item']"})) == ["body $.lines[1].x"]
    assert run({"l": [1, 2, 3]}, {"l": [1, 2, 4]}, {"ignore": "$.l[-1]"}).verdict == "equal"


def test_positions_are_legacys():
    assert run({"l": ["a", "b", "c"]}, {"l": ["a", "x", "c"]}, {"ignore": "$.l[1]"}).verdict == "equal"
    assert run({"l": ["a", "b", "c"]}, {"l": ["a", "x", "c"]}, {"ignore": "$.l[0]"}).verdict == "different"


def test_unordered():
    left, right = {"l": [{"id": 1, "v": 1}, {"id": 2, "v": 2}]}, {"l": [{"id": 2, "v": 2}, {"id": 1, "v": 1}]}
    equal(left, right, {"unordered": "$.l"})
    equal(left, right, {"unordered": "$.l", "by": "id"})
    right["l"][0]["v"] = 7
    assert places(run(left, right, {"unordered": "$.l", "by": "id"})) == ["body $.l[1].v"]
    right["l"].append({"id": 3, "v": 2})
    kinds = {d.kind for d in run(left, right, {"unordered": "$.l", "by": "id"}).differences}
    assert kinds == {"changed", "extra"}


def test_unordered_still_counts():
    assert run({"l": ["a", "a", "b"]}, {"l": ["b", "b", "a"]}, {"unordered": "$.l"}).verdict == "different"


def test_decimal():
    equal({"t": "10.0"}, {"t": "10.00"}, {"decimal": "$.t"})
    equal({"t": "10.0"}, {"t": 10}, {"decimal": "$.t"})
    equal({"t": "10.00"}, {"t": "10.01"}, {"decimal": "$.t", "tolerance": 1})
    equal({"t": "10.004"}, {"t": "10.00"}, {"decimal": "$.t", "scale": 2})
    equal({"t": "10.005"}, {"t": "10.01"}, {"decimal": "$.t", "scale": 2})
    equal({"t": "10.005"}, {"t": "10.00"}, {"decimal": "$.t", "scale": 2, "rounding": "half-even"})
    equal({"t": "10.009"}, {"t": "10.00"}, {"decimal": "$.t", "scale": 2, "rounding": "down"})
    for rule in ({}, {"scale": 2}, {"tolerance": 1}):
        assert run({"t": "10.00"}, {"t": "10.02"}, {"decimal": "$.t", **rule}).verdict == "different"
    assert run({"t": "10.00"}, {"t": "ten"}, {"decimal": "$.t"}).verdict == "different"
    assert run({"t": "10.00"}, {"t": None}, {"decimal": "$.t"}).verdict == "different"


def test_a_place_under_a_decimal_rule_is_money():
    (difference,) = run({"x": 1}, {"x": 2}, {"decimal": "$.x"}).differences
    assert difference.severity == "money"


def test_instant():
    equal({"t": "2026-01-31T10:00:00Z"}, {"t": "2026-01-31T11:00:00+01:00"}, {"instant": "$.t"})
    equal({"t": "31.01.2026"}, {"t": "2026-01-31"}, {"instant": "$.t", "format": {"legacy": "%d.%m.%Y"}})
    equal({"t": "2026-01-31T10:00:00Z"}, {"t": "2026-01-31T10:00:02Z"}, {"instant": "$.t", "tolerance": "2s"})
    equal(
        {"t": "2026-01-31T10:00:00"},
        {"t": "2026-01-31T09:00:00Z"},
        {"instant": "$.t", "zone": "Europe/Berlin"},
    )
    equal(
        {"t": 1769853600},
        {"t": 1769853600000},
        {"instant": "$.t", "format": {"legacy": "epoch", "candidate": "epoch-ms"}},
    )
    equal(
        {"t": "Sat, 31 Jan 2026 10:00:00 GMT"},
        {"t": "2026-01-31T10:00:00Z"},
        {"instant": "$.t", "format": {"legacy": "http"}},
    )
    for other in ("2026-01-31T10:00:03Z", "soon", None, 7):
        assert (
            run({"t": "2026-01-31T10:00:00Z"}, {"t": other}, {"instant": "$.t", "tolerance": "2s"}).verdict
            == "different"
        )


def test_map():
    rule = {"map": "$.s", "values": {"PAID": "paid", "1": "one", "true": "yes"}}
    equal({"s": "PAID"}, {"s": "paid"}, rule)
    equal({"s": 1}, {"s": "one"}, rule)
    equal({"s": True}, {"s": "yes"}, rule)
    assert run({"s": "PAID"}, {"s": "open"}, rule).verdict == "different"
    assert run({"s": "paid"}, {"s": "PAID"}, rule).verdict == "different"


def test_rename():
    equal({"a": 1, "b": {"c": 2}}, {"z": 1, "b": {"c": 2}}, {"rename": "$.a", "to": "$.z"})
    equal(
        {"lines": [{"net": 1}, {"net": 2}]},
        {"items": [{"n": 1}, {"n": 2}]},
        {"rename": "$.lines[*].net", "to": "$.items[*].n"},
    )
    equal({"a": {"b": 1}}, {"b": 1, "a": {}}, {"rename": "$.a.b", "to": "$.b"})
    outcome = run({"a": 1}, {"z": 2}, {"rename": "$.a", "to": "$.z"})
    assert places(outcome) == ["body $.a"]


def test_rename_keeps_what_is_there_twice_and_the_callers_value():
    right = {"a": 1, "z": 2}
    outcome = run({"a": 1}, right, {"rename": "$.a", "to": "$.z"})
    assert places(outcome) == ["body $.z"]
    assert right == {"a": 1, "z": 2}


def test_rename_swaps():
    equal({"a": 1, "b": 2}, {"a": 2, "b": 1}, {"rename": "$.a", "to": "$.b"}, {"rename": "$.b", "to": "$.a"})


def test_other_rules_name_legacys_location():
    equal({"a": "1.0"}, {"z": "1.00"}, {"rename": "$.a", "to": "$.z"}, {"decimal": "$.a"})
    assert (
        run({"a": 1, "b": 1}, {"z": 1, "b": 2}, {"only": "$.a"}, {"rename": "$.a", "to": "$.z"}).verdict
        == "equal"
    )


RULES: list[dict[str, Any]] = [
    {"only": ["$.total", "$.lines", "$.status"]},
    {"rename": "$.total", "to": "$.sum"},
    {"decimal": "$.total", "tolerance": 1},
    {"decimal": "$.total"},
    {"map": "$.status", "values": {"P": "paid"}},
    {"unordered": "$.lines"},
]
NEW_RULES: list[dict[str, Any]] = [
    {"only": ["$.total", "$.state", "$.name", "$.token"]},
    {"rename": "$.total", "to": "$.sum"},
    {"default": "$.state", "value": "open"},
    {"text": ["$.name", "$.state"], "case": "fold"},
    {"text": "$.name", "whitespace": "collapse", "case": "fold"},
    {"pattern": "$.token", "matches": "[0-9a-f]+"},
]


def test_order_of_the_rules_about_texts_and_absence_does_not_matter():
    left = {"total": 1, "name": " Ann  B", "token": "0a", "x": 1}
    right = {"sum": 1, "name": "ann b", "token": "f1", "state": "OPEN"}
    seen = set()
    for rules in permutations(NEW_RULES):
        outcome = compare(left, right, Rules.parse(list(rules)))
        seen.add((outcome.verdict, tuple(sorted(outcome.silenced.items()))))
    ((verdict, silenced),) = seen
    assert verdict == "equal"
    assert len(silenced) == 5


def test_default():
    rule = {"default": "$.d", "value": 0}
    equal({"a": 1}, {"a": 1, "d": 0}, rule)
    equal({"a": 1, "d": Decimal("0.0")}, {"a": 1}, rule)
    equal({"a": 1}, {"a": 1, "d": "0.00"}, rule, {"decimal": "$.d"})
    equal({}, {"d": []}, {"default": "$.d", "value": []})
    equal({"d": None}, {}, {"default": "$.d", "value": None})
    others: tuple[object, ...] = (1, "0", None, False, [], {})
    for other in others:
        assert places(run({"a": 1}, {"a": 1, "d": other}, rule)) == ["body $.d"], other
    assert run({"d": 0}, {"d": None}, rule).verdict == "different"
    assert run({"d": 0}, {"d": 1}, rule).verdict == "different"


def test_default_in_what_is_absent_as_a_whole_and_in_lists():
    rule = {"default": "$.a[*].c[*]['#text']", "value": "0"}
    equal(b"<a><b/></a>", b"<a><b/><c>0</c></a>", rule)
    assert run(b"<a><b/></a>", b"<a><b/><c>1</c></a>", rule).verdict == "different"
    assert run(b"<a><b/></a>", b"<a><b/><c x='1'>0</c></a>", rule).verdict == "different"
    left = {"l": [{"id": n, "d": {"x": 0}} for n in range(9)]}
    right = {"l": [{"id": n} for n in range(9)]}
    equal(left, right, {"default": "$.l[*].d.x", "value": 0})
    right["l"][4]["id"] = 77
    assert run(left, right, {"default": "$.l[*].d.x", "value": 0}).verdict == "different"


def test_default_of_a_header():
    bare, with_it = answer(b"{}"), answer(b"{}", fields=(("X-Count", "0"),))
    rule = {"default": "header:x-count", "value": 0}
    assert run(bare, with_it, rule).verdict == run(with_it, bare, rule).verdict == "equal"
    other = answer(b"{}", fields=(("X-Count", "1"),))
    assert run(bare, other, rule).verdict == "different"


def test_a_default_means_its_type():
    def digest(value):
        return Rules.parse([{"default": "$.a", "value": value}]).digest

    assert len({digest("0"), digest(0), digest(None), digest(False), digest("")}) == 5


def test_text():
    equal({"t": " A  b\n"}, {"t": "A b"}, {"text": "$.t", "whitespace": "collapse"})
    equal({"t": " A"}, {"t": "A\t"}, {"text": "$.t", "whitespace": "trim"})
    equal({"t": "Straße"}, {"t": "STRASSE"}, {"text": "$.t", "case": "fold"})
    equal({"t": "é"}, {"t": "e\u0301"}, {"text": "$.t", "unicode": "NFC"})
    equal({"t": "ﬁ"}, {"t": "fi"}, {"text": "$.t", "unicode": "NFKC"})
    assert run({"t": "a b"}, {"t": "ab"}, {"text": "$.t", "whitespace": "collapse"}).verdict == "different"
    assert run({"t": "ﬁ"}, {"t": "fi"}, {"text": "$.t", "unicode": "NFC"}).verdict == "different"
    assert run({"t": 1}, {"t": "1"}, {"text": "$.t", "whitespace": "trim"}).verdict == "different"


def test_pattern():
    rule = {"pattern": "$.t", "matches": "[a-z]+-[0-9]"}
    equal({"t": "ab-1"}, {"t": "cd-2"}, rule)
    equal({"t": 12}, {"t": "13"}, {"pattern": "$.t", "matches": "1."})
    for other in ("ab-12", "AB-1", "", None, ["ab-1"]):
        assert run({"t": "ab-1"}, {"t": other}, rule).verdict == "different", other
    long = {"pattern": "$.t", "matches": "a*"}
    equal({"t": "a" * 256}, {"t": "a"}, long)
    assert run({"t": "a" * 257}, {"t": "a"}, long).verdict == "different"


@pytest.mark.parametrize(
    "expression",
    [
        *("(a+)+b", "(a|ab)*c", "((a?)b)*", "(?:x(?:[a-z]*))+", "(", "a" * 1_001, ""),
        *("(?:a?){9}(?:a?){9}(?:a?){9}b", "(a*)(a*)(a*)(a*)b", r"(\w+)\1+x", "a?" * 24 + "a" * 24),
    ],
)
def test_an_expression_that_is_none_or_may_take_forever_is_refused(expression):
    with pytest.raises(ConfigError):
        Rules.parse([{"pattern": "$.t", "matches": expression}])


@pytest.mark.parametrize(
    "expression",
    [
        *(r"(\d{1,3}\.){3}\d{1,3}", "(?:[a-z]++-)*+x", "(a|b)+", "in_[A-Za-z0-9]{24}", "(?:[0-9]{3}-)+"),
        *(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\w{1,40}@\w{1,40}\.\w{2,20}", ".*-.*"),
    ],
)
def test_an_expression_of_the_usual_kind_is_taken(expression):
    assert len(Rules.parse([{"pattern": "$.t", "matches": expression}])) == 1


def test_order_of_rules_does_not_matter():
    left = {"total": "10.00", "status": "P", "lines": [1, 2], "x": 1}
    right = {"sum": "10.01", "status": "paid", "lines": [2, 1], "x": 2}
    outcomes = {}
    for rules in permutations(RULES):
        compiled = Rules.parse(list(rules))
        outcome = compare(left, right, compiled)
        outcomes[compiled.digest] = (outcome.verdict, tuple(sorted(outcome.silenced.items())))
    assert len(outcomes) == 1
    ((verdict, silenced),) = outcomes.values()
    assert verdict == "equal"
    assert len(silenced) == 4


def test_digests_cover_the_meaning_only():
    def digest(*rules):
        return Rules.parse(list(rules)).digest

    base = digest({"ignore": "$.a"}, {"ignore": "$.b"})
    assert base == digest(
        {"ignore": "$.b", "reason": "why", "owner": "ann", "expires": "2027-01-01"}, {"ignore": "$.a"}
    )
    assert base != digest({"ignore": "$.a"})
    assert digest({"ignore": ["$.a", "$.b"]}) == digest({"ignore": ["$.b", "$.a"]})
    assert digest({"decimal": "$.a"}) != digest({"decimal": "$.a", "tolerance": 1})
    assert Rules().digest == Rules.parse([]).digest
    assert len(Rules()) == 0


def test_what_the_gate_needs_stays_on_the_compiled_rule():
    (rule,) = Rules.parse(
        [{"ignore": "$.a", "reason": "why", "owner": "ann", "expires": "2027-01-01"}]
    ).compiled
    assert (rule.kind, rule.locations, rule.reason, rule.owner) == ("ignore", ("$.a",), "why", "ann")
    assert str(rule.expires) == "2027-01-01"


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"ignore": "a.b"}, "a.b"),
        ({"ignore": "$.a["}, "$.a["),
        ({"ignore": "$.a[?@.x=1]"}, "$.a[?@.x=1]"),
        ({"ignore": "header:a b"}, "header:a b"),
        ({"rename": "$.a[*]", "to": "$.b"}, "wildcards"),
        ({"rename": "$..a", "to": "$..b"}, "$..a"),
        ({"instant": "$.a", "zone": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_a_bad_location_is_named(rule, named):
    with pytest.raises(ConfigError) as caught:
        Rules.parse([{"ignore": "$.fine"}, rule])
    assert named in str(caught.value)
    assert caught.value.problems[0].location.startswith("rules[1]")
    assert caught.value.exit_code == 2


def test_every_problem_is_told():
    with pytest.raises(ConfigError) as caught:
        Rules.parse([{"ignore": "x"}, {"ignore": "y"}])
    assert len(caught.value.problems) == 2
    with pytest.raises(ConfigError, match="ignore"):
        Rules.parse([{"ignroe": "$.a"}])


def test_several_rules_at_one_place_are_alternatives():
    rules = [{"decimal": "$.a"}, {"map": "$.a", "values": {"x": "y"}}]
    equal({"a": "x"}, {"a": "y"}, *rules)
    equal({"a": "1"}, {"a": "1.0"}, *rules)


def test_rules_reach_into_lists_that_are_not_aligned_by_bytes():
    left = {"l": [{"id": n, "t": n} for n in range(30)]}
    right = {"l": [{"id": n, "t": -n - 1} for n in range(30) if n != 11]}
    outcome = run(left, right, {"ignore": "$.l[*].t"})
    assert places(outcome) == ["body $.l[11]"]
    assert sum(outcome.silenced.values()) == 29


def test_rules_over_xml_and_csv():
    left, right = b"<a><t>1.0</t></a>", b"<a><t>1.00</t></a>"
    assert run(left, right, {"decimal": "$.a[0].t[0]['#text']"}).verdict == "equal"
    ours, theirs = answer(b"n,t\n1,1.0\n", media="text/csv"), answer(b"n,t\n1,1.00\n", media="text/csv")
    assert run(ours, theirs, {"decimal": "$[*].t"}).verdict == "equal"


def test_only_some_members_of_a_line_still_leaves_its_place_in_the_list():
    left = {"lines": [{"sku": "a", "n": 1}, {"sku": "b", "n": 1}, {"sku": "b", "n": 2}]}
    right = {"lines": [left["lines"][1], left["lines"][0], left["lines"][2]]}
    for place in ("$.lines[*].sku", "$..sku"):
        (found,) = run(left, right, {"only": place}).differences
        assert (found.kind, str(found.location)) == ("order", "body $.lines")
    assert run(left, right, {"only": "$.lines[*].sku"}, {"unordered": "$.lines"}).verdict == "equal"
    assert run(left, right, {"only": "$.lines[*].n"}).verdict == "equal"


def test_what_only_one_side_makes_ignored_is_compared():
    rule = {"ignore": "$.lines[?@.kind == 'memo']"}
    charge, memo = {"kind": "charge", "amount": 100}, {"kind": "memo", "amount": 0}
    for left, right in ((charge, memo), (memo, charge)):
        assert run({"lines": [left]}, {"lines": [right]}, rule).verdict == "different"
    equal({"lines": [charge, memo]}, {"lines": [charge, {**memo, "amount": 1}]}, rule)
    equal({"lines": [charge, memo]}, {"lines": [charge]}, rule)


def test_a_rename_loses_no_null():
    rule = {"rename": "$.lines[*].p", "to": "$.items[*].u"}
    left = {"lines": [{"p": 1}, {"p": 2}]}
    equal(left, {"items": [{"u": 1}, {"u": 2}]}, rule)
    for items in ([{"u": 1}, {"u": 2}, None], [None, {"u": 1}, {"u": 2}], [{"u": 1}, None]):
        assert run(left, {"items": items}, rule).verdict == "different"
    assert run({"a": [5]}, {"a": [None], "x": 5}, {"rename": "$.a[0]", "to": "$.x"}).verdict == "different"


def test_an_empty_id_is_none():
    assert run({"id": "INV-7"}, {"id": ""}, {"identity": "$.id"}).verdict == "different"
    assert run({"id": "INV-7"}, {"id": " "}, {"identity": "$.id"}).verdict == "different"


def test_what_has_the_form_of_the_default_does_not_equal_it():
    rules = {"default": "$.fee", "value": "0"}, {"pattern": "$.fee", "matches": "[0-9]{1,9}"}
    assert run({"fee": "999"}, {}, *rules).verdict == "different"
    equal({"fee": "0"}, {}, *rules)


def test_a_tolerance_without_a_scale_is_of_hundredths_at_most():
    rule = {"decimal": "$.t", "tolerance": 1}
    for left, right in ((10, 11), (Decimal("10.5"), Decimal("10.6")), ("10", "11"), ("1.000", "1.002")):
        assert run({"t": left}, {"t": right}, rule).verdict == "different"
    equal({"t": Decimal("10.5")}, {"t": Decimal("10.51")}, rule)
    equal({"t": 10}, {"t": 11}, {**rule, "scale": 0})


def test_what_is_no_date_of_http_is_none():
    rule = {"instant": "$.t", "format": "http"}
    same = "Sat, 31 Jan 2026 10:00:00 GMT"
    for other in (
        "Sat, 31 Jan 2026 11:00:00 +0100",
        "Saturday, 31-Jan-26 10:00:00 GMT",
        "Sat Jan 31 10:00:00 2026",
    ):
        equal({"t": same}, {"t": other}, rule)
    for other in ("31 Jan 2026 10:00:00 CET", "31 Jan 2026 10:00:00 GMT 9.00", "31 Jan 2026 10:00:00"):
        assert run({"t": same}, {"t": other}, rule).verdict == "different"
