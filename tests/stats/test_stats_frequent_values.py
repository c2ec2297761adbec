"""A sketch keeps its bound in any batches, and is the same in any process."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches import frequent_values
from headrace.stats.sketches.frequent_values import merge_sketches, sketch_counts
from headrace.stats.sketches.value_counts import count_values

VALUES = st.lists(st.binary(max_size=2), max_size=60)


def sketched(values, cuts=(), weights=None):
    bounds = [0, *sorted(cuts), len(values)]
    parts = []
    for start, stop in itertools.pairwise(bounds):
        weighed = None if weights is None else np.array(weights[start:stop])
        parts.append(sketch_counts(count_values(pa.array(values[start:stop], pa.binary()), weighed)))
    return merge_sketches(parts)


def counts(found, by="count"):
    table = found.counts[by]
    return dict(zip(table["value"].to_pylist(), table[by].to_pylist(), strict=True))


@given(VALUES, st.lists(st.integers(0, 60), max_size=4), st.integers(1, 5))
def test_counts_are_too_low_by_at_most_the_bound_in_any_batches(values, cuts, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frequent_values, "MOST_VALUES", most)
        found = sketched(values, [min(cut, len(values)) for cut in cuts])
        true, told = Counter(values), counts(found)
        assert len(told) <= most
        bound = len(values) / (most + 1)
        assert all(true[value] - bound <= told.get(value, 0) <= true[value] for value in true)
        assert found.values == len(values)


@given(VALUES, st.integers(0, 60))
def test_few_values_are_counted_and_weighed_exactly(values, cut):
    weights = [float(n % 5) for n in range(len(values))]
    found = sketched(values, [min(cut, len(values))], weights)
    assert counts(found) == Counter(values)
    summed = Counter()
    for value, weight in zip(values, weights, strict=True):
        summed[value] += weight
    assert counts(found, "weight") == dict(summed)
    assert found.distinct == len(set(values))


def test_many_different_values_are_estimated_alike_in_any_batches():
    values = [b"id-%d" % n for n in range(100_000)]
    whole, pieces = sketched(values), sketched(values * 2, range(10_000, 200_000, 10_000))
    assert whole.distinct == pieces.distinct
    assert abs(whole.distinct - 100_000) < 4 * 0.008 * 100_000
