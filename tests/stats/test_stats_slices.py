import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.stats.slices import MAX_SLICES, slices

rows = st.lists(st.none() | st.lists(st.sampled_from(["Oslo", "Rome", "Köln"]), max_size=3), max_size=20)


def batch_of(cities, city_type=None):
    city_type = city_type or pa.list_(pa.binary())
    cities = pa.array([c and [x.encode() for x in c] for c in cities], city_type)
    return pa.RecordBatch.from_arrays(
        [pa.array([[i] for i in range(len(cities))], pa.list_(pa.int64())), cities], ["row", "city"]
    )


def rows_of(batch):
    return [row for (row,) in batch.column(0).to_pylist()]


@given(rows, st.sampled_from([pa.list_(pa.binary()), pa.large_list(pa.large_binary())]))
def test_a_slice_holds_each_row_that_has_the_value_once_in_their_order(cities, city_type):
    found = {name: rows_of(part) for name, part in slices(batch_of(cities, city_type), "city")}
    values = {value for row in cities for value in row or []}
    assert found == {f"city_{v}": [i for i, row in enumerate(cities) if v in (row or [])] for v in values}


def test_whole_numbers_name_slices_too():
    batch = pa.RecordBatch.from_arrays([pa.array([[7], [-1], [7]])], ["hour"])
    assert {name: part.num_rows for name, part in slices(batch, "hour")} == {"hour_7": 2, "hour_-1": 1}


def test_a_slice_of_a_batch_is_cut_as_the_batch_would_be():
    batch = batch_of([["Rome"], ["Oslo"], None, ["Oslo"]]).slice(1)
    assert {name: rows_of(part) for name, part in slices(batch, "city")} == {"city_Oslo": [1, 3]}


def test_a_batch_without_the_feature_or_its_values_has_no_slices():
    assert not list(slices(batch_of([["Rome"]]), "town"))
    assert not list(slices(pa.RecordBatch.from_arrays([pa.nulls(3)], ["city"]), "city"))


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (pa.array([[1.5]]), "'x' of type double.*bucket it first"),
        (pa.array([[b"\xff"]]), "'x': b'.xff' is not UTF-8"),
        (pa.array([[i] for i in range(MAX_SLICES + 1)]), "1,001 values.*coarser"),
    ],
)
def test_what_cannot_name_slices_is_refused(column, named):
    with pytest.raises(DataError, match=named):
        list(slices(pa.RecordBatch.from_arrays([column], ["x"]), "x"))
