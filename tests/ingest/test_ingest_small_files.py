"""Many small files: how many are read together changes the shards, and nothing of what is said of rows and files."""

import json

import pyarrow.parquet as pq
import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, SourceHealth, TimeRange, ingest
from headrace.ingest.files import chunking
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import find_files

RECORD = RecordSpec(
    fields=(
        Field(name="id", required=True),
        Field(name="at", kind="timestamp"),
        Field(name="bpm", kind="integer", minimum=30),
    )
)
TIMES = ["2026-03-01T07:00:00Z", "2026-03-02T07:00:00Z", "2026-03-03T07:00:00Z", "never", ""]
LINES = st.one_of(
    st.builds(
        lambda name, at, bpm: f"{name},{at},{bpm}".encode(),
        st.sampled_from(["a", "b", "c", "é", '"q"', ""]),
        st.sampled_from(TIMES),
        st.sampled_from(["60", "61", "5", "x", "007", ""]),
    ),
    st.sampled_from([b"", b"\r", b"a,b", b'"open,,60', b"1,2,3,4", b"\xff,,60", b"\xef\xbb\xbfa,,60"]),
)
OBJECTS = st.one_of(
    st.builds(
        lambda name, at, bpm: json.dumps({"id": name, "at": at, "bpm": bpm}).encode(),
        st.sampled_from(["a", "b", None]),
        st.sampled_from(TIMES),
        st.sampled_from([60, 5, "x", 1.5, None, True]),
    ),
    st.sampled_from([b"", b"{}", b'{"id": ', b"[1]", b'{"id": "a", "more": {"x": 1}}', b"\xff"]),
)
CSV_FILES = st.tuples(
    st.sampled_from([b"id,at,bpm\n"] * 6 + [b"\xef\xbb\xbfid,at,bpm\r\n", b"bpm,id,at\n", b"id,at,bpm", b""]),
    st.lists(LINES, max_size=5),
    st.sampled_from([b"\n", b""]),
)
JSON_FILES = st.tuples(st.just(b""), st.lists(OBJECTS, max_size=5), st.sampled_from([b"\n", b""]))
WAYS = {
    "plain": {},
    "observed": {"record": None},
    "one split of text": {"splits": {"train": 2, "eval": 1}},
    "key": {"key": ("id",), "keep": "last", "buckets": 2},
    "exact": {"key": ("id",), "splits": {"train": 2, "eval": 1}, "split_exact": True},
    "null": {"policy": "null_field"},
    "range": {
        "between": TimeRange(field="at", start="2026-03-02", end="2026-03-03"),
        "health": {"s": SourceHealth(time_field="at", now="2026-03-02T12:00:00Z", max_age_s=60, max_gap_s=3600)},
    },
}


def outcome(out, pattern, way, together):
    """All that is said of rows and files, without the shards in which they stand."""
    spec = IngestSpec(
        sources=(Source(name="s", pattern=pattern),), **{"record": RECORD, "splits": {"all": 1}, **WAYS[way]}
    )
    before = chunking.MOST_FILES
    chunking.MOST_FILES = together
    try:
        result = ingest(spec, examples_dir=f"{out}/{together}", rejects_dir=f"{out}/{together}-rejects")
    except Exception as error:
        return type(error), str(error)
    finally:
        chunking.MOST_FILES = before
    rejects = pq.read_table(f"{out}/{together}-rejects/rejects.parquet").to_pylist()
    rows = {
        split: pq.read_table(f"{out}/{together}/Split-{split}").to_pylist() if result.rows[split] else []
        for split in spec.splits
    }
    return result.to_json(), rejects, rows


def written(folder, files, suffix):
    folder.mkdir()
    for number, (head, lines, end) in enumerate(files):
        (folder / f"{number:03}{suffix}").write_bytes(head + b"\n".join(lines) + (end if lines else b""))
    return str(folder / f"*{suffix}")


@pytest.mark.parametrize("way", WAYS)
@examples(0.5)
@given(
    files=st.one_of(st.lists(CSV_FILES, min_size=2, max_size=5), st.lists(JSON_FILES, min_size=2, max_size=5)),
    together=st.sampled_from([2, 64]),
)
def test_how_many_files_are_read_together_changes_nothing_but_shards(tmp_path_factory, way, files, together):
    folder = tmp_path_factory.mktemp("small")
    pattern = written(folder / "in", files, ".csv" if any(head for head, _, _ in files) else ".jsonl")
    alone = outcome(folder, pattern, way, 1)
    assert outcome(folder, pattern, way, together) == alone


def groups(pattern, chunk_bytes=1 << 20, **source):
    chunks = cut(find_files([Source(name="s", pattern=pattern, **source)]), chunk_bytes)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    return [len(chunk.parts) for chunk in chunks]


def test_files_of_one_layout_are_read_together_up_to_the_size_of_a_chunk(tmp_path):
    for number in range(130):
        (tmp_path / f"{number:03}.csv").write_text("id,n\n" + "a,1\n" * 5)
    assert groups(str(tmp_path / "*.csv")) == [64, 64, 2]
    assert groups(str(tmp_path / "0[01]*.csv"), 60) == [3] * 6 + [2]
    assert groups(str(tmp_path / "00*.csv"), 20) == [1] * 10
    assert groups(str(tmp_path / "00*.csv"), 8) == [1] * 30
    # An open quote may go on for many lines, but not into the next file.
    assert groups(str(tmp_path / "00*.csv"), quoted_line_breaks=True) == [1] * 10
    (tmp_path / "001.csv").write_text("n,id\n1,a\n")
    assert groups(str(tmp_path / "00*.csv")) == [1, 1, 8]


def test_a_file_of_several_chunks_is_not_read_with_the_next(tmp_path):
    (tmp_path / "0.csv").write_text("id,n\n" + "a,1\n" * 6)
    (tmp_path / "1.csv").write_text("id,n\n" + "a,1\n")
    assert groups(str(tmp_path / "*.csv"), 16) == [1, 1, 1]
