"""What whole numbers of times count: one answer for all rows of a side, declared, written, or found by their range."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError, UsageError
from headrace.keyed.columns import times
from headrace.keyed.footers import range_in_file
from headrace.keyed.schemas import conform, read_side_schema
from headrace.keyed.time_units import needs_unit, range_of, with_units
from headrace.values import declared, epoch, set_types, written_types

MARCH_S = 1_772_521_200
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


def shards(folder: Path, *tables: pa.Table, **options: Any) -> list[str]:
    paths = [str(folder / f"{number}.parquet") for number in range(len(tables))]
    for table, path in zip(tables, paths, strict=True):
        pq.write_table(table, path, version="2.6", **options)
    return paths


def read(paths: list[str], **declared_: str) -> tuple[list[int], tuple[str, ...]]:
    """The times of all shards by the files' way, and the remarks."""
    side = read_side_schema("events", paths, times=["t"], declared=declared_)
    rows = pa.concat_tables([conform(pq.read_table(path), side, path=path) for path in paths])
    return times(rows, "t")[0].tolist(), side.remarks


@pytest.mark.parametrize("unit", PER_SECOND)
def test_a_unit_is_found_by_the_range_of_all_rows_and_said(unit: str, tmp_path: Path) -> None:
    counts = [(MARCH_S + second) * PER_SECOND[unit] for second in range(3)]
    expected = [(MARCH_S + second) * 10**6 for second in range(3)]
    said = (
        f"events: column 't' is read as {WORDS[unit]} since 1970, by the range of its values: declare epoch_{unit}",
    )
    table, remarks = with_units("events", pa.table({"t": counts}), ["t"], {})
    assert (times(table, "t")[0].tolist(), tuple(remarks)) == (expected, said)
    assert table.column("t").to_pylist() == counts
    parts = [pa.table({"t": counts[:1]}), pa.table({"t": counts[1:]})]
    assert read(shards(tmp_path, *parts)) == (expected, said)
    assert read(shards(tmp_path, *parts), t=f"epoch_{unit}") == (expected, ())


def test_the_units_of_several_columns_are_all_said(tmp_path: Path) -> None:
    table = pa.table({"t": [MARCH_S], "known": pa.array([MARCH_S], pa.timestamp("s")), "u": [MARCH_S * 1_000]})
    said = with_units("events", table, table.column_names, {})[1]
    assert [remark.split(" is read as ")[0] for remark in said] == ["events: column 't'", "events: column 'u'"]
    assert list(read_side_schema("events", shards(tmp_path, table), times=table.column_names).remarks) == said


def test_zero_for_an_unknown_time_or_rows_of_two_units_are_refused_whatever_shard_they_are_in(tmp_path: Path) -> None:
    for other in (0, MARCH_S * 1_000, -1, 2**63 - 1):
        low, high = sorted([other, MARCH_S])
        words = re.escape(
            f"column 't' of the events has numbers from {low:,} to {high:,}, which do not all lie in the years 1990 to "
            "2099 by any one unit (s, ms, us or ns since 1970): declare what they count, as in times: {t: epoch_us}, "
            "and store what is unknown as missing"
        )
        with pytest.raises(DataError, match=words):
            with_units("events", pa.table({"t": [other, MARCH_S]}), ["t"], {})
        with pytest.raises(DataError, match=words):
            read(shards(tmp_path, pa.table({"t": [other]}), pa.table({"t": [MARCH_S]})))
    assert read(shards(tmp_path, pa.table({"t": [0]}), pa.table({"t": [7]})), t="epoch_us") == ([0, 7], ())


def test_a_declaration_that_the_data_contradict_is_refused_and_one_of_timestamps_does_no_harm(tmp_path: Path) -> None:
    typed = set_types(pa.table({"t": [MARCH_S * 10**6]}), {"t": epoch("us")})
    for join in (
        lambda: with_units("events", typed, ["t"], {"t": "epoch_s"}),
        lambda: read(shards(tmp_path, typed), t="epoch_s"),
    ):
        with pytest.raises(UsageError, match="times declares column 't' of the events as epoch_s, but it is written"):
            join()
    stamps = pa.table({"t": pa.array([MARCH_S * 1_000], pa.timestamp("ms"))})
    assert read(shards(tmp_path, stamps), t="epoch_s") == ([MARCH_S * 10**6], ())
    assert times(with_units("events", stamps, ["t"], {"t": "epoch_s"})[0], "t")[0].tolist() == [MARCH_S * 10**6]


