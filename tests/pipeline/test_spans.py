"""Half-open spans."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.spans import bridged, merged, outside

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 10)).map(lambda s: (s[0], sum(s)))
)


def moments(spans):
    return {second for start, end in spans for second in range(int(start), int(end))}


@given(SPANS)
def test_merged_spans_hold_the_same_moments_once_and_in_order(spans):
    result = merged(spans)

    assert moments(result) == moments(spans)
    assert all(a[1] < b[0] for a, b in pairwise(result))


@given(SPANS, SPANS)
def test_taking_spans_out_leaves_exactly_the_rest(spans, taken):
    assert moments(outside(spans, taken)) == moments(spans) - moments(taken)


def test_short_gaps_are_bridged_and_long_ones_stay():
    assert bridged([(0, 1), (1.5, 2), (5, 6)], 1.0) == ((0, 2), (5, 6))


def test_empty_spans_vanish():
    assert merged([(3, 3), (5, 4)]) == ()
