"""Keys as numbers, times as microseconds, and what is said of columns that can be neither."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.examples.layout import to_features
from headrace.keyed.column_faults import column_kind, key_faults, missing_columns, time_faults
from headrace.keyed.columns import all_valid, flat, key_codes, key_table, times
from headrace.values import ColumnType, epoch, set_types
from headrace.values.times import FIRST_US, LAST_US

KEYS = st.lists(st.tuples(st.sampled_from(["a", "b", "", None]), st.sampled_from([1, 2, -1, None])), max_size=12)


def keys_of(rows: list[tuple[str | None, int | None]]) -> pa.Table:
    texts, numbers = ([row[place] for row in rows] for place in (0, 1))
    return pa.table({"text": pa.array(texts, pa.string()), "number": pa.array(numbers, pa.int64())})


@given(KEYS, KEYS, st.sampled_from([["text"], ["number"], ["text", "number"]]))
def test_codes_are_equal_where_all_keys_are_on_either_side(left: Any, right: Any, names: list[str]) -> None:
    tables = [keys_of(rows).select(names) for rows in (left, right)]
    codes = np.concatenate(key_codes(*tables))
    rows = [tuple(row.values()) for table in tables for row in table.to_pylist()]
    for (one, code), (other, other_code) in itertools.combinations(zip(rows, codes.tolist(), strict=True), 2):
        assert (one == other) == (code == other_code)
    assert (codes >= 0).all()


def test_codes_of_many_columns_of_many_values_do_not_collide() -> None:
    rng = np.random.default_rng(3)
    table = pa.table({f"k{n}": rng.integers(0, 500, 1_000) for n in range(12)})
    codes, _ = key_codes(table, table.slice(0, 0))
    assert len(set(codes.tolist())) == len({tuple(row.values()) for row in table.to_pylist()})


def test_tables_without_rows_have_no_codes() -> None:
    for chunks in ([], [pa.array([], pa.int64())]):
        none = pa.table({"k": pa.chunked_array(chunks, pa.int64())})
        some = pa.table({"k": [1, 1, 2]})
        assert [codes.tolist() for codes in key_codes(none, none)] == [[], []]
        assert [codes.tolist() for codes in key_codes(none, some)] == [[], [0, 0, 1]]


@given(KEYS)
def test_flat_and_features_give_the_same_keys(rows: Any) -> None:
    table = keys_of(rows)
    found = key_table(table, ["text", "number"])
    assert key_table(to_features(table), ["text", "number"]).equals(found)
    assert found.column("number").equals(table.column("number"))
    assert found.column("text").equals(table.column("text").cast(pa.binary()))
    assert all_valid(table).tolist() == [None not in row for row in rows]


def test_key_without_any_value_fits_a_key_of_any_kind() -> None:
    empty = pa.table({"k": pa.nulls(2, pa.float32())})
    for values in (pa.array([1, None]), pa.array(["x", None])):
        left, right = key_codes(key_table(empty, ["k"]), key_table(pa.table({"k": values}), ["k"]))
        assert left[0] == left[1] == right[1] != right[0]


def test_keys_that_count_time_are_those_of_timestamps() -> None:
    seconds = pa.table({"k": [7, None]})
    stamps = pa.table({"k": pa.array([7, None], pa.timestamp("s"))})
    assert key_table(set_types(seconds, {"k": epoch("s")}), ["k"]).equals(key_table(stamps, ["k"]))
    assert key_table(seconds, ["k"]).column("k").to_pylist() == [7, None]


def test_key_with_fractions_is_refused_by_its_name() -> None:
    with pytest.raises(DataError, match=r"column 'k': 0\.5 in row 1 has a fraction, and keys are whole"):
        key_table(pa.table({"k": [0.5]}), ["k"])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1_500_000, None], pa.timestamp("us")),
        pa.array([1_500_000_000, None], pa.timestamp("ns", "Europe/Berlin")),
        pa.array([1_500, None], pa.timestamp("ms", "UTC")),
    ],
    ids=lambda column: str(column.type),
)
def test_times_are_microseconds_in_utc_whatever_they_are_stored_as(column: pa.Array) -> None:
    time, has_time = times(pa.table({"t": column}), "t")
    assert time.tolist() == [1_500_000, 0]
    assert has_time.tolist() == [True, False]


def test_numbers_are_the_times_that_the_schema_says_and_none_without_it() -> None:
    table = pa.table({"t": [1_500, None]})
    time, has_time = times(set_types(table, {"t": epoch("ms")}), "t")
    assert (time.tolist(), has_time.tolist()) == ([1_500_000, 0], [True, False])
    with pytest.raises(DataError, match="'t'"):
        times(table, "t")
    assert times(table.slice(1), "t")[1].tolist() == [False]


@pytest.mark.parametrize("us", [FIRST_US - 1, LAST_US + 1, 2**63 - 1, -(2**63)])
def test_a_time_outside_of_the_years_1_to_9999_is_refused(us: int) -> None:
    for kept in (FIRST_US, LAST_US):
        assert times(pa.table({"t": pa.array([kept], pa.timestamp("us"))}), "t")[0].tolist() == [kept]
    with pytest.raises(DataError, match=r"column 't': .* in row 2 lies outside of the years 1 to 9999"):
        times(pa.table({"t": pa.array([0, us], pa.timestamp("us"))}), "t")


def test_a_part_of_a_microsecond_is_refused_and_not_cut_off() -> None:
    for nanoseconds in (1_500, -500):
        with pytest.raises(DataError, match=r"column 't': .* in row 1 has a part below a microsecond"):
            times(pa.table({"t": pa.array([nanoseconds], pa.timestamp("ns"))}), "t")


def test_floats_of_32_bits_are_no_times_but_for_a_column_without_values() -> None:
    with pytest.raises(DataError, match=r"column 't': 1\.5 in row 1"):
        times(pa.table({"t": pa.array([1.5], pa.float32())}), "t")
    assert times(pa.table({"t": pa.nulls(2, pa.float32())}), "t")[1].tolist() == [False, False]


def test_a_date_is_its_midnight_in_utc() -> None:
    assert times(pa.table({"t": pa.array([date(2026, 3, 3)])}), "t")[0].tolist() == [1_772_496_000_000_000]


def test_column_without_values_is_of_floats_as_it_is_stored() -> None:
    found = flat(pa.table({"x": pa.nulls(2)}), "x")
    assert (found.type, found.to_pylist()) == (pa.float64(), [None, None])


def test_column_of_several_values_a_row_has_no_flat_form() -> None:
    with pytest.raises(DataError, match=r"column 'x': \[2, 3\] in row 2 is a list of several values"):
        flat(pa.table({"x": [[1], [2, 3]]}), "x")


SCHEMA = pa.schema(
    {
        "n": pa.int32(),
        "f": pa.list_(pa.float32()),
        "s": pa.large_list(pa.binary()),
        "d": pa.dictionary(pa.int8(), pa.large_string()),
        "t": pa.timestamp("ms"),
        "b": pa.bool_(),
        "z": pa.null(),
        "day": pa.date32(),
    }
)


def test_kind_of_a_column_is_that_of_its_values() -> None:
    kinds = ["integer", "fraction", "text", "text", "time", "boolean", "fraction", "time"]
    assert [column_kind(SCHEMA, name) for name in SCHEMA.names] == kinds
    assert column_kind(SCHEMA, "absent") is None


def test_whole_numbers_are_times_where_that_is_written_with_them_and_floats_are_not() -> None:
    kinds = {
        "time": ([1], ColumnType(kind="time", resolution="us")),
        "date": ([1], ColumnType(kind="date", resolution="us")),
        "identifier": ([1], ColumnType(kind="identifier")),
        "length": ([1], ColumnType(kind="duration", resolution="us")),
        "float": ([1.5], ColumnType(kind="time", resolution="s")),
    }
    table = pa.table({name: values for name, (values, _) in kinds.items()})
    schema = set_types(table, {name: kind for name, (_, kind) in kinds.items()}).schema
    found = {name: column_kind(schema, name) for name in kinds}
    assert found == {"time": "time", "date": "time", "identifier": "integer", "length": "integer", "float": "fraction"}


def test_floats_have_the_same_flat_form_whatever_they_count() -> None:
    seconds = pa.table({"d": pa.array([1.5, None], pa.float32())})
    for kind in (ColumnType(kind="duration", resolution="s"), ColumnType(kind="real")):
        found = flat(set_types(seconds, {"d": kind}), "d")
        assert (found.type, found.to_pylist()) == (pa.float32(), [1.5, None])


def test_faults_name_side_column_kind_and_cure() -> None:
    other = pa.schema({"n": pa.string(), "s": pa.string(), "b": pa.int64(), "f": pa.int64(), "d": pa.int64()})
    keys = {"n": "n", "s": "s", "b": "b", "f": "f", "absent": "n"}
    assert key_faults(keys, "runs", SCHEMA, other) == [
        "key 'n' is integer in the events and text in the runs: declare one kind in Ingest",
    ]
    assert key_faults({"s": "d"}, "runs", SCHEMA, other) == [
        "key 's' is text in the events and integer in the runs: declare one kind in Ingest"
    ]
    assert missing_columns("runs", other, ["n", "x", "y", "x"]) == [
        "2 columns are missing from the runs: x, y; they have: n, s, b, f, d"
    ]
    assert missing_columns("runs", other, ["n"]) == []
    assert time_faults("runs", SCHEMA, {"time": "s", "created": "n", "known_at": "t", "outcome_time": "z"}) == [
        "time 's' of the runs is text: expected timestamps, dates or whole numbers; declare it as a timestamp in Ingest"
    ]
