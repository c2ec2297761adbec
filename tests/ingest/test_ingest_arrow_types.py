"""Columns of every Arrow type: values come through exactly, or the row is rejected, or the column refused by name."""

from __future__ import annotations

import json
import math
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace import DataError
from headrace.files.parquet import open_parquet
from headrace.files.parquet import read_table as read_parquet
from headrace.ingest import Field, RecordSpec
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import describe
from headrace.ingest.parse import guess_chunk, parse_chunk
from headrace.ingest.records.typed_rows import table_rows
from headrace.ingest.spec.source import Source

START = datetime(2026, 3, 3, 7, tzinfo=timezone.utc)
START_US = int(START.timestamp()) * 1_000_000
HALF = np.float16(0.1)
KINDS = {
    "int8": (pa.array([1, None], pa.int8()), "integer", [1, None]),
    "uint64": (pa.array([2**63 - 1, None], pa.uint64()), "integer", [2**63 - 1, None]),
    "float16": (pa.array(np.array([HALF, 1], np.float16)), "float", [float(HALF), 1.0]),
    "float32": (pa.array([0.1, None], pa.float32()), "float", [0.1, None]),
    "float64": (pa.array([1e-7, -1e30]), "float", [1e-7, -1e30]),
    "bool": (pa.array([True, None]), "boolean", [1, None]),
    "decimal128(9, 2)": (pa.array([Decimal("-0.05"), None], pa.decimal128(9, 2)), "float", [-0.05, None]),
    "decimal128(20, 0)": (pa.array([Decimal(2**62), None], pa.decimal128(20, 0)), "integer", [2**62, None]),
    "decimal256": (pa.array([Decimal("12345678.5"), None], pa.decimal256(60, 2)), "float", [12345678.5, None]),
    "timestamp[s]": (pa.array([START, None], pa.timestamp("s")), "timestamp", [START_US, None]),
    "timestamp[ms, UTC]": (pa.array([START, None], pa.timestamp("ms", "UTC")), "timestamp", [START_US, None]),
    "timestamp[ns]": (pa.array([START_US * 1000, None], pa.timestamp("ns")), "timestamp", [START_US, None]),
    "date32": (pa.array([START.date(), None]), "date", [START_US - 7 * 3_600_000_000, None]),
    "date64": (pa.array([START.date(), None], pa.date64()), "date", [START_US - 7 * 3_600_000_000, None]),
    "time32": (pa.array([time(8, 30), None], pa.time32("ms")), "time_of_day", [30_600_000_000, None]),
    "time64": (pa.array([time(8, 30, 0, 5), None], pa.time64("ns")), "time_of_day", [30_600_000_005, None]),
    "duration": (pa.array([timedelta(seconds=-1.5), None], pa.duration("ms")), "duration", [-1.5, None]),
    "string": (pa.array(["007", None]), "text", ["007", None]),
    "large_string": (pa.array(["7", None], pa.large_string()), "text", ["7", None]),
    "dictionary of string": (pa.array(["a", None]).dictionary_encode(), "text", ["a", None]),
    "dictionary of int": (pa.array([7, None]).dictionary_encode(), "integer", [7, None]),
    "binary": (pa.array([b"a", None]), "text", ["a", None]),
    "fixed_size_binary": (pa.array([b"ab", None], pa.binary(2)), "text", ["ab", None]),
    "list": (pa.array([[7], None]), "integer", [7, None]),
    "list of several": (pa.array([[7], [8, None]]), "text", ["7", "[8,null]"]),
    "large_list": (pa.array([["x"], []], pa.large_list(pa.string())), "text", ["x", None]),
    # Arrow 10 can't read a missing one from Parquet.
    "fixed_size_list": (pa.array([[1.5, 2], [3, 4]], pa.list_(pa.float32(), 2)), "text", ["[1.5,2]", "[3,4]"]),
    "list of times": (pa.array([[START, None], None]), "text", ['["2026-03-03 07:00:00.000000Z",null]', None]),
    "list of structs": (pa.array([[{"a": 'x"'}, {"a": None}], []]), "text", ['[{"a":"x\\""},{"a":null}]', None]),
    "map": (pa.array([[("a", 7)], None], pa.map_(pa.string(), pa.int64())), "text", ['{"a":7}', None]),
    "null": (pa.nulls(2), "float", [None, None]),
}


