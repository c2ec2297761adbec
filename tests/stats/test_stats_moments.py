from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches.moments import merge_moments, moments_of

value = st.none() | st.floats(-100, 100, width=32)
table = st.lists(st.tuples(value, value, value), min_size=1, max_size=30)


def batch_of(rows, offset=0.0):
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array([None if v is None else [v + offset] for v in column], pa.list_(pa.float64())) for column in columns
    ]
    return pa.RecordBatch.from_arrays(arrays, ["a", "b", "c"])


def exact_covariance(pairs):
    # NumPy's own rounds: of numbers around 1e9 more than is allowed for here.
    x, y = ([Fraction(float(value)) for value in column] for column in pairs.T)
    return sum(a * b for a, b in zip(x, y, strict=True)) / len(x) - sum(x) / len(x) * sum(y) / len(y)


@given(table, st.integers(0, 30), st.sampled_from([0.0, 1e9]))
def test_moments_of_parts_merge_into_those_of_exact_arithmetic(rows, cut, offset):
    parts = [batch_of(part, offset) for part in (rows[:cut], rows[cut:]) if part]
    found = merge_moments([moments_of(part) for part in parts])
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = np.array([(row[i], row[j]) for row in rows if row[i] is not None and row[j] is not None])
        assert found.count[i, j] == len(both)
        if len(both):
            expected = float(exact_covariance(both + offset))
            assert found.covariance[i, j] == pytest.approx(expected, abs=1e-9, rel=1e-9)


def test_rows_with_several_values_and_text_are_left_out():
    batch = pa.RecordBatch.from_arrays(
        [
            pa.array([[1], [2, 3], [4], [5]]),
            pa.array([[1.0], [2.0], [float("nan")], [9.0]]),
            pa.array([[b"x"]] * 4),
        ],
        ["n", "x", "text"],
    )
    found = moments_of(batch)
    assert found.names == ("n", "x")
    assert found.count[0, 1] == 2
    assert found.correlation[0, 1] == pytest.approx(1.0)


def test_a_constant_correlates_with_nothing():
    batch = pa.RecordBatch.from_arrays([pa.array([[1], [2]]), pa.array([[7], [7]])], ["a", "b"])
    assert np.isnan(moments_of(batch).correlation[0, 1])


def test_a_part_may_lack_a_column():
    a = pa.RecordBatch.from_arrays([pa.array([[1], [2]]), pa.array([[7], [9]])], ["a", "b"])
    b = pa.RecordBatch.from_arrays([pa.array([[5]])], ["a"])
    merged = merge_moments([moments_of(a), moments_of(b)])
    assert merged.names == ("a", "b")
    assert merged.count.tolist() == [[3, 2], [2, 2]]
