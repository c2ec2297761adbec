"""TFRecord files: what was framed comes back whole, and no byte of it can change unseen."""

import gzip
import io
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.errors import DataError

pytest.importorskip("google_crc32c")

from headrace.examples.tfrecord import chunk_starts, frame, read_file, read_records

TWO = frame([b"abc", b"defg"])
FIRST = len(frame([b"abc"]))


def bodies_of(batches):
    return [body for batch in batches for body in batch.bodies]


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 50), st.integers(1, 5), st.integers(1, 60))
def test_records_come_back_however_blocks_and_batches_are_cut(bodies, block_bytes, batch_records, batch_bytes):
    data = frame(bodies)
    blocks = [data[place : place + block_bytes] for place in range(0, len(data), block_bytes)]
    batches = list(read_records(blocks, "x", batch_records=batch_records, batch_bytes=batch_bytes))
    assert bodies_of(batches) == bodies
    starts = [start for batch in batches for start in batch.starts]
    assert starts == list(itertools.accumulate((len(frame([body])) for body in bodies), initial=0))[:-1]
    assert all(1 <= len(batch.bodies) <= batch_records for batch in batches)
    assert all(len(batch.bodies) == 1 or sum(map(len, batch.bodies)) <= batch_bytes for batch in batches)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=6), st.data())
def test_every_flipped_bit_is_found_and_named_with_its_record(bodies, data):
    whole = bytearray(frame(bodies))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    ends = list(itertools.accumulate(len(frame([body])) for body in bodies))
    number = next(number for number, end in enumerate(ends) if place < end)
    start = ends[number - 1] if number else 0
    with pytest.raises(DataError, match=rf"^f: record {number + 1} at byte {start} is corrupt"):
        list(read_records([bytes(whole)], "f"))


def test_of_two_faults_in_one_batch_the_first_is_named():
    data = bytearray(TWO)
    data[12] ^= 1  # in the bytes of record 1
    data[FIRST] ^= 1  # in the length of record 2
    with pytest.raises(DataError, match="record 1 at byte 0 is corrupt: the checksum of its bytes"):
        list(read_records([bytes(data)], "f"))


@pytest.mark.parametrize("cut", [n for n in range(1, len(TWO)) if n != FIRST])
def test_a_file_that_is_cut_short_is_named_with_its_record(tmp_path, cut):
    (tmp_path / "cut").write_bytes(TWO[:cut])
    number, start = (1, 0) if cut < FIRST else (2, FIRST)
    there = cut - start
    with pytest.raises(DataError, match=rf"cut: record {number} at byte {start} is cut short: .* has {there} of its"):
        list(read_file(str(tmp_path / "cut")))


def test_bytes_are_counted_from_where_the_content_begins():
    (batch,) = read_records([frame([b"abc"])], "f", first_byte=1_000)
    assert (batch.starts, batch.end) == ([1_000], 1_000 + 12 + 3)
    with pytest.raises(DataError, match="record 1 at byte 1,000 is cut short"):
        list(read_records([frame([b"abc"])[:5]], "f", first_byte=1_000))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda data: gzip.compress(gzip.compress(data))])
# 35,615 is 0x8b1f, so the file begins as a gzip archive does.
@pytest.mark.parametrize("first", [3, 35_615])
def test_a_file_is_read_as_it_is_packed(tmp_path, pack, first):
    (tmp_path / "data").write_bytes(pack(frame([b"a" * first, b"b"])))
    assert bodies_of(read_file(str(tmp_path / "data"))) == [b"a" * first, b"b"]


def test_a_gzip_file_that_is_cut_short_is_named(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(frame([b"abc"] * 9))[:-12])
    with pytest.raises(DataError, match=r"cut\.gz is cut off"):
        list(read_file(str(tmp_path / "cut.gz")))


def test_what_is_not_a_tfrecord_file_or_not_there_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no records at all, whatever they are")
    with pytest.raises(DataError, match=r"notes\.txt: record 1 at byte 0 is corrupt: .*expected TFRecords"):
        list(read_file(str(tmp_path / "notes.txt")))
    with pytest.raises(DataError, match=r"gone can't be read"):
        list(read_file(str(tmp_path / "gone")))


@given(st.lists(st.binary(max_size=90), max_size=12), st.integers(1, 200))
def test_chunks_start_where_records_do_and_are_as_long_as_asked(bodies, chunk_bytes):
    data = frame(bodies)
    starts = list(chunk_starts(io.BytesIO(data), len(data), chunk_bytes))
    pieces = [data[one:other] for one, other in itertools.pairwise([0, *starts, len(data)])]
    assert [body for piece in pieces for body in bodies_of(read_records([piece], "x"))] == bodies
    assert all(len(piece) >= chunk_bytes for piece in pieces[:-1])


def test_a_checksum_is_the_masked_crc_32c_of_the_format():

    def crc_32c(data):
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        return crc ^ 0xFFFFFFFF

    def masked(data):
        crc = crc_32c(data)
        return ((((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")

    length = (3).to_bytes(8, "little")
    assert frame([b"abc"]) == length + masked(length) + b"abc" + masked(b"abc")


def test_framing_imports_nothing_heavy():
    code = "import sys, headrace.examples.tfrecord; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"tfx_bsl", "apache_beam", "tensorflow", "tensorflow_data_validation"}


@pytest.mark.tfx
def test_tensorflow_reads_what_is_framed_and_the_other_way_round(tmp_path: Path):
    tf = pytest.importorskip("tensorflow")
    (tmp_path / "ours").write_bytes(TWO)
    assert [r.numpy() for r in tf.data.TFRecordDataset(str(tmp_path / "ours"))] == [b"abc", b"defg"]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs"), "GZIP") as writer:
        for body in (b"abc", b"defg"):
            writer.write(body)
    assert bodies_of(read_file(str(tmp_path / "theirs"))) == [b"abc", b"defg"]