def guessed(table: pa.Table, tmp_path, record: RecordSpec | None = None):
    pq.write_table(table, tmp_path / "rows.parquet")
    file = describe(str(tmp_path / "rows.parquet"), Source(name="s", pattern="x"))
    (chunk,) = cut([file], 1 << 20)
    return guess_chunk(chunk, record) if record is None else parse_chunk(chunk, record.fields)


@pytest.mark.parametrize("name", KINDS)
def test_values_of_every_type_come_through_exactly(tmp_path, name):
    column, kind, values = KINDS[name]
    if name == "float16":
        rows = table_rows(pa.table({"x": column}), ["x"])
        assert [np.float16(text) for text in rows.columns["x"].to_pylist()] == [HALF, 1]
        return
    found = guessed(pa.table({"x": column, "id": [1, 2]}), tmp_path)
    assert found.parsed.rejects.num_rows == 0
    assert {field.name: field.kind for field in found.fields}["x"] == kind
    assert found.parsed.rows["x"].to_pylist() == values


@pytest.mark.parametrize("name", [name for name in KINDS if name not in ("null", "float16")])
def test_a_slice_of_a_chunked_column_has_the_same_text(name):
    column = KINDS[name][0]
    twice = pa.chunked_array([column, column]).slice(1, 2)
    rows = table_rows(pa.table({"x": twice}), ["x"])
    again = table_rows(pa.table({"x": column}), ["x"]).columns["x"].to_pylist()
    assert rows.columns["x"].to_pylist() == [again[1], again[0]]


BEYOND = {
    "beyond_years": pa.array([253_402_300_800_000, 0], pa.timestamp("ms", "UTC")),
    "below_us": pa.array([1500, 0], pa.timestamp("ns")),
    "invalid_utf8": pa.array([b"\xff", b""]),
    "beyond_int64": pa.array([-(2**63), 0]).view(pa.duration("s")),
}


@pytest.mark.parametrize("reason", BEYOND)
@pytest.mark.parametrize("inside", ["alone", "list", "struct in list"])
def test_a_value_that_can_not_be_held_exactly_is_the_fault_of_its_row_and_shown_in_it(reason, inside):
    column = BEYOND[reason]
    if inside != "alone":
        column = column if inside == "list" else pa.StructArray.from_arrays([column], names=["t"])
        column = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), column)
    rows = table_rows(pa.table({"x": column, "id": [1, 2]}), ["x", "id"])
    (fault,) = rows.faulty
    assert (fault.reason, fault.records.tolist(), rows.kept.tolist()) == (reason, [0], [1])
    assert fault.words[0].startswith("x: the value ")
    (raw,) = rows.records.texts(np.array([0]))
    assert json.loads(raw)["id"] == 1
    assert json.loads(raw)["x"] is not None


def test_a_rejected_row_is_shown_whatever_else_is_in_it(tmp_path):
    far = pa.array([253_402_300_800_000, 0], pa.timestamp("ms"))
    record = RecordSpec(fields=(Field(name="n", kind="integer", maximum=5),))
    # `far` is not declared, but part of the row.
    found = guessed(pa.table({"n": [9, 1], "far": far.slice(1).take(pa.array([0, 0]))}), tmp_path, record)
    assert json.loads(found.rejects["raw"][0].as_py()) == {"n": 9, "far": "1970-01-01 00:00:00.000000"}
    pq.write_table(pa.table({"n": [9, 1], "far": far}), tmp_path / "rows.parquet")
    found = guessed(pa.table({"n": [9, 1], "far": far}), tmp_path, record)
    assert found.rejects["reason"].to_pylist() == ["beyond_years"]


