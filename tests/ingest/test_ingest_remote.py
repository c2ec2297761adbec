"""Input on another file system, here in memory: the same rows as from a local folder, packed or not."""

import gzip
import io

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace import DataError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest

RECORD = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")))


def write(name: str, data: bytes) -> None:
    fsspec.filesystem("memory").pipe_file(f"/bucket/{name}", data)


@pytest.fixture(autouse=True)
def _nothing_stored():
    fsspec.filesystem("memory").store.clear()
    yield
    fsspec.filesystem("memory").store.clear()


def read(tmp_path, pattern: str, **settings):
    source = Source(name="s", pattern=f"memory://bucket/{pattern}", **settings)
    spec = IngestSpec(sources=(source,), record=RECORD, chunk_bytes=100, splits={"all": 1})
    return ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


def test_csv_json_archives_and_parquet_are_read_where_no_disk_is(tmp_path):
    rows = [f"{n},town {n}" for n in range(50)]
    csv = ("id,town\n" + "\n".join([*rows, "x,y"]) + "\n").encode()
    table = io.BytesIO()
    pq.write_table(pa.table({"id": range(50), "town": ["x"] * 50}), table, row_group_size=10)
    write("in/1.csv", csv)
    write("in/2.csv.gz", gzip.compress(csv))
    write("in/3.json", b'[{"id": 1, "town": "x"}, {"id": 2}]')
    write("in/4.parquet", table.getvalue())
    result = read(tmp_path, "in/*")
    assert [(ledger.total, ledger["rejected"]) for ledger in result.by_file.values()] == [
        (51, 1),
        (51, 1),
        (2, 0),
        (50, 0),
    ]
    assert list(result.by_file) == [f"memory:/{path}" for path in fsspec.filesystem("memory").store]


def test_spans_are_found_on_a_remote_file_system(tmp_path):
    for name in ("2026-03-01/v1.csv", "2026-03-02/v1.csv", "2026-03-02/v2.csv"):
        write(name, b"id,town\n1,x\n")
    result = read(tmp_path, "{YYYY}-{MM}-{DD}/v{VERSION}.csv")
    assert list(result.by_file) == ["memory://bucket/2026-03-02/v2.csv"]


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="no file matches memory://bucket/none"):
        read(tmp_path, "none*")
