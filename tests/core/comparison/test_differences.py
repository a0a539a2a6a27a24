"""What the walk finds, and where; lists aligned so that one lost line is one difference."""

import time
from decimal import Decimal

import pytest

from strangler.comparison.alignment import align
from strangler.comparison.context import Context, Limits
from strangler.comparison.normal import normal
from strangler.comparison.pair import compare
from strangler.testing.samples import as_json, invoice


def found(left, right, **kw):
    return [(d.kind, str(d.location)) for d in compare(left, right, **kw).differences]


def test_typed_and_exact():
    assert found({"a": True}, {"a": 1}) == [("type", "body $.a")]
    assert found({"a": False}, {"a": 0}) == [("type", "body $.a")]
    assert found({"a": [True, 2]}, {"a": [1, 2]}) == [("type", "body $.a[0]")]
    assert found({"a": "1"}, {"a": 1}) == [("type", "body $.a")]
    assert found({"a": None}, {"a": 0}) == [("type", "body $.a")]
    assert found({"a": []}, {"a": {}}) == [("type", "body $.a")]
    assert found({"a": Decimal("10.0")}, {"a": 10}) == []
    assert found(b"[10.0, 1e1]", b"[10.00, 10]") == []
    assert found({"a": "10.0"}, {"a": "10.00"}) == [("changed", "body $.a")]
    assert found(b"[0.1]", b"[0.10000000000000001]") == [("changed", "body $[0]")]
    assert found({"a": 1e-7}, {"a": Decimal("0.0000001")}) == []


def test_huge_numbers_compare_without_being_expanded():
    assert found(b"[1e999999999]", b"[10e999999998]") == []
    assert found(b"[1e999999999]", b"[1e999999998]") == [("changed", "body $[0]")]
    assert ("changed", "body $[0]") in found(b"[1e999999999]", b"[1]")


def test_missing_and_extra():
    assert found({"a": 1, "b": 2}, {"b": 2, "c": 3}) == [("missing", "body $.a"), ("extra", "body $.c")]
    assert found({}, {"a": None}) == [("extra", "body $.a")]


@pytest.mark.parametrize("size", [3, 40, 400])
def test_one_inserted_lost_or_changed_line_is_one_difference(size):
    lines = [{"sku": f"S{n}", "net": n % 7, "text": "x" * (n % 3)} for n in range(size)]
    middle = size // 2
    assert found({"l": lines}, {"l": lines[:middle] + lines[middle + 1 :]}) == [
        ("missing", f"body $.l[{middle}]")
    ]
    assert found({"l": lines[:middle] + lines[middle + 1 :]}, {"l": lines}) == [
        ("extra", f"body $.l[{middle}]")
    ]
    changed = [dict(line) for line in lines]
    changed[middle]["net"] = 99
    assert found({"l": lines}, {"l": changed}) == [("changed", f"body $.l[{middle}].net")]


def test_lost_and_changed_at_once():
    lines = [{"sku": f"S{n}", "net": n, "tax": 2 * n} for n in range(20)]
    other = [dict(line) for line in lines if line["sku"] != "S3"]
    other[10]["net"] = 999
    assert found({"l": lines}, {"l": other}) == [("changed", "body $.l[11].net"), ("missing", "body $.l[3]")]


def test_counterpart_says_where_the_candidate_has_it():
    lines = [{"sku": f"S{n}", "net": n} for n in range(5)]
    other = [dict(line) for line in lines[1:]]
    other[2]["net"] = 77
    changed = next(d for d in compare({"l": lines}, {"l": other}).differences if d.kind == "changed")
    assert changed.location.path == ("l", 3, "net")
    assert changed.counterpart == ("l", 2, "net")
    assert changed.pattern == ("l", -1, "net")


def test_reordered_is_one_order_difference():
    lines = [{"sku": f"S{n}"} for n in range(12)]
    assert found({"l": lines}, {"l": lines[::-1]}) == [("order", "body $.l")]
    assert found({"l": lines}, {"l": lines[6:] + lines[:6]}) == [("order", "body $.l")]
    assert found([1, 2, 3], [3, 1, 2]) == [("order", "body $")]


