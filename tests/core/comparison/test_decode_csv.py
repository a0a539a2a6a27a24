"""Tables: what their header says, and what it leaves open."""

from strangler.comparison.decode import decode
from strangler.comparison.pair import compare
from strangler.testing.samples import answer


def csv(text, media="text/csv"):
    return decode(answer(text.encode(), media=media))


def test_no_column_takes_the_place_of_another():
    assert csv("net,net#2,net,#5\n1,2,3,4,5\n").root == [
        {"net": "1", "net#2": "2", "net#3": "3", "#5": "4", "#5#": "5"}
    ]


def test_headings_over_no_cells_are_told():
    def differ(left, right):
        outcome = compare(answer(left.encode(), media="text/csv"), answer(right.encode(), media="text/csv"))
        return [difference.cause.code for difference in outcome.differences]

    assert differ("a,b\n", "a,b\n") == []
    assert differ("a,b\n", "a,c\n") == ["no-cells", "no-cells"]
    assert differ("a,b\n", "") != []
    assert differ("a,b,c\n1,2\n", "a,b,d\n1,2\n") == ["no-cells", "no-cells"]
    assert csv("a,b\n1,2\n").anomalies == ()
