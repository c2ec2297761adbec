"""Input on a file system that only Beam knows: the same rows as from a local folder, packed or not."""

import fnmatch
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.io.filesystem import FileMetadata, FileSystem, MatchResult

from headrace import DataError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source
from headrace.ingest.run import ingest

RECORD = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town")))
FILES: dict[str, bytes] = {}


class Shelf(FileSystem):
    """Files in a dict, found by Beam as any subclass of FileSystem is."""

    @classmethod
    def scheme(cls):
        return "shelf"

    def match(self, patterns, limits=None):
        return [
            MatchResult(one, [FileMetadata(path, len(FILES[path]), 0) for path in FILES if fnmatch.fnmatch(path, one)])
            for one in patterns
        ]

    def open(self, path, mime_type="", compression_type=None):
        return io.BytesIO(FILES[path])

    def join(self, basepath, *paths):
        return "/".join([basepath, *paths])

    def split(self, path):
        return tuple(path.rsplit("/", 1))

    def has_dirs(self):
        return False

    def exists(self, path):
        return path in FILES

    def _unused(self, *_args, **_options):
        raise NotImplementedError

    mkdirs = copy = rename = delete = create = _list = size = last_updated = checksum = metadata = _unused


def write(name: str, data: bytes) -> None:
    FILES[f"shelf://bucket/{name}"] = data


@pytest.fixture(autouse=True)
def _empty_shelf():
    FILES.clear()


def read(tmp_path, pattern: str, **settings):
    source = Source(name="s", pattern=f"shelf://bucket/{pattern}", **settings)
    spec = IngestSpec(sources=(source,), record=RECORD, chunk_bytes=100, splits={"all": 1})
    return ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


def test_csv_json_archives_and_parquet_are_read_where_only_beam_reaches(tmp_path):
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
    assert list(result.by_file) == list(FILES)


def test_spans_are_found_on_a_remote_file_system(tmp_path):
    for name in ("2026-03-01/v1.csv", "2026-03-02/v1.csv", "2026-03-02/v2.csv"):
        write(name, b"id,town\n1,x\n")
    result = read(tmp_path, "{YYYY}-{MM}-{DD}/v{VERSION}.csv")
    assert list(result.by_file) == ["shelf://bucket/2026-03-02/v2.csv"]


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="no file matches shelf://bucket/none"):
        read(tmp_path, "none*")
