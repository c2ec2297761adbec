import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches.weighted_quantiles import WeightedQuantiles

numbers = st.lists(st.integers(-50, 50) | st.floats(-1e6, 1e6), min_size=1, max_size=200)


def condensed(values, error):
    made = WeightedQuantiles(error)
    made.AddValues(pa.array(values, pa.float64()))
    return made


def drawn(of, buckets=20):
    return [each.flatten().to_numpy(zero_copy_only=False) for each in of.GetQuantilesAndCumulativeWeights(buckets)]


@given(st.lists(numbers, min_size=1, max_size=4), st.sampled_from([0.5, 0.1, 0.01]))
def test_ranks_are_within_the_bound_however_the_values_came(parts, error):
    whole = condensed(parts[0], error)
    for part in parts[1:]:
        whole.Merge(condensed(part, error))
    values = np.sort(np.concatenate([np.array(part, dtype=float) for part in parts]))
    points, upto = drawn(whole)
    assert (points[0], points[-1], upto[-1]) == (values[0], values[-1], len(values))
    assert (np.diff(points) >= 0).all()
    ranks = np.searchsorted(values, points, side="right")
    assert (np.abs(upto - ranks) <= error * len(values)).all()
    wanted = np.linspace(0, len(values), 21)
    below = np.searchsorted(values, points, side="left")
    assert (wanted >= below - error * len(values) - 1e-9).all()
    assert (wanted <= ranks + error * len(values) + 1e-9).all()


@given(numbers, numbers, numbers)
def test_merging_is_associative_to_the_last_bit(a, b, c):
    def merged(*parts):
        first, *others = parts
        for other in others:
            first.Merge(other)
        first.Compact()
        return first

    left = merged(merged(condensed(a, 0.1), condensed(b, 0.1)), condensed(c, 0.1))
    right = merged(condensed(a, 0.1), merged(condensed(b, 0.1), condensed(c, 0.1)))
    for mine, other in zip(drawn(left), drawn(right), strict=True):
        assert (mine == other).all()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1))
def test_weights_count_as_so_many_values(weighed):
    values = [value for value, times in weighed for _ in range(times)]
    if not values:
        return
    ours = WeightedQuantiles(0.01)
    ours.AddValues(pa.array([value for value, _ in weighed]), pa.array([times for _, times in weighed]))
    points, upto = drawn(ours)
    expected = drawn(condensed(values, 0.01))
    assert (upto == expected[1]).all()
    assert (points[1:] == expected[0][1:]).all()


def test_few_points_are_kept_of_many_values_and_none_of_none():
    made = condensed(np.random.default_rng(0).random(100_000), 0.01)
    assert len(made._points[0]) <= 201
    assert [len(each) for each in drawn(WeightedQuantiles(0.1))] == [0, 0]


@pytest.mark.tfx
@given(numbers)
def test_what_is_drawn_of_few_values_is_what_tfdvs_sketch_draws(values):
    sketches = pytest.importorskip("tfx_bsl.sketches")
    theirs = sketches.QuantilesSketch(eps=0.001, max_num_elements=1 << 32, num_streams=1)
    theirs.AddValues(pa.array(values, pa.float64()))
    for mine, other in zip(drawn(condensed(values, 0.001), 10), drawn(theirs, 10), strict=True):
        np.testing.assert_array_equal(mine, other)
