"""Lines of container logs in parts: the same records as if each line were whole, wherever a chunk ends."""

import gzip
import itertools

import pytest
from example_counts import examples
from hypothesis import example, given
from hypothesis import strategies as st
from test_ingest_dialects import objects, reasons, run, unwrapped

from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest
from headrace.ingest.dialects.collectors.cri import PARTS
from headrace.ingest.dialects.parts import PartLines

RECORD = RecordSpec(
    fields=(Field(name="at", source="@timestamp", kind="timestamp"), Field(name="bib", source="bib", required=True))
)


def line(second, stream, tag, text):
    return f"2026-03-03T07:00:{second:02}Z {stream} {tag} ".encode() + text + b"\n"


TWO_WHOLE = line(1, "stdout", "F", b"ab") + line(2, "stderr", "F", b"x")


@st.composite
def logs(draw):
    """A log with lines in parts, and the same with whole lines, each in the place of its first part."""
    opened = {"stdout": None, "stderr": None}
    parted, whole = [], []
    for second in range(draw(st.integers(0, 12))):
        stream = draw(st.sampled_from(sorted(opened)))
        text = draw(st.text(alphabet='ab "é€7{', max_size=6)).encode()
        cut = draw(st.integers(0, len(text))) if draw(st.booleans()) else len(text)  # also within a character
        ends = draw(st.booleans())
        if opened[stream] is None:
            whole.append([second, stream, b""])
            opened[stream] = whole[-1]
        for piece, tag in ((text[:cut], "P"), (text[cut:], "F" if ends else "P")):
            parted.append(line(second, stream, tag, piece))
            opened[stream][2] += piece
        if ends:
            opened[stream] = None
    for stream, entry in opened.items():
        if entry is not None:
            parted.append(line(59, stream, "F", b""))
    return b"".join(parted), b"".join(line(second, stream, "F", text) for second, stream, text in whole)


@examples(0.3)
@given(logs())
def test_parts_give_what_whole_lines_give(log):
    parted, whole = log
    one, other = unwrapped(parted, "cri"), unwrapped(whole, "cri")
    assert (objects(one), one.faulty) == (objects(other), other.faulty) == (objects(one), ())
    origins = one.records.origin.tolist()
    assert origins == sorted(set(origins))
    for origin, number in zip(origins, one.records.lines.tolist(), strict=True):
        assert parted[:origin].count(b"\n") == number


@examples(0.3)
@given(logs(), st.lists(st.integers(0, 600), max_size=5))
@example((line(1, "stdout", "P", b"a") + line(2, "stderr", "F", b"x") + line(3, "stdout", "F", b"b"), TWO_WHOLE), [40])
def test_a_chunk_may_end_where_no_stream_is_open_and_blocks_do_not_matter(log, cuts):
    parted, whole = log
    edges = [0, *sorted(min(cut, len(parted)) for cut in cuts), len(parted)]
    scanner = PartLines(0, PARTS)
    borders = [b for start, end in itertools.pairwise(edges) for b in scanner.scan(parted[start:end]).tolist()]
    assert borders == PartLines(0, PARTS).scan(parted).tolist()
    assert not parted or borders[-1] == len(parted)
    pieces = [parted[start:end] for start, end in zip([0, *borders], borders, strict=False)]
    found = [objects(unwrapped(piece, "cri")) for piece in pieces]
    assert [one for piece in found for one in piece] == objects(unwrapped(whole, "cri"))


@pytest.mark.parametrize("packed", [False, True])
def test_the_same_rows_for_every_size_of_a_chunk(tmp_path, packed):
    text = b"".join(
        line(n % 60, "stdout", "P", b'{"bib": "' + f"{n}é".encode()[:-1])
        + line(n % 60, "stderr", "F", b'{"bib": "x"}')
        + line(n % 60, "stdout", "P:more", "é".encode()[1:])
        + line(n % 60, "stdout", "F", b'"}')
        for n in range(15)
    )
    expected = [b for n in range(15) for b in (f"{n}é".encode(), b"x")]
    for number, chunk_bytes in enumerate((1, 64, 1000, 1 << 20)):
        content = gzip.compress(text) if packed else text
        result, rows, rejects = run(tmp_path, content, "cri", record=RECORD, number=number, chunk_bytes=chunk_bytes)
        assert [row["bib"][0] for row in rows] == expected
        assert (result.ledger.total, rejects) == (30, [])


def test_a_line_whose_last_part_is_absent_is_rejected_in_the_place_of_its_first(tmp_path):
    text = line(1, "stderr", "P", b"so") + line(2, "stdout", "F", b'{"bib": "7"}') + line(3, "stderr", "P", b"\xc3")
    for number, chunk_bytes in enumerate((1, 1 << 20)):
        result, rows, (reject,) = run(tmp_path, text, "cri", record=RECORD, number=number, chunk_bytes=chunk_bytes)
        assert [row["bib"] for row in rows] == [[b"7"]]
        assert result.ledger.total == 2
        assert (reject["reason"], reject["line"], reject["byte_offset"]) == ("unfinished_line", 1, 0)
        assert "same stream with the tag F" in reject["words"]
        assert reject["raw"] == "2026-03-03T07:00:01Z stderr P so\\xc3"


def test_lines_that_are_of_no_stream_stay_apart():
    found = unwrapped(line(1, "stdout", "P", b"a") + b"no line of CRI\n" + line(2, "stdout", "F", b"b"), "cri")
    assert [one["message"] for one in objects(found)] == ["ab"]
    assert reasons(found) == {1: "malformed_json"}


def test_small_files_that_share_a_chunk_do_not_share_lines(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.log").write_bytes(line(1, "stdout", "P", b"a") + line(2, "stderr", "F", b"b"))
    spec = IngestSpec(sources=(Source(name="log", pattern=str(tmp_path / "*.log"), dialect="cri"),))
    result = ingest(spec, examples_dir=str(tmp_path / "out"), rejects_dir=str(tmp_path / "away"))
    assert (result.ledger["accepted"], result.ledger["rejected"]) == (3, 3)
