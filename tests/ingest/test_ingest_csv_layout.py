"""CSV of any layout that can be declared is read as it was written, whatever the chunks and the compression are."""

import csv
import gzip
import io
import itertools
import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from example_counts import examples
from hypothesis import example, given
from hypothesis import strategies as st

from headrace import DataError
from headrace.examples.layout import from_features
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest, read_table
from headrace.ingest.formats.csv_head import DelimiterError
from headrace.ingest.formats.csv_text import csv_rows
from headrace.ingest.formats.footer import footer_start, last_lines, without_footer
from headrace.ingest.records.csv_layout import CsvLayout, likely_delimiter, plain_records, split_record
from headrace.ingest.records.find_records import find_records
from headrace.ingest.records.scanners import CommentedLines, QuotedLines

HEADER = ("a", "b", "c")
VALUES = st.text(alphabet="x1,|;\"' \\\tż#", max_size=5)
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=6)


def read(text: str | bytes, source: dict, *, chunk_bytes: int = 1 << 20, suffix: str = ".csv"):
    """Rows as texts, and rejects as line, reason and raw text."""
    data = text.encode() if isinstance(text, str) else text
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        path = Path(folder, "rows" + suffix)
        path.write_bytes(gzip.compress(data) if suffix.endswith(".gz") else data)
        declared = Source(name="s", pattern=str(path), **source)
        columns = read_table(str(path), source=declared)[0].column_names
        record = RecordSpec(fields=tuple(Field(name=name, missing=()) for name in columns or ("a",)))
        rows, rejects, ledger = read_table(str(path), record=record, source=declared, chunk_bytes=chunk_bytes)
        assert ledger.total == rows.num_rows + rejects.num_rows
        return [tuple(row.values()) for row in rows.to_pylist()], [
            tuple(row[name] for name in ("line", "byte_offset", "reason", "raw")) for row in rejects.to_pylist()
        ]


def written(rows, **options):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n", **options).writerows([HEADER, *rows])
    return stream.getvalue()


@given(ROWS, st.sampled_from([",", ";", "|"]), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.integers(1, 60))
def test_what_the_csv_module_wrote_with_escapes_is_read_back(rows, delimiter, quoting, chunk_bytes):
    text = written(rows, delimiter=delimiter, escapechar="\\", doublequote=False, quoting=quoting)
    for suffix in (".csv", ".csv.gz"):
        found = read(text, {"delimiter": delimiter, "escape": "\\"}, chunk_bytes=chunk_bytes, suffix=suffix)
        assert found == (rows, [])


@given(ROWS, st.sampled_from(["||", "::", "|~|", ", "]), st.integers(1, 60))
@examples(0.8)
@example([("a||b", 'c"', "\x1f")], "||", 5)
def test_values_between_delimiters_of_several_characters_are_read_back(rows, delimiter, chunk_bytes):
    quoted = [['"' + value.replace('"', '""') + '"' for value in row] for row in rows]
    text = "\n".join(delimiter.join(row) for row in [HEADER, *quoted]) + "\n"
    assert read(text, {"delimiter": delimiter}, chunk_bytes=chunk_bytes) == (rows, [])


@given(st.lists(st.text(alphabet='x,"\\ é', max_size=9).filter(bool), max_size=8), st.booleans(), st.booleans())
@example(['"a\\"b",c,d', '"a""b\\"" ,c', ' "x",  y, "z"', '"a" b,c,d', "x\\", "a\\,b,c,d", '"a'], True, True)
def test_any_record_is_split_as_the_csv_module_splits_it_alone(lines, escapes, spaces):
    layout = CsvLayout(escape="\\" if escapes else None, skip_initial_space=spaces)
    for line in lines:
        found = split_record(line.encode(), layout)
        rows = list(csv.reader(
            io.StringIO(line + "\n,SENTINEL", newline=""), escapechar=layout.escape, skipinitialspace=spaces
        ))  # fmt: skip
        # A quote, or an escape at the end, that is open runs over the end of the line.
        assert (found.fault is not None) == (len(rows) == 1)
        if found.fault is None:
            assert [value.decode() for value in found.values] == rows[0]


