"""One schema for all shards of a side, from their footers; each shard is read with its columns."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError, UsageError
from headrace.examples.layout import to_features
from headrace.keyed.schemas import SideSchema, conform, read_side_schema
from headrace.values import declared, epoch, set_types

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
