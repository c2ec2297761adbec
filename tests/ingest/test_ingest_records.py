"""Records are found, counted and judged in the bytes alone."""

import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.ingest.records.find_records import find_records, invalid_utf8, quote_faults, without

LINES = st.lists(st.text(alphabet='a,"\r é', max_size=8), max_size=12)


def records_of(data: bytes, **options):
    return find_records(np.frombuffer(data, dtype=np.uint8), **options)


def texts(records):
    return [records.text(index) for index in range(len(records))]


@pytest.mark.parametrize(
    ("data", "found", "lines"),
    [
        (b"", [], []),
        (b"a", [b"a"], [0]),
        (b"a\nb", [b"a", b"b"], [0, 1]),
        (b"a\r\nb\r\n", [b"a", b"b"], [0, 1]),
        (b"\n\na\n\r\n\nb\n", [b"a", b"b"], [2, 5]),
        (b"a\r", [b"a"], [0]),
        (b"a\rb\n", [b"a\rb"], [0]),
    ],
)
def test_records_are_lines_that_are_not_blank(data, found, lines):
    records = records_of(data)
    assert texts(records) == found
    assert records.lines.tolist() == lines
    assert records.line_count == len(data.splitlines()) - data.count(b"\rb")


def test_line_break_in_quotes_belongs_to_the_value_where_declared():
    records = records_of(b'a,"x\ny"\n\nb,"1"\n', quoted_line_breaks=True)
    assert texts(records) == [b'a,"x\ny"', b'b,"1"']
    assert records.lines.tolist() == [0, 3]
    assert records.line_count == 4


@given(LINES, st.sampled_from([b"\n", b"\r\n"]))
def test_records_agree_with_splitting_at_line_breaks(lines, end):
    encoded = [line.encode() for line in lines]
    data = end.join(encoded)
    expected = [part[:-1] if part.endswith(b"\r") else part for part in data.split(b"\n")]
    assert texts(records_of(data)) == [part for part in expected if part]


@given(st.lists(st.binary(max_size=6).filter(lambda line: b"\n" not in line and b"\r" not in line), max_size=8))
@example([b"\xff", b"ok", b"\xc3\xa9", b"\xc3"])
def test_invalid_utf8_is_what_python_can_not_decode(lines):
    records = records_of(b"\n".join(lines))
    expected = []
    for index, text in enumerate(texts(records)):
        try:
            text.decode()
        except UnicodeDecodeError:
            expected.append(index)
    assert invalid_utf8(records).tolist() == expected


@given(LINES)
@example(['5" pipe,1', '"a"",b"', '"a"b",c', 'a"b,"c', '""""', '"', '"a""', 'x,"', '"a"x"'])
def test_a_record_is_unclosed_exactly_where_the_csv_module_runs_over_its_end(lines):
    records = records_of("\n".join(lines).encode())
    found = quote_faults(records, ",")
    unclosed, broken = found["unclosed_quote"], found["stray_line_break"]
    for index, text in enumerate(texts(records)):
        # A sentinel value after the record is read as a value of its own, unless a quote is still open.
        rows = list(csv.reader(io.StringIO(text.decode().replace("\r", " ") + "\n,SENTINEL", newline="")))
        assert (index in unclosed) == (len(rows) == 1)
        # A byte more, lest a CR at the end close the row quietly.
        pieces = list(csv.reader(io.StringIO(text.decode() + "x", newline="")))
        assert (index in broken) == (index not in unclosed and len(pieces) > 1)


@given(LINES, st.data())
def test_without_gives_the_other_records_one_a_line(lines, data):
    records = records_of("\n".join(lines).encode())
    drop = data.draw(st.sets(st.integers(0, max(len(records) - 1, 0)))) if len(records) else set()
    # A record that ends in CR has a stray line break, so it never stays.
    drop |= {index for index, text in enumerate(texts(records)) if text.endswith(b"\r")}
    buffer, kept = without(records, np.array(sorted(drop), dtype=np.int64))
    assert kept.tolist() == [index for index in range(len(records)) if index not in drop]
    assert texts(find_records(np.asarray(buffer))) == [texts(records)[index] for index in kept]