@given(st.lists(st.text(alphabet='x,"\\ ', max_size=9).filter(bool), max_size=8), st.booleans(), st.booleans())
@example(["   ", "a,b,c"], False, True)
def test_records_are_rewritten_one_for_one(lines, escapes, spaces):
    layout = CsvLayout(escape="\\" if escapes else None, skip_initial_space=spaces)
    records = find_records(np.frombuffer("\n".join(lines).encode(), np.uint8))
    plain, faulty = plain_records(records, layout, 3)
    away = {index for one in faulty for index in one.records.tolist()}
    assert len(plain) == len(records) == plain.line_count
    for index in set(range(len(records))) - away:
        expected = split_record(records.text(index), layout).values
        assert split_record(plain.text(index), CsvLayout()).values == expected
    rows = csv_rows(records, HEADER, HEADER, layout)
    assert len(rows.kept) + sum(len(one.records) for one in rows.faulty) == len(records)


def test_what_an_escape_seems_to_stand_in_is_rejected_where_none_is_declared():
    text = 'a,b\n"say \\"hi\\"",1\n"C:\\dir\\",2\n5\\" pipe,3\n"x\\"",4\n'
    rows, rejects = read(text, {})
    assert rows == [("C:\\dir\\", "2"), ('5\\" pipe', "3")]
    assert [(line, reason) for line, _, reason, _ in rejects] == [(2, "escaped_quote"), (5, "escaped_quote")]
    assert read(text, {"escape": "\\"})[0] == [('say "hi"', "1"), ('5" pipe', "3"), ('x"', "4")]


@given(ROWS.map(lambda rows: [tuple(value.replace("\\", "") for value in row) for row in rows]))
@examples(1.6)
def test_quotes_that_are_escaped_are_never_read_as_another_value(rows):
    text = written(rows, escapechar="\\", doublequote=False, quoting=csv.QUOTE_ALL)
    found, rejects = read(text, {})
    plain = [row for row in rows if not any('"' in value for value in row)]
    assert [row for row in found if row in plain or row not in rows] == plain
    assert len(found) + len(rejects) == len(rows)


MESSY = (
    'report of 3 March,\nsecond line\n\n# in metres\nbib, net, city,\n7, 03:40, "Łódź, \\"old\\"",\n# a comment\n'
    '\n8, 03:41, Berlin,\n"9, 1,\n10, 2, x,,\n11, 3\n12, 4, y\\,\n13, 5, z,\nsum, 5, ,\n-- end\n\n\n'
)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_everything_at_once_gives_the_same_rows_whatever_the_chunks_are(suffix, encoding, end):
    source = {
        "skip_rows": 2, "comment": "#", "escape": "\\", "skip_initial_space": True, "trailing_delimiter": True,
        "footer_rows": 2, "encoding": encoding,
    }  # fmt: skip
    data = MESSY.replace("\n", end).encode(encoding)
    whole = read(data, source, suffix=suffix)
    assert whole[0] == [
        ("7", "03:40", 'Łódź, "old"'), ("8", "03:41", "Berlin"), ("12", "4", "y,"), ("13", "5", "z"),
    ]  # fmt: skip
    assert [(line, reason) for line, _, reason, _ in whole[1]] == [
        (10, "unclosed_quote"), (11, "too_many_columns"), (12, "too_few_columns"),
    ]  # fmt: skip
    decoded = MESSY.replace("\n", end).encode()
    for _, offset, _, raw in whole[1]:
        assert decoded[offset:].decode().startswith(raw)
    for chunk_bytes in (1, 7, 20, 50, 111):
        assert read(data, source, suffix=suffix, chunk_bytes=chunk_bytes) == whole


LINE = st.text(alphabet='ab,"\\# \r', max_size=6)


@given(
    st.lists(LINE, max_size=8), st.integers(0, 3), st.integers(0, 3), st.sampled_from([None, "#", "a#"]),
    st.sampled_from([None, "\\"]), st.booleans(), st.booleans(), st.booleans(), st.integers(1, 30),
)  # fmt: skip
@examples(1.6)
def test_no_line_is_lost_and_chunks_do_not_matter(
    lines, skip, footer, comment, escape, spaces, trailing, header, chunk_bytes
):
    source = {
        "skip_rows": skip, "footer_rows": footer, "comment": comment, "escape": escape, "skip_initial_space": spaces,
        "trailing_delimiter": trailing, "header": header, "delimiter": ",",
    }  # fmt: skip
    data = "\n".join(lines)
    try:
        whole = read(data, source)
    except DataError:  # the head can't be read
        return
    for suffix in (".csv", ".csv.gz"):
        assert read(data, source, chunk_bytes=chunk_bytes, suffix=suffix) == whole
    left = lines[skip:]
    while footer and left:
        footer -= bool(left.pop().strip("\r"))
    left = [line for line in left if line.removesuffix("\r") and not (comment and line.startswith(comment))]
    while header and left and not left[0].strip("\r"):  # as blank as a line without any CR
        del left[0]
    assert len(whole[0]) + len(whole[1]) == max(len(left) - header, 0)