def test_each_shard_is_read_as_it_says_itself(tmp_path: Path) -> None:
    us = MARCH_S * 10**6
    tables = [
        pa.table({"t": pa.array([MARCH_S], pa.timestamp("s"))}),
        set_types(pa.table({"t": [MARCH_S * 1_000]}), {"t": epoch("ms")}),
        pa.table({"t": [float(MARCH_S)]}),
        pa.table({"t": pa.array([[MARCH_S]], pa.list_(pa.int64()))}),
        pa.table({"t": pa.nulls(1, pa.float32())}),
        pa.table({"t": pa.nulls(1)}),
        pa.table({"t": pa.nulls(1, pa.int64())}),
        pa.table({"more": [1]}),
    ]
    found, (said,) = read(shards(tmp_path, *tables))
    assert found == [us, us, us, us, 0, 0, 0, 0]
    assert "seconds" in said
    side = read_side_schema("events", shards(tmp_path, *tables), times=["t"])
    assert written_types(side.schema) == {"t": epoch("us")} or written_types(side.schema)["t"].resolution == "us"


def test_floats_of_32_bits_are_no_times_and_named_with_their_file(tmp_path: Path) -> None:
    (path,) = shards(tmp_path, pa.table({"t": pa.array([None, 1.5], pa.float32())}))
    with pytest.raises(DataError, match=rf"{path}: column 't': 1\.5 in row 2 "):
        read([path])
    with pytest.raises(DataError, match=rf"{path}: column 't': 1\.5 in row 2 is a float of 32 bits, which .* no time"):
        read([path], t="epoch_s")


def test_rows_of_errors_are_counted_from_the_beginning_of_the_file(tmp_path: Path) -> None:
    (path,) = shards(tmp_path, pa.table({"t": pa.array([0, 0, 1], pa.timestamp("ns"))}))
    side = read_side_schema("events", [path], times=["t"])
    with pytest.raises(DataError, match=rf"{path}: column 't': .* in row 103 has a part below a microsecond"):
        conform(pq.read_table(path), side, path=path, first_row=100)


@pytest.mark.parametrize("statistics", [True, False])
@given(rows=st.lists(st.integers(-5, 5) | st.none(), min_size=1, max_size=9), place=st.integers(0, 3))
def test_the_range_in_a_footer_is_that_of_the_rows(
    statistics: bool, rows: list[int | None], place: int, tmp_path_factory: Any
) -> None:
    one = pa.array(rows, pa.int64())
    columns = {"a": pa.array([{"x": 1, "y": [2]}] * len(rows)), "b": pa.array([["x", "y"]] * len(rows)), "a.t": one}
    items = list(columns.items())
    items.insert(
        place, ("t", one if place % 2 else pa.array([None if n is None else [n] for n in rows], pa.list_(pa.int64())))
    )
    table = pa.table(dict(items))
    path = str(tmp_path_factory.mktemp("range") / "t.parquet")
    pq.write_table(table, path, row_group_size=2, write_statistics=statistics)
    values = [row for row in rows if row is not None]
    expected = (min(values), max(values)) if values else (None, None)
    metadata = pq.read_metadata(path)
    assert range_in_file(path, metadata, metadata.schema.to_arrow_schema(), "t") == expected
    assert range_of(table.column("t")) == expected


def test_only_numbers_without_a_type_need_a_unit() -> None:
    for kind, needs in ((pa.int32(), True), (pa.list_(pa.uint64()), True), (pa.float64(), True), (pa.date32(), False),
                        (pa.timestamp("ns"), False), (pa.string(), False), (pa.float32(), False)):  # fmt: skip
        assert needs_unit(pa.field("t", kind)) == needs
    plain = pa.table({"t": [1]})
    assert not needs_unit(set_types(plain, {"t": epoch("s")}).schema.field("t"))
    assert needs_unit(set_types(plain, {"t": declared("time")}).schema.field("t"))