def test_reordered_and_changed():
    lines = [{"sku": f"S{n}", "a": n, "b": n, "c": n} for n in range(6)]
    other = [dict(line) for line in lines[::-1]]
    other[0]["a"] = 100
    assert sorted(found({"l": lines}, {"l": other})) == [("changed", "body $.l[5].a"), ("order", "body $.l")]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([1, 2, 1, 3], [2, 1, 3], [("missing", "body $[0]")]),
        ([1, 1, 2], [1, 2], [("missing", "body $[1]")]),
        ([1, 2, 1, 2, 1], [2, 1, 2, 1], [("missing", "body $[0]")]),
        ([1, 2, 3], [1, 9, 3], [("changed", "body $[1]")]),
        ([1, 2, 3], [1, "2", 3], [("type", "body $[1]")]),
        ([1, {"a": 1}, 3], [1, "x", 3], [("type", "body $[1]")]),
        ([], [1], [("extra", "body $[0]")]),
        ([[1, 2], [3]], [[1, 2], [4]], [("changed", "body $[1][0]")]),
        ([1, 2, 3, 4], [9, 8, 7, 6], [("changed", f"body $[{n}]") for n in range(4)]),
    ],
)
def test_small_lists(left, right, expected):
    assert found(left, right) == expected


def test_many_lone_items_are_one_length():
    rows = [{"id": n} for n in range(100)]
    assert found({"rows": rows}, {"rows": rows[:50]}) == [("length", "body $.rows")]
    (difference,) = compare({"rows": rows}, {"rows": rows[:50]}).differences
    assert (difference.left, difference.right) == (100, 50)
    assert len(found({"rows": rows}, {"rows": rows[:84]})) == 16


def test_differences_beyond_the_limit_are_counted():
    left, right = {f"m{n}": n for n in range(50)}, {f"m{n}": -n - 1 for n in range(50)}
    outcome = compare(left, right, context=Context(limits=Limits(listed=10)))
    assert (len(outcome.differences), outcome.unlisted) == (10, 40)


def test_numbers_written_otherwise_do_not_disturb_alignment():
    left = [{"sku": f"S{n}", "net": Decimal(f"{n}.0")} for n in range(50)]
    right = [{"sku": f"S{n}", "net": Decimal(f"{n}.00")} for n in range(50) if n != 20]
    assert found(left, right) == [("missing", "body $[20]")]


def test_many_rows_grow_linearly():
    def seconds(size):
        rows = [{"id": f"R{n}", "total": Decimal(n).scaleb(-2), "text": f"row {n % 10}"} for n in range(size)]
        other = [dict(row) for row in rows]
        del other[size // 3]
        other[size // 2]["total"] = Decimal("-1.00")
        started = time.perf_counter()
        outcome = compare({"rows": rows}, {"rows": other})
        spent = time.perf_counter() - started
        assert sorted(d.kind for d in outcome.differences) == ["changed", "missing"]
        return spent

    seconds(100)
    small, large = min(seconds(1_000) for _ in range(3)), min(seconds(10_000) for _ in range(2))
    assert large < 40 * small


def test_a_column_that_always_differs_grows_linearly():
    def seconds(size):
        rows = [{"id": f"R{n}", "at": f"a{n}", "text": "row"} for n in range(size)]
        other = [{**row, "at": f"b{n}"} for n, row in enumerate(rows) if n != size // 3]
        started = time.perf_counter()
        outcome = compare({"rows": rows}, {"rows": other})
        spent = time.perf_counter() - started
        assert len(outcome.differences) + outcome.unlisted == size
        return spent

    seconds(100)
    small, large = min(seconds(500) for _ in range(3)), min(seconds(5_000) for _ in range(2))
    assert large < 40 * small


def test_alignment_pairs_every_item_once():
    left, right = list("aabcd"), list("dabca")
    aligned = align(left, right, [normal(x) for x in left], [normal(x) for x in right])
    pairs = aligned.same + aligned.similar
    assert sorted([i for i, _ in pairs] + aligned.missing) == list(range(5))
    assert sorted([j for _, j in pairs] + aligned.extra) == list(range(5))


def test_the_same_in_other_bytes_is_equal():
    document = invoice(3)
    assert compare(as_json(document), as_json(document, indent=2, reverse=True)).verdict == "equal"