@given(st.lists(st.text(alphabet='x,"\\\n', max_size=8), max_size=8), st.integers(1, 9), st.sampled_from([None, "\\"]))
def test_records_with_line_breaks_in_quotes_are_cut_where_they_are_found(parts, size, escape):
    data = "\n".join(parts).encode()
    scanner = QuotedLines(0, escape)
    found = [place for at in range(0, len(data), size) for place in scanner.scan(data[at : at + size]).tolist()]
    records = find_records(np.frombuffer(data, np.uint8), quoted_line_breaks=True, escape=escape)
    assert {*records.starts.tolist()} <= {0, *found}
    # Piece by piece they are the same records.
    edges = [0, *found, len(data)]
    texts = []
    for start, end in itertools.pairwise(edges):
        piece = find_records(np.frombuffer(data[start:end], np.uint8), quoted_line_breaks=True, escape=escape)
        texts += [piece.text(index) for index in range(len(piece))]
    assert texts == [records.text(index) for index in range(len(records))]


def lines_by_hand(text, escape):
    """The records of a text with comments and quoted line breaks, character by character."""
    found, record, quoted, place = [], "", False, 0
    while place < len(text):
        if not record and text.startswith("#", place):
            end = (text + "\n").index("\n", place)
            found.append(text[place:end])
            place = end + 1
            continue
        sign = text[place]
        if sign == escape and place + 1 < len(text):
            record += text[place : place + 2]
            place += 2
            continue
        quoted ^= sign == '"'
        if sign == "\n" and not quoted:
            found.append(record)
            record = ""
        else:
            record += sign
        place += 1
    return [one for one in [*found, record] if one]


@given(st.text(alphabet='#x,"\\\n', max_size=40), st.integers(1, 9), st.sampled_from([None, "\\"]))
@examples(12)
def test_comments_stand_between_records_and_not_in_quotes(text, size, escape):
    data = text.encode()
    records = find_records(np.frombuffer(data, np.uint8), quoted_line_breaks=True, escape=escape, comment="#")
    texts = [records.text(index).decode() for index in range(len(records))]
    assert texts == lines_by_hand(text, escape)
    scanner = CommentedLines(0, escape, "#")
    borders = [place for at in range(0, len(data), size) for place in scanner.scan(data[at : at + size]).tolist()]
    edges = [0, *borders, len(data)]
    assert edges == sorted(edges)
    pieces = [np.frombuffer(data[start:end], np.uint8) for start, end in itertools.pairwise(edges)]
    again = [find_records(piece, quoted_line_breaks=True, escape=escape, comment="#") for piece in pieces]
    assert [one.text(index).decode() for one in again for index in range(len(one))] == texts
    assert len(borders) >= len(texts) - 1


def test_comments_and_line_breaks_in_quotes_are_read_together_whatever_the_chunks_are():
    text = '# made by "hand\na,b\n1,"x\n# y ""z""\n"\n#"\n2,"#"\n\n# 5" and 6"\n3,#'
    rows = [("1", 'x\n# y "z"\n'), ("2", "#"), ("3", "#")]
    both = {"comment": "#", "quoted_line_breaks": True}
    for suffix in (".csv", ".csv.gz"):
        for chunk_bytes in (1, 5, 12, 1000):
            assert read(text, both, chunk_bytes=chunk_bytes, suffix=suffix) == (rows, [])


def test_an_escaped_line_break_is_part_of_a_value_where_values_may_have_any():
    text = 'a,b\nx\\\ny,1\n"p\nq\\"",2\n'
    both = {"escape": "\\", "quoted_line_breaks": True}
    for chunk_bytes in (1, 5, 1000):
        assert read(text, both, chunk_bytes=chunk_bytes)[0] == [("x\ny", "1"), ('p\nq"', "2")]
    _, rejects = read(text, {"escape": "\\"})
    assert rejects[0][2] == "stray_escape"


