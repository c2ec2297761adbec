"""Files of several formats become batches that fit each other, or the columns that do not are named."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError
from headrace.ingest.plain_file import DeclaredColumns
from headrace.values import declared
from headrace_cli.feature_files import batches, feature_types, open_files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("pace,city,never\n4,Oslo,\n5,Köln,\n")
    (tmp_path / "c.csv").write_text("pace,city,never\nfast,7,\n")
    table = pa.table({"pace": [[4.5], None], "never": pa.array([[b"x"], []], pa.list_(pa.binary()))})
    pq.write_table(table, tmp_path / "b.parquet")
    return tmp_path


def read(*paths, leave_out=()):
    files = open_files(paths, None, leave_out.__contains__)
    found = list(batches(files, feature_types(files, leave_out.__contains__)))
    return [row for batch in found for row in batch.to_pylist()], found


def test_rows_of_all_files_come_in_their_order_with_one_type_a_column(folder):
    rows, found = read("a.csv", "b.parquet")
    assert [row["pace"] for row in rows] == [[4.0], [5.0], [4.5], None]
    assert [row["never"] for row in rows] == [None, None, [b"x"], []]
    assert [row.get("city") for row in rows] == [[b"Oslo"], ["Köln".encode()], None, None]
    assert {batch.schema.field("pace").type for batch in found} == {pa.list_(pa.float32())}


def test_columns_that_do_not_fit_are_all_named_with_their_files(folder):
    words = r"'pace' is text in c\.csv and a number in a\.csv; 'city' is a number in c\.csv and text in a\.csv: look at"
    with pytest.raises(DataError, match=words):
        read("a.csv", "c.csv")
    rows, _ = read("a.csv", "c.csv", leave_out=("pace", "city"))
    assert rows == [{"never": None}] * 3


def test_a_file_is_read_in_batches(folder, monkeypatch):
    monkeypatch.setattr("headrace_cli.feature_files.BATCH_ROWS", 3)
    pq.write_table(pa.table({"n": range(10)}), "n.parquet")
    rows, found = read("n.parquet")
    assert [row["n"] for row in rows] == [[n] for n in range(10)]
    assert [batch.num_rows for batch in found] == [3, 3, 3, 1]


def test_a_file_without_rows_still_tells_its_columns(folder):
    pq.write_table(pa.table({"n": pa.array([], pa.int64())}), "none.parquet")
    _, found = read("none.parquet")
    assert [(batch.num_rows, batch.schema.names) for batch in found] == [(0, ["n"])]


def test_what_is_no_parquet_inside_is_named(folder):
    (folder / "broken.parquet").write_bytes(b"PAR1 and nothing")
    with pytest.raises(DataError, match=r"broken\.parquet can't be read as Parquet"):
        open_files(["broken.parquet"])


def test_what_can_not_be_a_feature_is_named_and_left_out_and_the_rest_goes_on(folder):
    table = pa.table({"at": [{"zip": 1}], "deep": [[[1]]], "n": [7], "day": pa.array([20514], pa.date32())})
    pq.write_table(table, "nested.parquet")
    files = open_files(["nested.parquet"])
    types = feature_types(files)
    assert types.left_out.keys() == {"at", "deep"}
    assert "'at' of nested.parquet is struct of zip" in types.left_out["at"]
    assert next(iter(batches(files, types))).to_pylist() == [{"n": [7], "day": [1_772_409_600_000_000]}]


def test_a_number_beyond_64_bits_is_refused_and_never_wrapped(folder):
    pq.write_table(pa.table({"n": pa.array([2**64 - 1], pa.uint64())}), "wide.parquet")
    files = open_files(["wide.parquet"])
    with pytest.raises(DataError, match=r"wide\.parquet: column 'n': 18446744073709551615 in row 1 does not fit"):
        list(batches(files, feature_types(files)))


def test_times_are_microseconds_whatever_they_are_stored_as(folder):
    (folder / "t.csv").write_text("shown_at,sent\n2026-03-03T07:00:00Z,1772521200\n")
    pq.write_table(pa.table({"shown_at": pa.array([1772521200000], pa.timestamp("ms"))}), "t.parquet")
    files = open_files(["t.csv", "t.parquet"], DeclaredColumns(types={"sent": declared("epoch_s")}))
    types = feature_types(files)
    assert [batch.to_pylist() for batch in batches(files, types)] == [
        [{"shown_at": [1_772_521_200_000_000], "sent": [1_772_521_200_000_000]}],
        [{"shown_at": [1_772_521_200_000_000]}],
    ]
    assert str(types.types["shown_at"]) == "time in UTC, counted in us"
