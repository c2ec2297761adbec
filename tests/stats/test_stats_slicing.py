import itertools

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.stats import Slice
from headrace.stats.reading.keyed_rows import with_keys as keyed
from headrace.stats.reading.slicing import MAX_SLICES, slices

CITIES = ["Oslo", "Rome", "Köln"]
rows = st.lists(st.none() | st.lists(st.sampled_from(CITIES), max_size=3), max_size=20)
pairs = st.lists(
    st.tuples(
        st.none() | st.lists(st.sampled_from(CITIES), max_size=2), st.none() | st.lists(st.integers(0, 2), max_size=2)
    ),
    max_size=15,
)
BY_CITY = Slice(by={"city": None})


def batch_of(cities, city_type=None, **columns):
    city_type = city_type or pa.list_(pa.binary())
    cities = pa.array([c and [x.encode() for x in c] for c in cities], city_type)
    made = {"row": pa.array([[i] for i in range(len(cities))], pa.list_(pa.int64())), "city": cities, **columns}
    return pa.RecordBatch.from_arrays(list(made.values()), list(made))


def cut(batch, by):
    (each,) = keyed([batch])
    found = {}
    for name, part in slices(each, by):
        assert len(part.keys) == part.batch.num_rows
        assert name not in found
        found[name] = [row for (row,) in part.batch.column(0).to_pylist()]
    return found


@given(rows, st.sampled_from([pa.list_(pa.binary()), pa.large_list(pa.large_binary())]))
def test_a_slice_holds_each_row_that_has_the_value_once_in_their_order(cities, city_type):
    values = {value for row in cities for value in row or []}
    expected = {f"city_{v}": [i for i, row in enumerate(cities) if v in (row or [])] for v in values}
    assert cut(batch_of(cities, city_type), BY_CITY) == expected


@given(pairs, st.none() | st.sets(st.sampled_from(CITIES), min_size=1))
def test_crossed_slices_hold_the_rows_that_have_both_values(pairs, wanted):
    hours = pa.array([hour for _, hour in pairs], pa.list_(pa.int64()))
    batch = batch_of([city for city, _ in pairs], hour=hours)
    expected = {}
    for row, (cities, hours) in enumerate(pairs):
        for city, hour in itertools.product(set(cities or []) & (wanted or set(CITIES)), set(hours or [])):
            expected.setdefault(f"city_{city}_hour_{hour}", []).append(row)
    by = Slice(by={"hour": None, "city": wanted and tuple(wanted)})
    assert cut(batch, by) == expected


def test_only_the_wanted_values_make_slices():
    batch = batch_of([["Rome"], ["Oslo"], None, ["Oslo", "Rome"]], hour=pa.array([[7], [8], [7], [7]]))
    assert cut(batch, Slice(by={"city": ("Oslo", "Bergen")})) == {"city_Oslo": [1, 3]}
    assert cut(batch, Slice(by={"hour": (7,)})) == cut(batch, Slice(by={"hour": ("7",)})) == {"hour_7": [0, 2, 3]}


def test_whole_numbers_name_slices_too():
    batch = batch_of([None] * 3, hour=pa.array([[7], [-1], [7]]))
    assert cut(batch, Slice(by={"hour": None})) == {"hour_7": [0, 2], "hour_-1": [1]}


def test_a_slice_of_a_batch_is_cut_as_the_batch_would_be():
    batch = batch_of([["Rome"], ["Oslo"], None, ["Oslo"]]).slice(1)
    assert cut(batch, BY_CITY) == {"city_Oslo": [1, 3]}


def test_a_condition_is_sql_over_single_values_and_lists():
    tags = pa.array([[b"a", b"b"], None, [b"b"], []])
    raw = pa.array([[b"\xff"], [b"x"], [b"y"], None])
    batch = batch_of([["Rome"], ["Oslo"], None, ["Köln"]], tags=tags, raw=raw).slice(1)
    assert cut(batch, Slice(name="far", where="city IN ('Köln', 'Rome') OR row = 1")) == {"far": [1, 3]}
    assert cut(batch, Slice(name="b", where="tags = 'b'")) == {"b": [2]}
    lists = batch_of([None] * 4, tags=tags, raw=raw)
    assert cut(lists, Slice(name="b", where="list_contains(tags, 'b')")) == {"b": [0, 2]}
    assert cut(lists, Slice(name="x", where="raw != 'x'")) == {"x": [0, 2]}
    assert cut(lists, Slice(name="nobody", where="raw = 'z'")) == {}


def test_a_condition_that_does_not_fit_is_told_with_what_there_is():
    with pytest.raises(DataError, match=r"(?s)slice 'x'.*'town = 1' does not fit.*the features are: row, city"):
        cut(batch_of([["Rome"]]), Slice(name="x", where="town = 1"))


def test_a_batch_without_the_feature_or_its_values_has_no_slices():
    assert cut(batch_of([["Rome"]]), Slice(by={"town": None})) == {}
    assert cut(batch_of([["Rome"]]), Slice(by={"town": None, "city": None})) == {}
    assert cut(pa.RecordBatch.from_arrays([pa.nulls(3)], ["city"]), BY_CITY) == {}


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
        cut(pa.RecordBatch.from_arrays([column], ["x"]), Slice(by={"x": None}))


def test_a_condition_reads_no_file(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    condition = f"city IS NOT NULL AND EXISTS (FROM read_csv('{tmp_path}/secret.csv'))"
    with pytest.raises(DataError, match="does not fit the features: Permission Error"):
        cut(batch_of([["Oslo"]]), Slice(name="x", where=condition))
