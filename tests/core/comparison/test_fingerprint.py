from strangler.comparison.fingerprint import fingerprint
from strangler.comparison.pair import compare


def prints(left, right, route="invoices"):
    return {fingerprint(route, difference) for difference in compare(left, right).differences}


def locations(left, right):
    return sorted(f"{each.kind} {each.location}" for each in prints(left, right))


def test_ten_thousand_wrong_lines_are_one_divergence():
    left = {"lines": [{"sku": n, "net": f"{n}.00"} for n in range(200)]}
    right = {"lines": [{"sku": n, "net": f"-{n}.00"} for n in range(1, 200)] + [{"sku": 0, "net": "0.00"}]}
    signs = {each for each in prints(left, right) if each.cause == "sign"}
    assert {each.location for each in signs} == {"body $.lines[*].net"}
    assert len(signs) == 1


def test_route_kind_cause_and_place_are_what_tells_divergences_apart():
    base = prints({"a": 1}, {"a": 2})
    assert base == prints({"a": 5}, {"a": 9})
    assert base != prints({"a": 1}, {"a": 2}, route="other")
    assert base != prints({"b": 1}, {"b": 2})
    assert base != prints({"a": 1}, {"a": -1})
    assert base != prints({"a": 1}, {})


def test_the_digest_is_fixed():
    (one,) = prints({"a": 1}, {"a": 2})
    assert (one.version, one.location, one.kind, one.cause) == (1, "body $.a", "changed", "unexplained")
    assert one.digest == "087b71768d5b51ea"


def test_one_missing_member_keeps_its_name():
    assert locations({"id": 1, "reverse_charge_reason": "x"}, {"id": 1}) == [
        "missing body $.reverse_charge_reason"
    ]


def test_every_missing_member_keeps_its_name():
    left = {"id": 1, "sources": {}, "tax_info": None, "currency": "EUR", "total": "9.00", "d": {"e": 1}}
    assert locations(left, {"id": 1, "d": {}}) == [
        "missing body $.currency",
        "missing body $.d.e",
        "missing body $.sources",
        "missing body $.tax_info",
        "missing body $.total",
    ]
    assert locations({"x": {}}, {"x": {"a": 1, "b": 2}}) == ["extra body $.x.a", "extra body $.x.b"]


def test_a_parent_that_loses_more_than_any_version_drops_is_one():
    names = {f"field_{n}": n for n in range(20)}
    assert len(locations({"id": 1, **names}, {"id": 1})) == 20
    assert locations({"id": 1, "note": "", **names}, {"id": 1}) == ["missing body $[*]"]


def test_a_missing_amount_never_hides_among_others():
    names = {f"field_{n}": n for n in range(30)}
    left = {"currency": "EUR", **names, "total": "9.00", "sums": {"net": "1.00"}}
    assert locations(left, {"currency": "EUR"}) == [
        "missing body $.sums",
        "missing body $.total",
        "missing body $[*]",
    ]


def test_nor_does_one_whose_currency_is_not_told():
    names = {f"field_{n}": n for n in range(30)}
    left = {"id": 1, "account_balance": 0, **names}
    assert locations(left, {"id": 1}) == ["missing body $.account_balance", "missing body $[*]"]


def field(**more):
    return {"type": "char", "string": "Name", "required": False, "readonly": True, **more}


def test_a_dictionary_of_fields_is_a_handful_of_divergences():
    names = [f"field_{n}" for n in range(50)]
    left = {"result": {name: field(help="", states={"a": 1}) for name in names}}
    right = {"result": {name: field(domain=[], context="{}") for name in names}}
    assert locations(left, right) == [
        "extra body $.result[*].context",
        "extra body $.result[*].domain",
        "missing body $.result[*].help",
        "missing body $.result[*].states",
    ]
    right["result"] = {name: field(help="", states={"a": 1}) for name in names[:-1]}
    assert locations(left, right) == ["missing body $.result[*]"]


def test_ids_and_dates_as_names_are_data():
    left = {"by_id": {"17": {"v": 1}, "18": {"v": 2}}, "months": {"2026-01": 1, "2026-02": 2}}
    right = {"by_id": {"17": {"v": 9}, "18": {"v": 8}}, "months": {"2026-01": 5, "2026-02": 7}}
    assert locations(left, right) == ["changed body $.by_id[*].v", "changed body $.months[*]"]


def test_a_record_with_a_few_maps_is_no_dictionary():
    left = {"billing": {"city": "a", "zip": 1}, "shipping": {"city": "b", "zip": 2}}
    right = {"billing": {"city": "x", "zip": 1}, "shipping": {"city": "b", "zip": 2}}
    assert locations(left, right) == ["changed body $.billing.city"]
