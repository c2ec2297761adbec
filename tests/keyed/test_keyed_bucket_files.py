"""Rows between steps: what is written is read again, whole files only, in the order that is asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.keyed.bucket_files import StreamWriters, read_json, read_streams, write_json

ROWS = pa.table({"n": [1, 2, 3], "s": ["a", None, "c"]})


def test_rows_come_back_in_the_order_of_the_paths(tmp_path: Path) -> None:
    with StreamWriters(str(tmp_path)) as writers:
        writers.write(ROWS, "b/1.arrow")
        writers.write(ROWS.slice(2), "b/0.arrow")
        writers.write(ROWS.slice(0, 1), "b/1.arrow")
    found = read_streams(str(tmp_path), ["b/1.arrow", "b/0.arrow"], ROWS.schema)
    assert found.column("n").to_pylist() == [1, 2, 3, 1, 3]
    assert read_streams(str(tmp_path), [], ROWS.schema).equals(ROWS.slice(0, 0))


def test_rows_on_their_way_take_less_room_than_in_memory(tmp_path: Path) -> None:
    rows = pa.table({"n": [7] * 100_000})
    with StreamWriters(str(tmp_path)) as writers:
        writers.write(rows, "b/1.arrow")
    assert (tmp_path / "b" / "1.arrow").stat().st_size < rows.nbytes / 50


def test_writers_that_fail_leave_no_file_and_the_error_as_it_is(tmp_path: Path) -> None:
    error = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "killed")  # which can't be made anew without its arguments

    def write_and_fail() -> None:
        with StreamWriters(str(tmp_path)) as writers:
            writers.write(ROWS, "b/1.arrow")
            raise error

    with pytest.raises(UnicodeDecodeError) as caught:
        write_and_fail()
    assert caught.value is error
    assert not [name for _, _, names in os.walk(tmp_path) for name in names]


def test_counts_come_back_under_the_name_that_the_result_gives(tmp_path: Path) -> None:
    counts = {"läufer": {"used": 3}}
    assert read_json(str(tmp_path), write_json(str(tmp_path), "counts/1.json", counts)) == counts
