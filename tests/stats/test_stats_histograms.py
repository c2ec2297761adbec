import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches.histograms import equal_widths, quantile_bins


@st.composite
def distribution_functions(draw):
    points = np.sort(np.array(draw(st.lists(st.integers(-5, 5), min_size=2, max_size=30)), dtype=float))
    steps = draw(st.lists(st.integers(0, 9), min_size=len(points), max_size=len(points)))
    return points, np.cumsum([steps[0] + 1, *steps[1:]]).astype(float)


@given(distribution_functions())
def test_bins_hold_every_value_once(function):
    points, ranks = function
    low, high, counts = quantile_bins(points, ranks)
    assert (low <= high).all()
    assert (counts >= 0).all()
    assert counts.sum() == pytest.approx(ranks[-1])


@given(distribution_functions(), st.integers(1, 12))
def test_buckets_of_equal_width_hold_every_value_once(function, buckets):
    points, ranks = function
    low, high, counts = equal_widths(quantile_bins(points, ranks), points[0], points[-1], buckets)
    assert (low[0], high[-1]) == (points[0], points[-1])
    assert (counts >= -1e-9).all()
    assert counts.sum() == pytest.approx(ranks[-1])


def test_values_of_one_bin_spread_evenly_over_the_buckets_that_it_covers():
    bins = np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.array([4.0, 8.0])
    assert equal_widths(bins, 0.0, 3.0, 3)[2].tolist() == [4.0, 4.0, 4.0]


def test_a_value_on_an_edge_is_in_the_bucket_below_it_and_the_smallest_in_the_first():
    points = np.array([1.0, 2.0, 3.0])
    bins = points, points, np.array([5.0, 6.0, 7.0])
    assert equal_widths(bins, 1.0, 3.0, 2)[2].tolist() == [11.0, 7.0]


@pytest.fixture(scope="session")
def theirs():
    return pytest.importorskip("tensorflow_data_validation.utils.quantiles_util")


@pytest.mark.tfx
@given(distribution_functions(), st.integers(1, 12))
def test_histograms_are_those_that_tfdv_draws(theirs, function, buckets):
    points, ranks = function
    for ours, expected in (
        (quantile_bins(points, ranks), theirs.generate_quantiles_histogram(points, ranks)),
        (
            equal_widths(quantile_bins(points, ranks), points[0], points[-1], buckets),
            theirs.generate_equi_width_histogram(points, ranks, points[0], points[-1], buckets, 0),
        ),
    ):
        drawn = [(bucket.low_value, bucket.high_value, bucket.sample_count) for bucket in expected.buckets]
        np.testing.assert_allclose(np.array(ours).T, drawn, atol=1e-9)
