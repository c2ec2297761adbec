"""One schema for all shards of a side, from their footers; each shard is read with its columns."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features
from headrace.keyed.schemas import SideSchema, conform, read_side_schema
from headrace.values import ColumnType, declared, epoch, set_types

INTEGER, FRACTION, TEXT = (pa.list_(kind) for kind in (pa.int64(), pa.float32(), pa.binary()))


def shards(folder: Path, *tables: pa.Table) -> list[str]:
    paths = [str(folder / f"{number}.parquet") for number in range(len(tables))]
    for table, path in zip(tables, paths, strict=True):
        pq.write_table(table, path)
    return paths


def test_columns_are_those_of_all_shards_in_the_order_in_which_they_first_appear(tmp_path: Path) -> None:
    tables = pa.table({"b": ["x", "y"], "n": [1, 2]}), pa.table({"n": [0.5], "a": [3]}), pa.table({"n": [4]})
    expected = SideSchema(schema=pa.schema({"b": TEXT, "n": FRACTION, "a": INTEGER}), rows=4)
    assert read_side_schema("runs", shards(tmp_path, *tables)) == expected
    assert expected.cells == 12
    # Features, flat columns and dictionaries are stored alike.
    features = [to_features(table) for table in tables]
    coded = tables[0].set_column(0, "b", tables[0]["b"].dictionary_encode())
    for same in (features, [coded, *tables[1:]], [features[0], *tables[1:]]):
        assert read_side_schema("runs", shards(tmp_path, *same)) == expected


def test_whole_numbers_and_fractions_become_fractions_whichever_come_first(tmp_path: Path) -> None:
    whole, fractions = pa.table({"n": [1]}), pa.table({"n": [0.5]})
    for tables in ((whole, fractions), (fractions, whole), (whole, fractions, whole)):
        assert read_side_schema("runs", shards(tmp_path, *tables)).schema == pa.schema({"n": FRACTION})
    assert read_side_schema("runs", shards(tmp_path, whole, whole)).schema == pa.schema({"n": INTEGER})


def test_all_faults_are_named_at_once_with_both_files(tmp_path: Path) -> None:
    first, second, third = shards(
        tmp_path, pa.table({"n": [1], "s": ["x"]}), pa.table({"s": [1]}), pa.table({"n": ["x"], "s": ["y"]})
    )
    broken = str(tmp_path / "broken.parquet")
    Path(broken).write_bytes(b"no parquet")
    absent = str(tmp_path / "absent.parquet")
    with pytest.raises(DataError) as caught:
        read_side_schema("runs", [first, broken, second, absent, third])
    faults = str(caught.value).split("; ")
    assert len(faults) == 4
    assert broken in faults[0]
    cure = "declare one kind of it in Ingest"
    assert faults[2] == f"column 's' is list<item: binary> in {first} and list<item: int64> in {second}: {cure}"
    assert faults[1].startswith(f"{absent}: expected a Parquet shard of runs: ")
    assert faults[3] == f"column 'n' is list<item: int64> in {first} and list<item: binary> in {third}: {cure}"


def test_all_columns_whose_unit_is_unknown_are_named_at_once(tmp_path: Path) -> None:
    paths = shards(tmp_path, pa.table({"t": [0], "known": pa.array([0], pa.timestamp("s")), "u": [7]}))
    with pytest.raises(DataError) as caught:
        read_side_schema("runs", paths, times=["t", "known", "u"])
    assert [fault.split(" has numbers from ")[0] for fault in str(caught.value).split("; ")] == [
        "column 't' of the runs", "column 'u' of the runs",
    ]  # fmt: skip


def test_a_side_without_files_is_the_callers_fault() -> None:
    with pytest.raises(UsageError, match=r"^no files of runs to join: expected the paths of Parquet shards$"):
        read_side_schema("runs", [])


def test_a_shard_is_read_with_the_columns_of_the_common_schema(tmp_path: Path) -> None:
    schema = pa.schema({"b": TEXT, "n": FRACTION, "a": INTEGER})
    found = conform(pa.table({"n": [1, None], "a": [3, 4], "more": [5, 6]}), SideSchema(schema=schema, rows=2))
    assert found.schema == schema
    assert found.to_pydict() == {"b": [None, None], "n": [[1.0], None], "a": [[3], [4]]}


def test_numbers_that_mean_two_things_are_refused_whichever_shard_comes_first(tmp_path: Path) -> None:
    counts, said = pa.table({"x": [7]}), {"x": epoch("us")}
    for tables in ((counts, set_types(counts, said)), (set_types(counts, said), counts)):
        with pytest.raises(DataError, match=r"column 'x' is .* in .*0\.parquet and .* in .*1\.parquet: declare one of"):
            read_side_schema("runs", shards(tmp_path, *tables))
    names = {"x": declared("identifier")}
    for tables in ((counts, set_types(counts, names)), (set_types(counts, names), counts)):
        assert read_side_schema("runs", shards(tmp_path, *tables)).types == names
    typed = set_types(counts, said)
    blank = pa.table({"x": pa.nulls(1, pa.float32())}), pa.table({"x": pa.nulls(1)}), pa.table({"y": [1]})
    for tables in ((typed, *blank), (*blank, typed)):
        assert read_side_schema("runs", shards(tmp_path, *tables), times=["x"]).types == said


def test_a_column_that_is_blank_in_one_shard_is_what_it_is_in_the_others_and_missing_there(tmp_path: Path) -> None:
    for filled, layout in ((pa.array(["x"]), TEXT), (pa.array([7]), INTEGER), (pa.array([0.5]), FRACTION)):
        blank, given = pa.table({"x": pa.nulls(2)}), pa.table({"x": filled})
        for tables in ((blank, given), (given, blank)):
            side = read_side_schema("runs", shards(tmp_path, *tables))
            assert side.schema.field("x").type == layout
            assert conform(blank, side).to_pydict() == {"x": [None, None]}
            assert conform(given, side).to_pydict() == {
                "x": [[one.encode() if one == "x" else one for one in filled.to_pylist()]]
            }
    # Times are whole numbers, also where there is none; what these would count is not known.
    empty = read_side_schema("runs", shards(tmp_path, pa.table({"x": pa.nulls(2, pa.int64())})), times=["x"])
    assert (empty.units, empty.types, empty.remarks) == ({}, {}, ())
    assert read_side_schema("runs", shards(tmp_path, blank), times=["x"]).schema == pa.schema({"x": INTEGER})
    assert read_side_schema("runs", shards(tmp_path, blank)).schema == pa.schema({"x": FRACTION})


@pytest.mark.parametrize("kind", ["time", "date"])
def test_times_that_are_stored_as_floats_of_seconds_count_microseconds_in_all_shards(
    tmp_path: Path, kind: Literal["time", "date"]
) -> None:
    said = {"t": ColumnType(kind=kind, resolution="s")}
    seconds = set_types(pa.table({"t": [86_400.0]}), said)
    side = read_side_schema("runs", shards(tmp_path, seconds), times=["t"])
    assert side.types == {"t": ColumnType(kind=kind, resolution="us")}
    assert conform(seconds, side).to_pydict() == {"t": [[86_400_000_000]]}
    # A column that is not a time of the join stays as it is stored.
    side = read_side_schema("runs", shards(tmp_path, seconds))
    assert (side.types, conform(seconds, side).to_pydict()) == (said, {"t": [[86_400.0]]})


def test_a_whole_number_that_no_fraction_of_32_bits_is_is_refused_with_file_and_column(tmp_path: Path) -> None:
    whole, fractions = pa.table({"n": [2**24 + 1]}), pa.table({"n": [0.5]})
    side = read_side_schema("runs", shards(tmp_path, whole, fractions))
    with pytest.raises(DataError, match=r"^day\.parquet: column 'n' has whole numbers here and fractions in another"):
        conform(whole, side, path="day.parquet")
    assert conform(pa.table({"n": [2**24]}), side).to_pydict() == {"n": [[float(2**24)]]}


def test_columns_that_are_stored_as_the_common_schema_has_them_are_not_copied(tmp_path: Path) -> None:
    table = set_types(
        pa.table({"t": pa.array([[1], None], INTEGER), "s": pa.array([[b"x"], [b"y"]], TEXT)}), {"t": epoch("us")}
    )
    found = conform(table, read_side_schema("runs", shards(tmp_path, table), times=["t"]))
    for name in table.column_names:
        one, same = (rows.column(name).chunk(0).values.buffers()[1].address for rows in (table, found))
        assert one == same
