"""Columns of every Arrow type against every area: the table in docs/types.md is what is found here.

    HEADRACE_WRITE_MATRIX=1 pytest tests/values/test_values_matrix.py      writes the table

An area is a function of a column that returns `works`, `told` (the column is named, the rest goes on) or `refused` (an
error of headrace names it). Anything else that is raised is a hole, and fails. A new area adds one function.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from headrace import values as v
from headrace.effectiveness import measure_effectiveness
from headrace.errors import DataError, UsageError

PAGE = Path(__file__).parents[2] / "docs" / "types.md"
BEGIN, END = "<!-- matrix: begin -->\n", "<!-- matrix: end -->\n"
ROWS = 24
START = datetime(2026, 3, 3, 7, tzinfo=timezone.utc)
WORKS, TOLD, REFUSED = "works", "told", "refused"

Area = Callable[[pa.ChunkedArray], str]
AREAS: dict[str, Area] = {}


def area(name: str) -> Callable[[Area], Area]:
    """Puts the function into the table under this name."""

    def registered(function: Area) -> Area:
        AREAS[name] = function
        return function

    return registered


def converted(convert: Callable[[pa.ChunkedArray], v.Converted]) -> Area:
    def outcome(column: pa.ChunkedArray) -> str:
        v.checked(convert(column), "x")
        return WORKS

    return outcome


AREAS["integers"] = converted(v.integers)
AREAS["reals"] = converted(v.reals)
AREAS["texts"] = converted(v.texts)
AREAS["times"] = converted(v.times_us)
AREAS["dates"] = converted(v.dates)
AREAS["durations"] = converted(v.durations_us)
AREAS["keys"] = converted(v.keys)
AREAS["features"] = converted(v.features)


@area("effectiveness")
def _effectiveness(column: pa.ChunkedArray) -> str:
    found = measure_effectiveness(pa.table({"y": [0, 1] * (ROWS // 2), "x": column}), "y")
    return TOLD if found.not_measured else WORKS


def columns() -> dict[str, pa.Array]:
    """One column of each Arrow type that this version of pyarrow has, with a missing value."""
    numbers = [*range(ROWS - 1), None]
    moments = [None if one is None else START + timedelta(hours=one) for one in numbers]
    days = [None if one is None else date(2026, 3, 3) + timedelta(days=one) for one in numbers]
    times = [None if one is None else time(one) for one in numbers]
    texts = [None if one is None else f"r{one}" for one in numbers]
    made: dict[str, pa.Array] = {}
    for kind in (pa.int8(), pa.int32(), pa.int64(), pa.uint32(), pa.uint64()):
        made[str(kind)] = pa.array(numbers, kind)
    made["uint64 from 2^63 on"] = pa.array([None if one is None else 2**63 + one for one in numbers], pa.uint64())
    made["int64, seconds since 1970"] = pa.array([None if one is None else 1_772_521_200 + one for one in numbers])
    halves = [None if one is None else one + 0.5 for one in numbers]
    made["float16"] = pa.array(np.arange(ROWS, dtype=np.float16), mask=np.arange(ROWS) == ROWS - 1)
    made["float, whole"] = pa.array(numbers, pa.float32())
    made["float, with fractions"] = pa.array(halves, pa.float32())
    made["double, whole"] = pa.array(numbers, pa.float64())
    made["double, with fractions"] = pa.array(halves, pa.float64())
    made["double, 1e300"] = pa.array([None if one is None else 1e300 for one in numbers])
    made["bool"] = pa.array([None if one is None else one % 2 == 0 for one in numbers])
    for precision, scale in ((20, 0), (9, 2)):
        raw = [None if one is None else Decimal(one).scaleb(-scale) for one in numbers]
        made[f"decimal128({precision}, {scale})"] = pa.array(raw, pa.decimal128(precision, scale))
    made["decimal256(60, 2)"] = pa.array(
        [None if one is None else Decimal(one) for one in halves], pa.decimal256(60, 2)
    )
    for unit in ("s", "ms", "us", "ns"):
        made[f"timestamp[{unit}]"] = pa.array(moments, pa.timestamp("us", "UTC")).cast(pa.timestamp(unit))
    made["timestamp[us, tz=UTC]"] = pa.array(moments, pa.timestamp("us", "UTC"))
    parts = [None if one is None else one * 10**9 + 500 for one in numbers]
    made["timestamp[ns], parts below us"] = pa.array(parts, pa.timestamp("ns"))
    made["date32"], made["date64"] = pa.array(days), pa.array(days, pa.date64())
    for kind in (pa.time32("s"), pa.time64("us")):
        made[str(kind)] = pa.array(times, kind)
    made["duration[us]"] = pa.array([None if one is None else timedelta(hours=one) for one in numbers])
    made["string"], made["large_string"] = pa.array(texts), pa.array(texts, pa.large_string())
    made["dictionary of string"] = pa.array(texts).dictionary_encode()
    made["dictionary of int64"] = pa.array(numbers).dictionary_encode()
    made["binary, UTF-8"] = pa.array(texts).cast(pa.binary())
    made["binary, not UTF-8"] = pa.array([None if one is None else bytes([255, one]) for one in numbers])
    made["fixed_size_binary[2], not UTF-8"] = pa.array(made["binary, not UTF-8"].to_pylist(), pa.binary(2))
    made["list of one int64"] = pa.array([None if one is None else [one] for one in numbers])
    made["list of several"] = pa.array([None if one is None else [one, one] for one in numbers])
    made["fixed_size_list of 2"] = pa.array(
        [None if one is None else [one, one] for one in numbers], pa.list_(pa.int64(), 2)
    )
    made["list of lists"] = pa.array([None if one is None else [[one]] for one in numbers])
    made["struct"] = pa.array([None if one is None else {"a": one} for one in numbers])
    made["map"] = pa.array([None if one is None else [("a", one)] for one in numbers], pa.map_(pa.string(), pa.int64()))
    interval = [None if one is None else pa.MonthDayNano([one, 0, 0]) for one in numbers]
    made["month_day_nano_interval"] = pa.array(interval, pa.month_day_nano_interval())
    made["null"] = pa.nulls(ROWS)
    if hasattr(pa, "string_view"):
        made["string_view"] = pa.array(texts, pa.string_view())
    if hasattr(pa, "RunEndEncodedArray"):
        runs = pa.array(range(1, ROWS + 1), pa.int32())
        made["run_end_encoded of int64"] = pa.RunEndEncodedArray.from_arrays(runs, pa.array(numbers))
    if hasattr(pa, "uuid"):
        ids = pa.array([None if one is None else bytes([one] * 16) for one in numbers], pa.binary(16))
        made["extension uuid"] = pa.ExtensionArray.from_storage(pa.uuid(), ids)
    if hasattr(pa, "bool8"):
        flags = pa.array([None if one is None else one % 2 for one in numbers], pa.int8())
        made["extension bool8"] = pa.ExtensionArray.from_storage(pa.bool8(), flags)
    return made


def outcome(name: str, column: pa.ChunkedArray) -> str:
    try:
        return AREAS[name](column)
    except (DataError, UsageError) as error:
        if "'x'" not in str(error):
            raise
        return REFUSED


def rows() -> dict[str, str]:
    """The rows of the table that this version of pyarrow can make, by the name of the column."""
    found = {}
    for name, column in columns().items():
        chunked = pa.chunked_array([column.slice(0, 7), column.slice(7)])
        cells = [name, str(v.of_arrow(column.type)), *(outcome(one, chunked) for one in AREAS)]
        found[name] = "| " + " | ".join(cells) + " |"
    return found


def head() -> list[str]:
    names = ["stored as", "type", *AREAS]
    return ["| " + " | ".join(names) + " |", "| " + " | ".join(["---"] * len(names)) + " |"]


def test_the_table_in_the_page_is_what_every_area_makes_of_every_column() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    table, after = rest.split(END)
    written = table.splitlines()
    found = rows()
    if os.environ.get("HEADRACE_WRITE_MATRIX"):
        # Rows of types that this version of pyarrow lacks stay as they are.
        kept = {line.split(" | ")[0].removeprefix("| "): line for line in written[2:]}
        lines = [*head(), *{**kept, **found}.values()]
        PAGE.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")
        pytest.skip("the table is written")
    assert written[:2] == head()
    assert [line for line in written[2:] if line in found.values()] == list(found.values())
