"""One file as a table: every record is a row or a reject, however the file is cut."""

import json
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.examples.layout import write_parquet
from headrace.ingest import Field, RecordSpec, read_table

DATA = Path(__file__).parents[3] / "shared" / "data"
RECORD = RecordSpec(
    fields=(Field(name="n", kind="integer"), Field(name="t", kind="category"), Field(name="x", kind="float"))
)
LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"1,a,2.5", b"2,,", b'3,"a,b",1', b'4,"x', b"", b"\r", b"5,\xff,1", b"6,a", b"x,y,z", b'7,5" ,1']
        ),
        st.binary(max_size=10),
    ),
    max_size=14,
)


def write(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


@given(lines=LINES, end=st.sampled_from([b"\n", b"\r\n"]), bom=st.booleans(), quoted=st.integers(1, 40))
@example(lines=[b"1,a,2.5", b"", b'2,"', b"3,b,1"], end=b"\r\n", bom=True, quoted=1)
def test_rows_rejects_and_places_do_not_depend_on_chunks(tmp_path_factory, lines, end, bom, quoted):
    data = (b"\xef\xbb\xbf" if bom else b"") + end.join([b"n,t,x", *lines])
    path = write(tmp_path_factory.mktemp("csv") / "rows.csv", data)
    whole, rejects, ledger = read_table(path, record=RECORD)
    again = read_table(path, record=RECORD, chunk_bytes=quoted)
    assert (again[0].to_pydict(), again[1].to_pydict(), again[2]) == (whole.to_pydict(), rejects.to_pydict(), ledger)
    lines_of_data = [line[:-1] if line.endswith(b"\r") else line for line in end.join(lines).split(b"\n")]
    assert ledger.total == sum(1 for line in lines_of_data if line)
    for reject in rejects.to_pylist():
        place = data[reject["byte_offset"] :]
        assert place.startswith(reject["raw"].encode()) or "\\" in reject["raw"]
        assert data[: reject["byte_offset"]].count(b"\n") + 1 == reject["line"]


@given(st.lists(st.one_of(st.integers(), st.just(None), st.text(max_size=3)), max_size=8), st.integers(1, 60))
def test_json_lines_do_not_depend_on_chunks(tmp_path_factory, values, size):
    text = "\n".join(json.dumps({"a": value, "b": {"c": 1}}) for value in values)
    path = write(tmp_path_factory.mktemp("jsonl") / "rows.jsonl", text.encode())
    whole, _, ledger = read_table(path)
    assert read_table(path, chunk_bytes=size)[0].to_pydict() == whole.to_pydict()
    assert ledger["accepted"] == ledger.total == len(values)


@given(st.lists(st.sampled_from([b'1,"a\nb",2', b'2,"x""\r\n",', b"3,y,1", b""]), max_size=8), st.integers(1, 30))
def test_quoted_line_breaks_do_not_depend_on_chunks(tmp_path_factory, lines, size):
    from headrace.ingest.files.chunking import cut
    from headrace.ingest.files.find import describe
    from headrace.ingest.parse import parse_chunk
    from headrace.ingest.spec.source import Source

    path = write(tmp_path_factory.mktemp("csv") / "rows.csv", b"\n".join([b"n,t,x", *lines]))
    file = describe(path, Source(name="s", pattern=path, quoted_line_breaks=True))
    # Blocks of a few bytes, so that quotes open in one and close in another.
    with mock.patch("headrace.ingest.formats.text_files.BLOCK_BYTES", 3):
        parts = [parse_chunk(chunk, RECORD.fields) for chunk in cut([file], size)]
    (whole,) = [parse_chunk(chunk, RECORD.fields) for chunk in cut([file], 1 << 20)]
    assert pa.concat_tables([part.rows for part in parts]).to_pydict() == whole.rows.to_pydict()
    assert sum(part.records.line_count for part in parts) == whole.records.line_count
    assert whole.rejects.num_rows == 0


def test_without_a_record_every_column_is_as_its_values_show(tmp_path):
    path = write(tmp_path / "rows.csv", b"id,zip,pace,net,city\n1,02134,5.5,,Boston\n2,10001,6,,\n")
    table, rejects, ledger = read_table(path)
    assert table.to_pydict() == {
        "id": [1, 2], "zip": ["02134", "10001"], "pace": [5.5, 6.0], "net": [None, None], "city": ["Boston", None],
    }  # fmt: skip
    assert rejects.num_rows == 0
    assert str(ledger) == "2 rows = 2 accepted + 0 rejected"


def test_a_reject_tells_all_of_its_faults(tmp_path):
    record = RecordSpec(
        fields=(Field(name="n", kind="integer"), Field(name="t"), Field(name="x", kind="float", minimum=1))
    )
    path = write(tmp_path / "rows.csv", b"n,t,x\n1,a,2\n\none,a,0.5\n")
    reject = read_table(path, record=record)[1].to_pylist()[0]
    assert reject == {
        "source": "rows.csv", "file": path, "line": 4, "byte_offset": 13, "item": None, "raw": "one,a,0.5",
        "field": "n", "value": "one", "reason": "bad_integer",
        "words": "n: expected a whole number, got 'one'; x: expected at least 1, got '0.5'",
    }  # fmt: skip


def test_a_text_that_is_a_number_in_json_text_is_observed_as_text(tmp_path):
    path = write(tmp_path / "rows.jsonl", b'{"d": "10.0", "n": 5, "f": {"ok": true}}\n{"d": "9.5"}\n')
    table = read_table(path)[0]
    assert table.to_pydict() == {"d": ["10.0", "9.5"], "n": [5, None], "f.ok": [1, None]}


def test_parquet_features_are_read_flat(tmp_path):
    flat = pa.table({"n": [1, None], "t": ["a", "ż"]})
    write_parquet(flat, str(tmp_path / "part.parquet"))
    table, rejects, ledger = read_table(str(tmp_path / "part.parquet"))
    assert table.to_pydict() == flat.to_pydict()
    assert (rejects.num_rows, ledger["accepted"]) == (0, 2)
    pq.write_table(flat, tmp_path / "flat.parquet")
    assert read_table(str(tmp_path / "flat.parquet"))[0].to_pydict() == flat.to_pydict()


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b\n", b"a,b"])
def test_a_file_without_rows_has_no_rows(tmp_path, data):
    table, rejects, ledger = read_table(write(tmp_path / "rows.csv", data))
    assert (table.num_rows, rejects.num_rows, ledger.total) == (0, 0, 0)
    assert table.column_names == (["a", "b"] if b"a" in data else [])


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rows.csv", b"a,b,a\n1,2,3\n", "names columns twice: a"),
        ("rows.csv", "a,b\n".encode("utf-16"), "is UTF-16: expected UTF-8"),
        ("rows.csv", b"a,b\r1,2\r", "end in CR alone"),
        ("rows.csv", b"a,\xff\n1,2\n", "first line of .* is not UTF-8"),
        ("rows.csv", b"\x1f\x8b\x08\x00", "is cut off after byte 4: as gzip"),
        ("rows.csv", b"n,x\n1,2\n", "1 column is missing from rows.csv: t; it has: n, x"),
    ],
)
def test_a_file_that_can_not_be_meant_is_named_with_the_cure(tmp_path, name, data, words):
    with pytest.raises(DataError, match=words):
        read_table(write(tmp_path / name, data), record=RECORD)


def test_no_such_file_and_a_directory_are_told_apart(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_table(str(tmp_path / "none.csv"))
    with pytest.raises(DataError, match="is a directory"):
        read_table(str(tmp_path))


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is absent")
@pytest.mark.parametrize(
    ("name", "rows"),
    [("boston/2010.csv", 22719), ("boston/2011.csv", 23945), ("boston/2012.csv", 21652), ("taxi/data.csv", 15002)],
)
def test_no_row_of_real_files_is_lost(name, rows):
    table, rejects, ledger = read_table(str(DATA / name))
    assert (table.num_rows, rejects.num_rows, ledger.total) == (rows, 0, rows)
    assert read_table(str(DATA / name), chunk_bytes=500_000)[0].equals(table)