def test_nan_and_infinity_are_values_of_a_float_column(tmp_path):
    table = pa.table({"x": pa.array([math.nan, math.inf, 0.1, None], pa.float32())})
    found = guessed(table, tmp_path)
    assert (found.kinds, found.parsed.rejects.num_rows) == ({"x": "float"}, 0)
    nan, *rest = found.parsed.rows["x"].to_pylist()
    assert math.isnan(nan)
    assert rest == [math.inf, 0.1, None]
    missing = RecordSpec(fields=(Field(name="x", kind="float", missing=("", "NaN")),))
    assert guessed(table, tmp_path, missing).rows["x"].to_pylist() == [None, math.inf, 0.1, None]
    bounded = RecordSpec(fields=(Field(name="x", kind="float", minimum=0, maximum=9),))
    found = guessed(table, tmp_path, bounded)
    assert found.rows["x"].to_pylist() == [0.1, None]
    assert found.rejects["reason"].to_pylist() == ["below_minimum", "above_maximum"]


def test_whole_numbers_beyond_64_bits_are_rejected(tmp_path):
    table = pa.table({"x": pa.array([2**64 - 1, 1], pa.uint64())})
    found = guessed(table, tmp_path)
    assert found.parsed.rows["x"].to_pylist() == [1]
    assert found.parsed.rejects["reason"].to_pylist() == ["integer_overflow"]


def test_a_type_that_has_no_text_is_refused_by_name_where_it_is_wanted():
    interval = pa.array([pa.MonthDayNano([1, 0, 0])], pa.month_day_nano_interval())
    table = pa.table({"x": interval, "n": [1]})
    with pytest.raises(DataError, match=r"days: column 'x' is month_day_nano_interval.*leave it out"):
        table_rows(table, ["n", "x"], path="days")
    assert table_rows(table, ["n"]).columns["n"].to_pylist() == ["1"]


def test_a_list_of_one_is_its_value_whatever_other_rows_hold():
    whole = table_rows(pa.table({"x": pa.array([[1], [2, 3], [4]])}), ["x"]).columns["x"].to_pylist()
    parts = [table_rows(pa.table({"x": pa.array([one])}), ["x"]).columns["x"][0].as_py() for one in ([1], [2, 3], [4])]
    assert whole == parts == ["1", "[2,3]", "4"]


PAIRS, TWICE = pa.list_(pa.int64(), 2), pa.list_(pa.list_(pa.int64(), 2), 2)


@pytest.mark.skipif(int(pa.__version__.split(".")[0]) >= 15, reason="this pyarrow reads them")
@pytest.mark.parametrize(
    "lists",
    [
        pa.array([None, [1, 2]], PAIRS),
        pa.array([[1, 2]] * 99 + [None], PAIRS),
        pa.array([[[1, 2], [3, 4]], [[1, 2], None]], TWICE),
        pa.array([[[1, 2], [3, 4]], None], TWICE),
    ],
)
def test_missing_lists_of_a_fixed_length_are_refused_before_pyarrow_meets_them(tmp_path, monkeypatch, lists):
    path = str(tmp_path / "x.parquet")
    pq.write_table(pa.table({"x": lists, "n": range(len(lists))}), path, row_group_size=50)
    with open_parquet(path) as file:
        assert file.read(columns=["n"]).num_rows == len(lists)

    def never(*arguments, **options):
        raise AssertionError("pyarrow may end the process")

    monkeypatch.setattr(pq.ParquetFile, "read", never)
    monkeypatch.setattr(pq, "read_table", never)
    with open_parquet(path) as file, pytest.raises(DataError, match=r"'x'.*missing lists"):
        file.read()
    with pytest.raises(DataError, match=r"'x'.*missing lists"):
        read_parquet(path)


@pytest.mark.parametrize("lists", [pa.array([[1, 2], [None, 4]], PAIRS), pa.array([[[1, 2], [3, None]]], TWICE)])
def test_lists_of_a_fixed_length_with_missing_values_are_read(tmp_path, lists):
    pq.write_table(pa.table({"x": lists}), tmp_path / "x.parquet")
    assert read_parquet(str(tmp_path / "x.parquet")).column("x").to_pylist() == lists.to_pylist()
