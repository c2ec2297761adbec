"""CSV records become columns of text exactly as the csv module reads them, or are turned away and counted."""

import csv
import io

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.ingest.formats.csv_head import header_of
from headrace.ingest.formats.csv_text import csv_rows
from headrace.ingest.records.csv_layout import CsvLayout
from headrace.ingest.records.find_records import find_records

HEADER = ("a", "b", "c")
VALUES = st.text(alphabet="x1,\"' \tż", max_size=5)


def rows_of(data: bytes, **options):
    records = find_records(np.frombuffer(data, dtype=np.uint8))
    return csv_rows(records, HEADER, options.pop("wanted", HEADER), CsvLayout(**options))


def reasons(rows):
    return {index: faulty.reason for faulty in rows.faulty for index in faulty.records.tolist()}


@given(
    st.lists(st.tuples(VALUES, VALUES, VALUES), max_size=8), st.sampled_from(["\n", "\r\n"]), st.sampled_from(",;\t")
)
def test_what_the_csv_module_wrote_is_read_back(table, end, delimiter):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    rows = rows_of(stream.getvalue().encode(), delimiter=delimiter)
    assert not rows.faulty
    assert list(zip(*(rows.columns[name].to_pylist() for name in HEADER), strict=True)) == table


@given(st.lists(st.text(alphabet='x,"é', max_size=9).filter(bool), max_size=10))
@example(['5" pipe,a,b', '"a"b,c,d', 'a"b,"c,d', '"",,', '"x"'])
def test_any_line_is_read_as_the_csv_module_reads_it_alone_or_is_turned_away(lines):
    rows = rows_of("\n".join(lines).encode())
    away = reasons(rows)
    read = iter(zip(*(rows.columns[name].to_pylist() for name in HEADER), strict=True))
    for index, line in enumerate(lines):
        alone = next(csv.reader([line]))
        if index not in away:
            assert next(read) == tuple(alone)
        elif away[index] in ("too_few_columns", "too_many_columns"):
            assert len(alone) != len(HEADER)
        else:
            assert away[index] == "unclosed_quote"
    assert next(read, None) is None


@given(st.lists(st.binary(max_size=12), max_size=10))
@example([b'1,"2', b"1,2,3", b"\xff,,", b"1\r2,,", b"\0,\0,\0", b'"', b"1,2"])
def test_no_record_is_lost_whatever_the_bytes_are(lines):
    rows = rows_of(b"\n".join(lines))
    away = reasons(rows)
    assert len(away) == sum(len(faulty.records) for faulty in rows.faulty)
    assert sorted([*rows.kept.tolist(), *away]) == list(range(len(rows.records)))


def test_each_fault_costs_one_row_and_has_its_reason():
    rows = rows_of(b'1,2,3\n1,"2,3\n\xff,2,3\n1,2\n1,2\r,3\n1,2,3,4\n4,5,6\n')
    assert reasons(rows) == {
        1: "unclosed_quote",
        2: "invalid_utf8",
        3: "too_few_columns",
        4: "stray_line_break",
        5: "too_many_columns",
    }
    assert rows.columns["a"].to_pylist() == ["1", "4"]
    words = {faulty.reason: faulty.words for faulty in rows.faulty}
    assert words["too_few_columns"] == ["expected 3 values, got 2: is the line cut off?"]
    assert words["too_many_columns"] == ["expected 3 values, got 4"]


def test_a_mark_of_byte_order_within_a_file_is_part_of_its_value():
    assert rows_of("\ufeffx,,\n\ufeffy,,\n".encode()).columns["a"].to_pylist() == ["\ufeffx", "\ufeffy"]


def test_only_wanted_columns_are_read_but_all_are_counted():
    rows = rows_of(b"1,2,3\n1,2\n", wanted=["c", "a"])
    assert {name: column.to_pylist() for name, column in rows.columns.items()} == {"c": ["3"], "a": ["1"]}
    assert reasons(rows) == {1: "too_few_columns"}


def test_line_break_in_quotes_is_part_of_the_value_where_records_are_found_so():
    records = find_records(np.frombuffer(b'1,"x\r\ny",3\n4,5,6\n7,"8\n', dtype=np.uint8), quoted_line_breaks=True)
    rows = csv_rows(records, HEADER, HEADER)
    assert rows.columns["b"].to_pylist() == ["x\r\ny", "5"]
    assert reasons(rows) == {2: "unclosed_quote"}


def test_line_break_outside_of_quotes_never_joins_two_rows():
    # Two inch marks, each plain text in its line, together look like a pair of quotes.
    records = find_records(np.frombuffer(b'1,5" x,3\n1,6" x,3\n', dtype=np.uint8), quoted_line_breaks=True)
    assert reasons(csv_rows(records, HEADER, HEADER)) == {0: "stray_line_break"}


def test_nameless_columns_are_called_by_their_place():
    assert header_of(',"b, c",', CsvLayout()) == ["column_1", "b, c", "column_3"]