@given(st.lists(st.sampled_from(["", "a", "bb", "\r", "c,d"]), max_size=9), st.integers(0, 4), st.integers(1, 5))
def test_the_footer_is_the_last_lines_that_are_not_blank_however_they_are_read(lines, rows, size):
    data = "\n".join(lines).encode()
    end = last_lines(data, rows)
    kept = [line for line in data[:end].split(b"\n") if line.strip(b"\r")]
    every = [line for line in data.split(b"\n") if line.strip(b"\r")]
    assert kept == every[: max(len(every) - rows, 0)]
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    assert [one for one in b"".join(without_footer(blocks, rows)).split(b"\n") if one.strip(b"\r")] == kept
    with tempfile.NamedTemporaryFile(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as file:
        file.write(data)
        file.flush()
        assert footer_start(file.name, 0, len(data), rows) == end


def test_a_long_footer_is_found_though_it_is_read_from_the_end(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\n1\n" + "note of many words\n" * 20_000)
    assert footer_start(str(path), 2, path.stat().st_size, 20_000) == 4


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_a_file_of_another_delimiter_is_asked_about_instead_of_read_as_one_column(delimiter):
    text = f"a{delimiter}b\n1{delimiter}2,5\n"
    with pytest.raises(DelimiterError, match="has 1 column by the delimiter ',', and 2 columns by") as error:
        read(text, {})
    assert error.value.delimiter == delimiter
    assert read(text, {"delimiter": delimiter})[0] == [("1", "2,5")]
    assert read(text, {"delimiter": ","})[1][0][2] == "too_many_columns"


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["a;b", "1;2"], ";"), (["a;b", "1"], None), (["a,b", "1;2"], None), (["a"], None), (["a;b"], ";"), ([], None),
        (['"a;b"', '"1;2"'], None), (["a|b;c", "1|2;3"], ";"), (["a b", "c; d"], None),
        (["1,5;2", "3;4"], ";"), (['"a,b";"c"', '"d,e";"f"'], ";"), (["a,b", "1,2,3"], None),
        (["a,b;c", "1,2;3"], None),
    ],
)  # fmt: skip
def test_a_delimiter_is_likely_if_all_lines_have_as_many_values_by_it(lines, delimiter):
    assert likely_delimiter([line.encode() for line in lines], CsvLayout()) == delimiter


def test_a_first_line_of_any_length_is_read():
    names = [f"column_{number}" for number in range(300)] + ["x" * 200_000]
    rows, _ = read(",".join(names) + "\n" + ",".join("1" for _ in names) + "\n", {})
    assert rows == [("1",) * len(names)]


def test_a_header_that_opens_a_quote_is_an_error_unless_it_goes_on():
    with pytest.raises(DataError, match="opens a quote that it does not close"):
        read('a,"b\n1,2\n', {})
    assert read('a,"b\nc"\n1,2\n', {"quoted_line_breaks": True})[0] == [("1", "2")]


def test_folders_called_name_and_value_are_columns(tmp_path):
    for month, city in (("01", "S%C3%A3o%20Paulo"), ("02", "__HIVE_DEFAULT_PARTITION__")):
        folder = tmp_path / "year=2024" / f"month={month}" / f"city={city}"
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text("id\n1\nx\n")
        (folder / "part.jsonl").write_text('{"id": 2, "year": 1}\n')
    for suffix, ids in (("csv", ["1", "x"]), ("jsonl", [2])):
        spec = IngestSpec(
            sources=(Source(name="s", pattern=f"{tmp_path}/*/*/*/*.{suffix}", hive_columns=True),), splits={"all": 1}
        )
        ingest(spec, examples_dir=f"{tmp_path}/e", rejects_dir=f"{tmp_path}/r")
        rows = [
            row
            for path in sorted((tmp_path / "e" / "Split-all").iterdir())
            for row in from_features(pq.read_table(path)).to_pylist()
        ]
        expected = [("01", "São Paulo"), ("02", None)]
        assert rows == [
            {"id": number, "year": 2024, "month": month, "city": city} for month, city in expected for number in ids
        ]


def test_folder_columns_that_are_not_there_or_come_twice_are_errors(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,year\n1,2\n")
    with pytest.raises(DataError, match="is called name=value, which hive_columns needs"):
        read_table(str(path), source=Source(name="s", pattern=str(path), hive_columns=True))
    folder = tmp_path / "year=2024"
    folder.mkdir()
    path.rename(folder / "rows.csv")
    with pytest.raises(DataError, match=r"names columns twice, .*: year"):
        read_table(str(folder / "rows.csv"), source=Source(name="s", pattern="x", hive_columns=True))


def test_what_can_be_declared_for_csv_alone_is_refused_for_other_files(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n')
    with pytest.raises(DataError, match="is jsonl: skip_rows, comment can be declared for CSV alone"):
        read_table(str(path), source=Source(name="s", pattern=str(path), skip_rows=1, comment="#"))
