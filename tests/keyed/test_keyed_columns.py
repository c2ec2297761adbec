"""Keys as numbers, times as microseconds, and what is said of columns that can be neither."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.examples.layout import to_features
from headrace.keyed.column_faults import column_kind, key_faults, missing_columns, time_faults
from headrace.keyed.columns import LATEST_US, all_valid, flat, key_codes, key_table, times

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


@given(KEYS)
def test_flat_and_features_give_the_same_keys(rows: Any) -> None:
    table = keys_of(rows)
    assert key_table(to_features(table), ["text", "number"]).equals(table)
    assert all_valid(table).tolist() == [None not in row for row in rows]


def test_key_without_any_value_fits_a_key_of_any_kind() -> None:
    empty = pa.table({"k": pa.nulls(2, pa.float32())})
    for values in (pa.array([1, None]), pa.array(["x", None])):
        left, right = key_codes(key_table(empty, ["k"]), key_table(pa.table({"k": values}), ["k"]))
        assert left[0] == left[1] == right[1] != right[0]


def test_key_with_fractions_is_refused_by_its_name() -> None:
    with pytest.raises(DataError, match="key 'k' is stored as floats"):
        key_table(pa.table({"k": [0.5]}), ["k"])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1_500_000, None]),
        pa.array([1_500_000, None], pa.timestamp("us")),
        pa.array([1_500_000_999, None], pa.timestamp("ns", "Europe/Berlin")),
        pa.array([1_500, None], pa.timestamp("ms", "UTC")),
    ],
    ids=lambda column: str(column.type),
)
def test_times_are_microseconds_in_utc_whatever_they_are_stored_as(column: pa.Array) -> None:
    time, has_time = times(pa.table({"t": column}), "t")
    assert time.tolist() == [1_500_000, 0]
    assert has_time.tolist() == [True, False]


def test_times_too_far_away_to_add_a_window_to_count_as_missing() -> None:
    far = [LATEST_US, LATEST_US + 1, -LATEST_US, -LATEST_US - 1]
    assert times(pa.table({"t": far}), "t")[1].tolist() == [True, False, True, False]


def test_times_with_fractions_are_refused_and_a_column_without_values_has_none() -> None:
    with pytest.raises(DataError, match="time 't' is stored as floats"):
        times(pa.table({"t": [1.5]}), "t")
    assert times(pa.table({"t": pa.nulls(2, pa.float32())}), "t")[1].tolist() == [False, False]


def test_column_of_several_values_a_row_has_no_flat_form() -> None:
    with pytest.raises(DataError, match="feature 'x' has rows of up to 2 values"):
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
    kinds = ["integer", "fraction", "text", "text", "time", "boolean", "fraction", "date32[day]"]
    assert [column_kind(SCHEMA, name) for name in SCHEMA.names] == kinds
    assert column_kind(SCHEMA, "absent") is None


def test_faults_name_side_column_kind_and_cure() -> None:
    other = pa.schema({"n": pa.string(), "s": pa.string(), "b": pa.int64(), "f": pa.int64(), "d": pa.int64()})
    keys = {"n": "n", "s": "s", "b": "b", "f": "f", "absent": "n"}
    assert key_faults(keys, "runs", SCHEMA, other) == [
        "key 'n' is integer in the events and text in the runs: declare one kind in Ingest",
        "key 'b' is boolean and integer: expected integers or text",
    ]
    assert key_faults({"s": "d"}, "runs", SCHEMA, other) == [
        "key 's' is text in the events and integer in the runs: declare one kind in Ingest"
    ]
    assert missing_columns("runs", other, ["n", "x", "y", "x"]) == [
        "2 columns are missing from the runs: x, y; they have: n, s, b, f, d"
    ]
    assert missing_columns("runs", other, ["n"]) == []
    assert time_faults("runs", SCHEMA, {"time": "s", "created": "n", "known_at": "t", "outcome_time": "z"}) == [
        "time 's' of the runs is text: expected int64 microseconds; declare it as a timestamp in Ingest"
    ]
