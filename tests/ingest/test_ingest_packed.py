"""A file that is packed (compressed, in another encoding) gives what it gives unpacked, or an error, never a part."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import random
import shutil
import subprocess
import zipfile
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace import DataError, UsageError
from headrace.files.compression import blocks
from headrace.files.frames import BLOCK_BYTES
from headrace.files.known_files import KNOWN_FILES
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest, read_table

RECORD = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="town"), Field(name="km", kind="float")))
ROWS = [f'{n},"Łódź {n}",{"x" if n % 9 == 0 else n / 4}' for n in range(300)]
CSV = ("id,town,km\n" + "\n".join(ROWS) + "\n").encode()


def by_arrow(data: bytes, *, codec: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, codec) as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def zipped(*names: str, data: bytes = b"id,town,km\n1,x,2\n") -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # dated 1980: the same bytes each time
    return sink.getvalue()


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": partial(by_arrow, codec="zstd"),
    "lz4": partial(by_arrow, codec="lz4"),
}


def outcome(path: Path, **settings):
    """Rows by split file, rejects without the name of the file, and the ledger."""
    out = path.parent / f"out-{path.name}"
    spec = IngestSpec(sources=(Source(name="s", pattern=str(path), **settings),), record=RECORD, chunk_bytes=1000)
    result = ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"))
    shards = {
        str(shard.relative_to(out)): shard.read_bytes() for shard in sorted((out / "examples").rglob("*.parquet"))
    }
    rejects = pq.read_table(out / "rejects" / "rejects.parquet").drop(["file"]).to_pylist()
    return shards, rejects, result.ledger


@pytest.mark.parametrize("packing", PACKERS)
def test_a_compressed_file_gives_what_it_gives_unpacked_byte_for_byte(tmp_path, packing):
    (tmp_path / "rows.csv").write_bytes(CSV)
    # Several archives one behind the other are one, as gzip and its like define; the name does not matter.
    packed = PACKERS[packing](CSV[:3000]) + PACKERS[packing](CSV[3000:])
    (tmp_path / f"rows.csv.{packing}").write_bytes(packed)
    (tmp_path / "other.csv").write_bytes(packed)
    plain = outcome(tmp_path / "rows.csv")
    assert len(plain[0]) > 6
    assert plain[2]["rejected"] == 34
    assert outcome(tmp_path / f"rows.csv.{packing}") == plain
    assert outcome(tmp_path / "other.csv") == plain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "cp1250", "iso8859-2"])
def test_a_declared_encoding_gives_what_utf_8_gives(tmp_path, encoding):
    (tmp_path / "rows.csv").write_bytes(CSV)
    (tmp_path / "rows.txt").write_bytes(gzip.compress(CSV.decode().encode(encoding)))
    assert outcome(tmp_path / "rows.txt", encoding=encoding, format="csv") == outcome(tmp_path / "rows.csv")


def test_bytes_that_the_encoding_has_not_cost_their_record_only(tmp_path):
    # 0x81 is no character of cp1252; C3 AA (ê as UTF-8) must not come of two bytes that are none.
    (tmp_path / "rows.csv").write_bytes("id,town,km\n1,Málaga,1\n2,".encode("cp1252") + b"\x81,2\n3,\xea,3\n")
    shards, rejects, ledger = outcome(tmp_path / "rows.csv", encoding="cp1252")
    assert (ledger.total, ledger["accepted"], len(shards)) == (3, 2, 2)
    assert [(reject["line"], reject["reason"]) for reject in rejects] == [(3, "invalid_encoding")]
    assert rejects[0]["words"] == "the line is not cp1252"
    (tmp_path / "half.csv").write_bytes("id,town,km\n1,x,1\n2,y,2".encode("utf-16-le") + b"\x00")
    _, rejects, ledger = outcome(tmp_path / "half.csv", encoding="utf-16-le")
    assert (ledger["accepted"], [reject["line"] for reject in rejects]) == (1, [3])


@example(b"a\n\x00\xd8", "utf-16-le")
@given(st.binary(max_size=200), st.sampled_from(["utf-16", "utf-16-le", "cp1253", "shift_jis", "ascii"]))
def test_any_bytes_in_any_encoding_are_transcoded_without_loss_of_a_line_break(data, encoding):
    marked = codecs.BOM_UTF16 + data if encoding == "utf-16" else data
    found = b"".join(blocks(io.BytesIO(marked), "x", None, encoding))
    data = marked
    text = data.decode(encoding, "ignore")
    assert found.decode("utf-8", "ignore") == text.removeprefix("\ufeff") or not _decodes(data, encoding)
    if _decodes(data, encoding):
        assert found.count(b"\n") == text.count("\n")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("share", [0.3, 0.9, 0.9999])
def test_a_truncated_archive_fails_the_node_with_file_and_byte_and_leaves_nothing(tmp_path, packing, share):
    noise = random.Random(7).randbytes(150_000).hex()
    packed = PACKERS[packing](CSV + "".join(f"1,{noise[n : n + 99]},1\n" for n in range(0, 300_000, 99)).encode())
    (tmp_path / "rows.csv").write_bytes(packed[: int(len(packed) * share)])
    (tmp_path / "whole.csv").write_bytes(PACKERS[packing](CSV))
    with pytest.raises(DataError, match=rf"rows\.csv is cut off after byte {int(len(packed) * share):,}: as "):
        outcome(tmp_path / "rows.csv")
    assert not [name for _, _, names in os.walk(tmp_path / "out-rows.csv") for name in names]
    spec = IngestSpec(sources=(Source(name="s", pattern=str(tmp_path / "*.csv")),), record=RECORD)
    with pytest.raises(DataError, match="is cut off"):
        ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


@pytest.mark.parametrize("packing", ["gz", "bz2"])
def test_a_corrupt_archive_names_file_and_byte(tmp_path, packing):
    packed = bytearray(PACKERS[packing](CSV * 50))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "rows.csv").write_bytes(packed)
    with pytest.raises(DataError, match=r"rows\.csv is corrupt before byte [\d,]+ \("):
        outcome(tmp_path / "rows.csv")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("rows.csv.gz", b"", "is empty: expected a compressed file"),
        ("rows.csv", gzip.compress(b"PAR1", mtime=0), "is Parquet inside gzip"),
        ("rows.zip", zipped("a.csv", "b.csv"), r"zip archive of 2 files \(a.csv, b.csv\): expected one; unpack it"),
        ("rows.zip", zipped(), "zip archive of 0 files"),
        ("rows.zip", zipped("a.csv")[:-5], "is cut off"),
        ("rows.zip.gz", gzip.compress(zipped("a.csv"), mtime=0), "zip archive inside another archive"),
        ("rows.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"), "Excel workbook: export the sheet as CSV"),
        ("rows.npz", zipped("a.npy"), "archive of NumPy arrays"),
        ("rows.parquet", b"PARE" + bytes(99), "is Parquet with an encrypted footer: decrypt it"),
        ("rows.db", b"SQLite format 3\0" + bytes(99), "is an SQLite database: read it with a DatabaseSource"),
        ("rows.tar", bytes(257) + b"ustar\00000" + bytes(99), "is a tar archive: unpack it"),
        (
            "rows.tgz",
            gzip.compress(bytes(257) + b"ustar\00000" + bytes(99), mtime=0),
            "is a tar archive inside gzip: unpack it",
        ),
        ("rows.csv", b"<!DOCTYPE html><html>log in</html>", "is a web page: fetch the data again"),
        ("rows.csv", b"version https://git-lfs.github.com/spec/v1\noid", "pointer of Git LFS.*git lfs pull"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_can_not_be_unpacked_is_named(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=words):
        outcome(tmp_path / name)


@pytest.mark.parametrize("known", KNOWN_FILES, ids=lambda known: known.what)
def test_a_file_of_a_known_kind_is_named_whatever_is_declared(tmp_path, known):
    (tmp_path / "rows.csv").write_bytes(bytes(known.offset) + known.magic + bytes(600))
    for form in ("auto", "csv", "jsonl", "parquet"):
        with pytest.raises(DataError) as error:
            outcome(tmp_path / "rows.csv", format=form)
        assert known.what in str(error.value)
        assert known.cure in str(error.value)


@pytest.mark.parametrize(
    "text", [b"PAR,b\n", b"BZh,b\n1,2\n", b"PK,ORC\n", b"SEQ,RCF\n", b"Rar!,x\n", b"FEA,CDF\n", b"ORC,x\n"]
)
def test_text_that_begins_like_a_binary_file_is_text(tmp_path, text):
    (tmp_path / "rows.csv").write_bytes(text)
    assert read_table(str(tmp_path / "rows.csv"))[0].column_names == text.split(b"\n")[0].decode().split(",")


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "lz4"])
def test_zeros_behind_an_archive_are_padding(tmp_path, packing):
    half = [PACKERS[packing](part) for part in (CSV[:3000], CSV[3000:])]
    (tmp_path / "rows.csv").write_bytes(half[0] + bytes(512) + half[1] + bytes(2 << 20))
    padded = outcome(tmp_path / "rows.csv")
    (tmp_path / "rows.csv").write_bytes(CSV)
    assert padded == outcome(tmp_path / "rows.csv")
    (tmp_path / "rows.csv").write_bytes(half[0] + bytes(512) + b"garbage")
    with pytest.raises(DataError, match="is corrupt before byte"):
        outcome(tmp_path / "rows.csv")


@pytest.mark.parametrize("program", [
    ["zstd"], ["zstd", "--no-check"], ["zstd", "-19"], ["zstd", "--no-content-size"],
    ["lz4"], ["lz4", "-B4"], ["lz4", "-BX"], ["lz4", "--no-frame-crc"], ["lz4", "--content-size"], ["lz4", "-BD"],
], ids=" ".join)  # fmt: skip
@pytest.mark.parametrize("content", ["text", "zeros", "noise", "nothing"])
def test_frames_of_the_programs_are_known_whatever_they_hold(tmp_path, program, content):
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    data = {"text": CSV * 200, "zeros": bytes(300_000), "noise": random.Random(1).randbytes(300_000), "nothing": b""}
    (tmp_path / "given").write_bytes(data[content])
    packed = subprocess.run([*program, "-q", "-c", "given"], cwd=tmp_path, check=True, capture_output=True)
    frame = packed.stdout
    (tmp_path / "packed").write_bytes(frame)
    skipped = b"\x53\x2a\x4d\x18" + (3).to_bytes(4, "little") + bytes(3)
    (tmp_path / "padded").write_bytes(frame + bytes(5) + skipped + frame + bytes(BLOCK_BYTES + 3) + frame + bytes(1))
    for name, times in (("packed", 1), ("padded", 3)):
        with open(tmp_path / name, "rb") as raw:
            assert b"".join(blocks(raw, name, program[0])) == data[content] * times
    (tmp_path / "cut").write_bytes(frame[:-1])
    with open(tmp_path / "cut", "rb") as raw, pytest.raises(DataError, match="is cut off after byte"):
        list(blocks(raw, "cut", program[0]))


def test_the_one_file_of_a_zip_archive_is_read(tmp_path):
    (tmp_path / "rows.csv.zip").write_bytes(zipped("inside.csv", data=CSV))
    packed = outcome(tmp_path / "rows.csv.zip")
    (tmp_path / "rows.csv").write_bytes(CSV)
    assert packed == outcome(tmp_path / "rows.csv")


def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "rows.csv")
    with pytest.raises(DataError, match=r"is a named pipe.*write its content to a file"):
        outcome(tmp_path / "rows.csv")
    with pytest.raises(DataError, match="is a named pipe"):
        read_table(str(tmp_path / "rows.csv"))


def test_utf_16_without_a_byte_order_mark_is_named_with_the_cure(tmp_path):
    (tmp_path / "rows.csv").write_bytes("id,town,km\n".encode("utf-16-le"))
    with pytest.raises(DataError, match=r"rows.csv does not start with a byte order mark.*: declare utf-16-le"):
        outcome(tmp_path / "rows.csv", encoding="utf-16")


def test_an_unknown_encoding_is_refused():
    for encoding in ("klingon", "hex"):
        with pytest.raises(UsageError, match=f"such as latin-1 or utf-16, got '{encoding}'"):
            Source(name="s", pattern="x", encoding=encoding)


def test_memory_holds_a_block_of_an_archive_not_the_archive(tmp_path):
    data = gzip.compress(b"x" * (50 << 20))
    (tmp_path / "bomb.gz").write_bytes(data)
    with open(tmp_path / "bomb.gz", "rb") as raw:
        assert max(len(block) for block in blocks(raw, "bomb.gz", "gzip")) <= 1 << 20


def test_read_table_unpacks_too(tmp_path):
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(b'{"a": 1}\nbroken\n{"a": 2}\n'))
    rows, rejects, ledger = read_table(str(tmp_path / "rows.jsonl.gz"))
    assert rows.to_pydict() == {"a": [1, 2]}
    assert (rejects["line"].to_pylist(), rejects["byte_offset"].to_pylist(), ledger.total) == ([2], [9], 3)


def test_json_lines_in_latin_1(tmp_path):
    lines = [json.dumps({"id": n, "town": "Mäntsälä", "km": 1}, ensure_ascii=False) for n in range(5)]
    (tmp_path / "rows.jsonl").write_bytes("\n".join(lines).encode("latin-1"))
    assert outcome(tmp_path / "rows.jsonl", encoding="latin-1")[2]["accepted"] == 5
