"""A file that is one JSON array: each element one record, however it is laid out and cut."""

import gzip
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace import DataError
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest, read_table
from headrace.ingest.records.scanners import Elements

RECORD = RecordSpec(fields=(Field(name="n", kind="integer"), Field(name="t")))
VALUES = st.text(alphabet='a,[]{}"\\\n é', max_size=6)


@given(
    st.lists(VALUES, max_size=8),
    st.sampled_from([None, 1, "\t"]),
    st.integers(1, 60),
    st.integers(1, 7),
    st.sampled_from(["", "\n ", "\ufeff"]),
)
@example(["\\", '"', "\\\\"], None, 1, 1, "")
def test_elements_are_found_whatever_they_hold_and_wherever_they_are_cut(
    tmp_path_factory, texts, indent, size, block, before
):
    from unittest import mock

    rows = [{"n": n, "t": text, "deep": {"x": [text, [n]]}} for n, text in enumerate(texts)]
    path = tmp_path_factory.mktemp("array") / "rows.json"
    path.write_text(before + json.dumps(rows, indent=indent, ensure_ascii=False) + "\n\n")
    with mock.patch("headrace.ingest.formats.text_files.BLOCK_BYTES", block):
        table, rejects, ledger = read_table(str(path), record=RECORD, chunk_bytes=size)
    assert table.to_pydict() == {"n": list(range(len(texts))), "t": [text or None for text in texts]}
    assert (rejects.num_rows, ledger.total) == (0, len(texts))


@given(st.text(alphabet='[]{},"\\a\n', max_size=40))
def test_borders_do_not_depend_on_blocks(text):
    data = text.encode()

    def borders(size: int):
        scanner = Elements(0, "x")
        try:
            return [int(place) for n in range(0, len(data), size) for place in scanner.scan(data[n : n + size])]
        except DataError:
            return "not an array"

    assert borders(1) == borders(3) == borders(100)


def test_a_bad_element_is_rejected_with_its_line_and_byte_and_costs_no_other(tmp_path):
    text = '[\n {"n": 1},\n {"n": 2,\n  "t" "x"},\n 7,\n {"n": "x"}, {"n": 5}\n]\n'
    (tmp_path / "rows.json").write_text(text)
    for size in (1, 20, 1000):
        table, rejects, ledger = read_table(str(tmp_path / "rows.json"), record=RECORD, chunk_bytes=size)
        assert table["n"].to_pylist() == [1, 5]
        assert rejects["line"].to_pylist() == [3, 5, 6]
        assert rejects["reason"].to_pylist() == ["malformed_json", "not_an_object", "bad_integer"]
        starts = [text.index('{"n": 2'), text.index("7"), text.index('{"n": "x"')]
        assert rejects["byte_offset"].to_pylist() == starts
        assert rejects["raw"][0].as_py() == '{"n": 2,\n  "t" "x"}'
        assert ledger.total == 5


def test_splits_of_an_array_do_not_depend_on_chunks_or_packing(tmp_path):
    rows = [{"n": n, "t": f"t{n}"} for n in range(200)]
    (tmp_path / "a.json").write_text(json.dumps(rows, indent=2))
    (tmp_path / "b.json").write_bytes(gzip.compress((tmp_path / "a.json").read_bytes()))
    found = []
    for name, size in (("a", 100), ("a", 5000), ("b", 100)):
        spec = IngestSpec(
            sources=(Source(name="s", pattern=str(tmp_path / f"{name}.json")),), record=RECORD, chunk_bytes=size
        )
        found.append(ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r")).rows)
    assert found[0] == found[1] == found[2]
    assert found[0]["train"] + found[0]["eval"] == 200


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            '[{"n": 1}, {"n": 2',
            "not closed: a bracket is open at its end, byte 18, in the element that starts at byte 10",
        ),
        ('[{"n": 1}, {"t": "x]', "not closed: a quote is open"),
        ('[{"n": 1}] {"n": 2}', "not one JSON array: at byte 11 something stands"),
        ('[{"n": 1}]]', "at byte 10 something"),
        ("[", "not closed"),
    ],
)
def test_an_array_that_is_cut_off_or_goes_on_is_an_error(tmp_path, text, words):
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(DataError, match=words):
        read_table(str(tmp_path / "rows.json"), record=RECORD)
    (tmp_path / "rows.json").write_bytes(gzip.compress(text.encode()))
    with pytest.raises(DataError, match=words):
        read_table(str(tmp_path / "rows.json"), record=RECORD)


@pytest.mark.parametrize("text", ["[]", " [ ] ", "[\n]\n"])
def test_an_empty_array_has_no_records(tmp_path, text):
    (tmp_path / "rows.json").write_text(text)
    assert read_table(str(tmp_path / "rows.json"), record=RECORD)[2].total == 0
