"""One file makes a format: it recognises its files, is declared by name, cut into chunks, and no other file changes."""

import gzip
import importlib
import sys

import pyarrow.parquet as pq
import pytest

from headrace.config import settings
from headrace.errors import UsageError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest, read_table
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import describe
from headrace.ingest.formats import registry

STARS = '''
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from headrace.ingest.formats.file_format import ChunkContent
from headrace.ingest.formats.registry import register
from headrace.ingest.formats.text_files import TextFormat, read_text
from headrace.ingest.records.find_records import find_records
from headrace.ingest.records.text_rows import TextRows


@register
@dataclass(frozen=True, kw_only=True)
class Stars(TextFormat):
    """A record a line, its length in stars: the column `stars`."""

    name = "stars"
    suffixes = (".stars",)

    def content(self, chunk):
        return StarsContent(find_records(read_text(chunk)))


class StarsContent(ChunkContent):
    def __init__(self, records):
        self.records = records

    def names(self):
        return ["stars"]

    def rows(self, wanted, *, with_types=False, only=False):
        counts = pa.array([str(len(self.records.text(i))) for i in range(len(self.records))], pa.string())
        absent = pa.nulls(len(self.records), pa.string())
        columns = {name: counts if name == "stars" else absent for name in wanted}
        return TextRows(records=self.records, kept=np.arange(len(self.records)), columns=columns, faulty=())
'''
TEXT = "*\n***\n\n" + "**\n" * 500


@pytest.fixture
def stars(tmp_path, monkeypatch, request):
    registry.load_formats()
    monkeypatch.setattr(registry, "_FORMATS", dict(registry._FORMATS))
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "star_text.py").write_text(STARS)
    module = "star_text"
    if request.param == "a file beside the others":
        from headrace.ingest import formats as package

        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        module = "headrace.ingest.formats.star_text"
    else:
        (folder / "races-1.dist-info").mkdir()
        (folder / "races-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: races\nVersion: 1\n")
        (folder / "races-1.dist-info" / "entry_points.txt").write_text("[headrace.formats]\nstars = star_text\n")
        monkeypatch.syspath_prepend(str(folder))
        importlib.invalidate_caches()
    registry.load_formats.cache_clear()
    yield
    sys.modules.pop(module, None)
    registry.load_formats.cache_clear()
    settings._read_known.cache_clear()  # a text that was valid once is not checked again


WAYS = ["a file beside the others", "an entry point"]


@pytest.mark.parametrize("stars", WAYS, indirect=True)
@pytest.mark.parametrize("packed", [False, True])
def test_a_format_in_one_file_is_recognised_cut_and_ingested(tmp_path, stars, packed):
    path = tmp_path / ("rows.stars" + ".gz" * packed)
    path.write_bytes(gzip.compress(TEXT.encode()) if packed else TEXT.encode())
    rows, rejects, ledger = read_table(str(path))
    assert rows.to_pydict() == {"stars": [1, 3, *[2] * 500]}
    assert (rejects.num_rows, ledger["accepted"]) == (0, 502)
    spec = IngestSpec(
        sources=(Source(name="sky", pattern=str(path)),),
        record=RecordSpec(fields=(Field(name="stars", kind="integer", maximum=2),)),
        splits={"all": 1},
        chunk_bytes=64,
    )
    result = ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    assert (result.ledger["accepted"], result.ledger["rejected"]) == (501, 1)
    (reject,) = pq.read_table(tmp_path / "rejects" / "rejects.parquet").to_pylist()
    assert (reject["line"], reject["byte_offset"], reject["raw"], reject["reason"]) == (2, 2, "***", "above_maximum")


@pytest.mark.parametrize("stars", WAYS, indirect=True)
def test_a_format_in_one_file_can_be_declared_and_its_files_are_cut_between_lines(tmp_path, stars):
    path = tmp_path / "rows.txt"
    path.write_text(TEXT)
    source = Source(name="sky", pattern=str(path), format="stars")
    file = describe(str(path), source)
    assert (file.format.name, len(cut([file], 64))) == ("stars", 23)
    spec = IngestSpec(sources=(source,))
    assert IngestSpec.from_json(spec.to_json()) == spec


def test_a_format_that_no_module_registers_is_refused_with_those_there_are():
    with pytest.raises(
        UsageError,
        match=r"auto, arrow, .*avro, csv, .*tfrecord, tsv, got 'stars'",
    ):
        Source(name="sky", pattern="x", format="stars")


def test_what_a_file_is_depends_on_what_is_surest_not_on_the_order_of_formats(tmp_path):
    for name, content, expected in (
        ("a.csv", b'{"a": 1}', "csv"),
        ("a.tsv", b"a\tb\n", "tsv"),
        ("a.ndjson", b"[1]", "jsonl"),
        ("a.json", b" [1]", "json_array"),
        ("a.json", b"1", "jsonl"),
        ("a.log", b'{"a": 1}', "jsonl"),
        ("a.log", b"a;b", "csv"),
        ("a.csv", b"Obj\x01" + b"\0" * 20, "avro"),
        ("tfrecord-1.gz", b"", "tfrecord"),
    ):
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        formats = list(registry.file_formats().values())
        look = registry.FirstLook(
            path=str(tmp_path / name), source="s", layout=Source(name="s", pattern="x").layout,
            size=9, magic=content[:4], compression="gzip" if name.endswith(".gz") else None,
        )  # fmt: skip
        surest = {one.name for order in (formats, formats[::-1]) for one in [max(order, key=lambda f: f.match(look))]}
        assert surest == {expected}, name
