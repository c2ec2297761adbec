"""What point-in-time features are made of, whatever columns are stored as: exact, or refused by name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import from_features
from headrace.point_in_time import (
    Aggregate,
    AsOfTable,
    EventStream,
    PointInTimeSpec,
    Where,
    join_feature_files,
    join_features,
)

MARCH_US = 1_772_521_200_000_000
EVENTS = pa.table({"k": ["a"], "t": pa.array([MARCH_US], pa.timestamp("us"))})


def rows_of(count: int = 2, **columns: Any) -> pa.Table:
    """The rows of `a` in the seconds before the event."""
    before = pa.array([MARCH_US - (count - row) * 10**6 for row in range(count)], pa.timestamp("us"))
    return pa.table({"k": ["a"] * count, "s": before, "v": pa.array(range(count), pa.int64()), **columns})


def facts(**changes: Any) -> AsOfTable:
    return AsOfTable(**{"name": "rows", "keys": ("k",), "time": "s", "features": {"f": "v"}, **changes})


def stream(function: str, **changes: Any) -> EventStream:
    settings = {name: changes.pop(name) for name in ("times", "exclude_own") if name in changes}
    value = None if function == "count" else "v"
    one = Aggregate(**{"name": "f", "function": function, "value": value, "window": "7d", **changes})
    return EventStream(name="rows", keys=("k",), time="s", aggregates=(one,), **settings)


def spec_of(table: Any, **changes: Any) -> PointInTimeSpec:
    return PointInTimeSpec(event_time="t", tables=(table,), **changes)


def in_memory(events: pa.Table, rows: pa.Table, table: Any, **changes: Any) -> list[Any]:
    found: list[Any] = join_features(events, {"rows": rows}, spec_of(table, **changes)).events.column("f").to_pylist()
    return found


def in_files(folder: Path, events: pa.Table, rows: pa.Table, table: Any, **changes: Any) -> list[Any]:
    found: list[Any] = joined_files(folder, events, rows, table, **changes).column("f").to_pylist()
    return found


def joined_files(folder: Path, events: pa.Table, rows: pa.Table, table: Any, **changes: Any) -> pa.Table:
    for name, one in (("events", events), ("rows", rows)):
        pq.write_table(one, folder / f"{name}.parquet", version="2.6")
    join_feature_files(
        spec_of(table, **changes),
        events={"all": [str(folder / "events.parquet")]},
        tables={"rows": [str(folder / "rows.parquet")]},
        examples_dir=str(folder / "examples"),
        engine="threads:1",
    )
    paths = sorted((folder / "examples").glob("*/*.parquet"))
    return from_features(pa.concat_tables(map(pq.read_table, paths)))


def both(folder: Path, rows: pa.Table, table: Any, events: pa.Table = EVENTS, **changes: Any) -> list[Any]:
    """The feature, which must be the same in memory as by way of files."""
    found = in_memory(events, rows, table, **changes)
    if not any(pa.types.is_float16(kind) for kind in rows.schema.types):  # which Parquet does not have
        narrow = [float(np.float32(one)) if isinstance(one, float) else one for one in found]
        assert narrow == in_files(folder, events, rows, table, **changes)
    return found


def by_function(folder: Path, rows: pa.Table, *functions: str) -> dict[str, Any]:
    """The aggregates of the one event, by function; the same in memory as by way of files."""
    aggregates = [stream(function, name=function).aggregates[0] for function in functions]
    table = replace(stream("last"), aggregates=tuple(aggregates))
    joined = join_features(EVENTS, {"rows": rows}, spec_of(table)).events
    (found,) = joined.select(functions).to_pylist()
    if not pa.types.is_float16(rows["v"].type):  # which Parquet does not have
        (row,) = joined_files(folder, EVENTS, rows, table).select(functions).to_pylist()
        assert {name: np.float32(one) if isinstance(one, float) else one for name, one in found.items()} == row
    return dict(found)


def refused(folder: Path, words: str, rows: pa.Table, table: Any, events: pa.Table = EVENTS, **changes: Any) -> None:
    """In memory, and by way of files."""
    for join in (in_memory, lambda *given, **more: in_files(folder, *given, **more)):
        with pytest.raises((DataError, UsageError), match=words):
            join(events, rows, table, **changes)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_epoch_numbers_are_read_in_their_unit_and_that_is_said(unit: str, tmp_path: Path) -> None:
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    second = MARCH_US // 10**6
    events = pa.table({"k": ["a", "a"], "t": [second * scale, (second + 9) * scale]})
    rows = rows_of(1, s=pa.array([(second + 5) * scale]))
    assert both(tmp_path, rows, facts(), events) == [None, 0]
    joined = join_features(events, {"rows": rows}, spec_of(facts()))
    assert [remark.split(":")[0] for remark in joined.remarks] == ["events", "rows"]
    assert all(f"declare epoch_{unit}" in remark for remark in joined.remarks)
    assert json.loads((tmp_path / "examples" / "ledger.json").read_text())["remarks"] == list(joined.remarks)
    declared = spec_of(facts(times={"s": f"epoch_{unit}"}), times={"t": f"epoch_{unit}"})
    assert join_features(events, {"rows": rows}, declared).remarks == []
    zero = rows_of(2, s=pa.array([0, second * scale]))
    refused(tmp_path, "column 's' of the rows has numbers from 0 to", zero, facts(), events)
    assert both(tmp_path, zero, facts(times={"s": f"epoch_{unit}"}), events) == [1, 1]


def test_a_row_half_a_microsecond_after_the_event_is_refused_and_not_used(tmp_path: Path) -> None:
    for moved in (-500, 500):
        rows = rows_of(1, s=pa.array([MARCH_US * 1_000 + moved], pa.timestamp("ns")))
        for table in (facts(), stream("count"), facts(created="s")):
            refused(tmp_path, "column 's': .* in row 1 has a part below a microsecond", rows, table)


@pytest.mark.parametrize(
    "at",
    [pa.array([float("nan")]), pa.array([time(8, 30)]), pa.array(["2026"]), pa.array([10**14], pa.timestamp("s"))],
    ids=lambda one: str(one.type),
)
def test_what_is_no_time_is_refused_by_name(at: pa.Array, tmp_path: Path) -> None:
    refused(tmp_path, "'s'", rows_of(1, s=at), facts())


VALUES = {
    "uint8": (pa.array([3, 4], pa.uint8()), 4, 7),
    "uint64": (pa.array([3, 4], pa.uint64()), 4, 7),
    "float16": (pa.array(np.array([0.5, 1.5], np.float16)), 1.5, 2.0),
    "double": (pa.array([0.5, 1.5]), 1.5, 2.0),
    "boolean": (pa.array([True, True]), True, 2),
    "decimal": (pa.array([Decimal("0.50"), Decimal("1.50")]), 1.5, 2.0),
    "whole decimal": (pa.array([Decimal(3), Decimal(4)], pa.decimal128(30, 0)), 4, 7),
    "duration": (pa.array([timedelta(seconds=3), timedelta(seconds=4)]), 4_000_000, 7_000_000),
    "dictionary": (pa.array([3, 4]).dictionary_encode(), 4, 7),
    "category": (pa.array(["x", "y"]).dictionary_encode(), "y", None),
    "date": (pa.array([date(1970, 1, 2), date(1970, 1, 3)]), 2 * 86_400_000_000, None),
    "timestamp": (pa.array([datetime(1970, 1, 2), datetime(1970, 1, 3)], pa.timestamp("s")), 2 * 86_400_000_000, None),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_feature_is_the_value_whatever_it_is_stored_as(name: str, tmp_path: Path) -> None:
    values, last, total = VALUES[name]
    rows = rows_of(2, v=values)
    assert both(tmp_path, rows, facts()) == [last]
    expected = {"last": last, "distinct": 1 if name == "boolean" else 2}
    if total is None:
        refused(tmp_path, "aggregate 'f' is the sum of numbers, but column 'v' is", rows, stream("sum"))
    else:
        expected |= {"sum": total, "mean": total / 2, "max": int(last) if last is True else last, "rate": 1.0}
    assert by_function(tmp_path, rows, *expected) == expected


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (pa.array([2**63], pa.uint64()), "column 'v': 9223372036854775808 in row 1 does not fit"),
        (pa.array([b"\xff"]), "column 'v': 0xff in row 1 is not UTF-8 text"),
        (pa.array([[1, 2]]), r"column 'v': \[1, 2\] in row 1 is a list of several values"),
        (pa.array([{"a": 1}]), "column 'v'.* is struct of a"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_refused_by_name(value: pa.Array, words: str, tmp_path: Path) -> None:
    for table in (facts(), stream("last"), stream("distinct")):
        refused(tmp_path, words, rows_of(1, v=value), table)


def test_numbers_that_no_feature_holds_are_refused_with_the_aggregate(tmp_path: Path) -> None:
    large = rows_of(10, v=pa.array([10**18] * 10))
    refused(
        tmp_path, "aggregate 'f', the sum of column 'v': the sum is .* which does not fit 64 bits", large, stream("sum")
    )
    assert in_memory(EVENTS, large, stream("mean")) == [1e18]
    huge = rows_of(1, v=pa.array([1e300]))
    assert in_memory(EVENTS, huge, facts()) == [1e300]
    with pytest.raises(DataError, match=r"rows.parquet: column 'v': 1e\+300 in row 1 does not fit a float of 32 bits"):
        in_files(tmp_path, EVENTS, huge, facts())
    most = rows_of(2, v=pa.array([1.7e308, 1.7e308]))
    with pytest.raises(DataError, match="aggregate 'f', the sum of column 'v': the sum is beyond"):
        in_memory(EVENTS, most, stream("sum"))
    threes = rows_of(2, v=pa.array([3e38, 3e38]))
    with pytest.raises(DataError, match=r"column 'f': 6\.?\d*e\+38"):
        in_files(tmp_path, EVENTS, threes, stream("sum"))


@pytest.mark.parametrize(
    ("column", "values", "others"),
    [
        (pa.array([date(1970, 1, 2), date(1970, 1, 3)]), (86_400_000_000,), (1,)),
        (pa.array([datetime(1970, 1, 2), datetime(1970, 1, 3)], pa.timestamp("ms")), (86_400_000_000,), (1,)),
        (pa.array([timedelta(seconds=1), timedelta(seconds=2)], pa.duration("ms")), (1_000_000,), (1,)),
        (pa.array([Decimal("0.50"), Decimal("1.50")]), (0.5,), (1,)),
        (pa.array([1, 2], pa.uint64()), (1,), (3,)),
        (pa.array(["x", "y"]).dictionary_encode(), ("x",), ("z",)),
    ],
    ids=lambda one: str(getattr(one, "type", "")),
)
def test_rows_are_chosen_by_values_and_not_by_how_they_are_stored(
    column: pa.Array, values: Any, others: Any, tmp_path: Path
) -> None:
    rows = rows_of(2, c=column)
    assert both(tmp_path, rows, stream("count", where=(Where(column="c", values=values),))) == [1]
    assert both(tmp_path, rows, stream("count", where=(Where(column="c", values=others),))) == [0]
    far = stream("count", where=(Where(column="v", values=(2**70,)),))
    refused(tmp_path, "aggregate 'f' wants .* in column 'v', which is integer", rows, far)


def test_rows_of_the_event_itself_are_found_whatever_ids_are_stored_as(tmp_path: Path) -> None:
    near = pa.array([20_000_000.0, 20_000_001.0])  # one number as floats of 32 bits
    events = EVENTS.append_column("id", pa.array([20_000_001]))
    assert both(tmp_path, rows_of(2, id=near), stream("sum", exclude_own=("id",)), events) == [0]


def test_a_declared_column_must_be_there(tmp_path: Path) -> None:
    words = "times declares 'x', which is not a column of the events or a table"
    refused(tmp_path, words, rows_of(), facts(), times={"x": "epoch_s"})
    refused(
        tmp_path,
        "times declares 'x', which is not a column of the table rows",
        rows_of(),
        facts(times={"x": "epoch_s"}),
    )
