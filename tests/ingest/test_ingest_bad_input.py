"""The catalogue of bad input: each kind costs what it must and no more, is told in words, and nothing is lost."""

import glob
import json
import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import unprivileged

from headrace import DataError, UsageError
from headrace.examples.layout import from_features
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest
from headrace.ingest.values.cast import type_columns
from headrace.ingest.values.value_rule import ValueRule

FIELDS = (
    Field(name="n", kind="integer"),
    Field(name="x", kind="float"),
    Field(name="t"),
    Field(name="at", kind="timestamp", zone="Europe/Berlin"),
)


def run(tmp_path: Path, name: str, data: bytes, **source):
    (tmp_path / name).write_bytes(data)
    sources = (Source(name="app", pattern=str(tmp_path / name), **source),)
    spec = IngestSpec(sources=sources, record=RecordSpec(fields=FIELDS), splits={"all": 1}, chunk_bytes=1 << 20)
    out = tmp_path / "out"
    result = ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"))
    rows = [
        row
        for path in sorted(glob.glob(str(out / "examples/Split-all/*")))
        for row in from_features(pq.read_table(path)).to_pylist()
    ]
    rejects = pq.read_table(out / "rejects" / "rejects.parquet").to_pylist()
    assert result.ledger.total == len(rows) + len(rejects)
    for reject in rejects:
        assert reject["words"]
        assert reject["line"] == 1 + data[: reject["byte_offset"]].count(b"\n")
    return rows, [(reject["line"], reject["reason"]) for reject in rejects]


HEADER = b"n,x,t,at\n"
CSV = {
    "wrong number of columns": (b"1,2,a\n1,2,a,,\n3,,,\n", [3], [(2, "too_few_columns"), (3, "too_many_columns")]),
    "unclosed quote": (b'1,2,"a,\n2,,,\n3,,,\n', [2, 3], [(2, "unclosed_quote")]),
    "quote in the middle": (b'1,2,5" pipe,\n2,,"a""b",\n', [1, 2], []),
    "text after a quote": (b'1,2,"a" b,\n2,,,\n', [1, 2], []),
    "embedded newline": (b'1,2,"a\nb",\n2,,,\n', [2], [(2, "unclosed_quote"), (3, "too_few_columns")]),
    "CR LF": (b"1,2,a,\r\n2,,,\r\n", [1, 2], []),
    "CR alone": (b"1,2,a\rb,\n2,,,\n", [2], [(2, "stray_line_break")]),
    "Latin-1 declared as UTF-8": (b"1,2,Malm\xf6,\n2,,Malm\xc3\xb6,\n", [2], [(2, "invalid_utf8")]),
    "UTF-8 cut short, overlong, surrogate": (
        b"1,,\xc3,\n2,,\xc0\x80,\n3,,\xed\xa0\x80,\n4,,,\n",
        [4],
        [(2, "invalid_utf8"), (3, "invalid_utf8"), (4, "invalid_utf8")],
    ),
    "NUL bytes": (b"1,,a\0b,\n\0,,,\n\0\0\0\n2,,,\n", [1, 2], [(3, "bad_integer"), (4, "too_few_columns")]),
    "integer overflow": (
        b"9223372036854775807,,,\n9223372036854775808,,,\n-9223372036854775809,,,\n",
        [9223372036854775807],
        [(3, "integer_overflow"), (4, "integer_overflow")],
    ),
    "NaN and Infinity": (
        b"1,NaN,,\n2,Infinity,,\n3,-inf,,\n4,1,,\n",
        [4],
        [(2, "bad_float"), (3, "bad_float"), (4, "bad_float")],
    ),
    "decimal comma": (b'1,"1,5",,\n2,1.5,,\n', [2], [(2, "bad_float")]),
    "1e400": (
        b"1,1e400,,\n2,-1e400,,\n3,1e300,,\n4,1e38,,\n",
        [4],
        [(2, "bad_float"), (3, "bad_float"), (4, "beyond_float32")],
    ),
    "float in an integer": (b"1.0,,,\n1e3,,,\n2,,,\n", [2], [(2, "bad_integer"), (3, "bad_integer")]),
    "days that do not exist": (
        b"1,,,2026-02-30\n2,,,2026-13-01\n3,,,2026-03-01T24:00:00\n4,,,2024-02-29\n",
        [4],
        [(2, "bad_timestamp"), (3, "bad_timestamp"), (4, "bad_timestamp")],
    ),
    "empty": (b"", [], []),
    "blank lines": (b"\n\r\n1,,,\n\n", [1], []),
}


@pytest.mark.parametrize("kind", CSV)
def test_bad_csv_costs_its_own_rows_only(tmp_path, kind):
    body, numbers, rejects = CSV[kind]
    rows, found = run(tmp_path, "a.csv", HEADER + body)
    assert [row["n"] for row in rows] == numbers
    assert found == rejects


JSON = {
    "duplicate keys": (b'{"n": 1, "n": 2}\n{"n": 3}\n', [3], [(1, "repeated_key")]),
    "nesting of 10,000": (
        b'{"n": 1, "t": ' + b"[" * 10_000 + b"]" * 10_000 + b'}\n{"n": 2}\n{"n": 3, "t": ' + b'{"a":' * 10_000 + b"\n",
        None,
        None,
    ),
    "wrong types": (
        b'{"n": "x"}\n{"n": [1]}\n{"n": {"a": 1}}\n{"n": true}\n{"n": 1.5}\n{"n": "7"}\n',
        [7],
        [(line, "bad_integer") for line in range(1, 6)],
    ),
    "trailing garbage": (b'{"n": 1} x\n{"n": 2}}\n{"n": 3}{"n": 4}\n{"n": 5}\n', [5], [(1, "malformed_json"),
        (2, "malformed_json"), (3, "malformed_json")]),
    "cut short": (b'{"n": 1}\n{"n": 2, "t": "a', [1], [(2, "truncated_json")]),
    "not an object": (b'[1]\n7\nnull\n"a"\n{"n": 1}\n', [1], [(line, "not_an_object") for line in range(1, 5)]),
    "not UTF-8": (b'{"n": 1, "t": "\xff"}\n{"n": 2}\n', [2], [(1, "invalid_utf8")]),
    "NUL bytes": (b'{"n": 1, "t": "a\\u0000b"}\n{"n": 2}\0\n\0\n', [1], [(2, "malformed_json"), (3, "malformed_json")]),
    "integer overflow": (b'{"n": 9223372036854775808}\n{"n": 1}\n', [1], [(1, "integer_overflow")]),
    "1e400, NaN and Infinity": (
        b'{"n": 1, "x": 1e400}\n{"n": 2, "x": NaN}\n{"n": 3, "x": -Infinity}\n{"n": 4, "x": 1e300}\n',
        [2, 3],
        [(1, "bad_float"), (4, "beyond_float32")],
    ),
    "empty": (b"", [], []),
}  # fmt: skip


@pytest.mark.parametrize("kind", JSON)
def test_bad_json_costs_its_own_lines_only(tmp_path, kind):
    data, numbers, rejects = JSON[kind]
    rows, found = run(tmp_path, "a.jsonl", data)
    if numbers is None:  # how deep the parser goes is its own affair, but no other line may suffer
        assert 2 in [row["n"] for row in rows]
        assert (3, "truncated_json") in found
        return
    assert [row["n"] for row in rows] == numbers
    assert found == rejects


@pytest.mark.parametrize(("text", "expected"), [
    ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # twice: the earlier of the two
    ("2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
    ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
    ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z"),
    ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
    ("1883-11-18T12:00:00Z", "1883-11-18T12:00:00Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ("10000-01-01T00:00:00Z", None), ("0000-01-01T00:00:00Z", None), ("-0001-01-01T00:00:00Z", None),
])  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_moments_at_the_edges_of_clock_and_calendar(tmp_path, name, text, expected):
    from headrace.times.instants import instant_us

    data = HEADER + f"1,,,{text}\n".encode() if name == "a.csv" else json.dumps({"n": 1, "at": text}).encode()
    rows, rejects = run(tmp_path, name, data)
    if expected is None:
        assert rejects == [(2 if name == "a.csv" else 1, "bad_timestamp")]
    else:
        assert [row["at"] for row in rows] == [instant_us(expected)]


CLOCK = [
    ("2026-03-29T01:59", "earlier", "2026-03-29T00:59:00Z"), ("2026-03-29T02:00", "earlier", "no_such_local_time"),
    ("2026-03-29T02:59", "later", "no_such_local_time"), ("2026-03-29T03:00", "later", "2026-03-29T01:00:00Z"),
    ("2026-10-25T02:00", "earlier", "2026-10-25T00:00:00Z"), ("2026-10-25T02:00", "later", "2026-10-25T01:00:00Z"),
    ("2026-10-25T02:59", "refuse", "ambiguous_local_time"), ("2026-10-25T03:00", "refuse", "2026-10-25T02:00:00Z"),
    ("2026-03-29T02:30", "refuse", "no_such_local_time"), ("2026-10-25T02:30+01:00", "refuse", "2026-10-25T01:30:00Z"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "ambiguous", "expected"), CLOCK)
@pytest.mark.parametrize("formats", [(), ("%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M")])
@pytest.mark.parametrize("alone", [True, False])
def test_a_time_that_the_clocks_skip_is_a_fault_and_one_that_comes_twice_is_as_declared(
    text, ambiguous, expected, formats, alone
):
    from headrace.times.instants import instant_us

    rule = ValueRule(name="t", kind="timestamp", zone="Europe/Berlin", ambiguous=ambiguous, formats=formats)
    texts = pa.array([text] if alone else ["2026-06-01T12:00", text, None, "yesterday"])
    typed = type_columns({"t": texts}, [rule])["t"]
    reason = None if typed.reasons is None else typed.reasons[0 if alone else 1].as_py()
    value = typed.values[0 if alone else 1].as_py()
    assert (value, reason) == ((None, expected) if "local" in expected else (instant_us(expected), None))


def test_what_comes_twice_is_declared_where_it_can_be():
    with pytest.raises(UsageError, match="ambiguous is for timestamps with a zone, not for kind 'timestamp' in UTC"):
        ValueRule(name="t", kind="timestamp", ambiguous="later")


def test_a_mark_of_byte_order_is_not_part_of_the_first_name(tmp_path):
    assert run(tmp_path, "a.csv", b"\xef\xbb\xbf" + HEADER + b"1,,,\n")[0][0]["n"] == 1
    assert run(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"n": 1}\n')[0][0]["n"] == 1


def test_an_embedded_newline_is_read_where_it_is_declared(tmp_path):
    rows, rejects = run(tmp_path, "a.csv", HEADER + b'1,2,"a\nb",\n2,,,\n', quoted_line_breaks=True)
    assert [row["t"] for row in rows] == ["a\nb", None]
    assert rejects == []


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_field_of_50_mb_is_a_value(tmp_path, name):
    big = b"x" * 50_000_000
    if name == "a.csv":
        data = HEADER + b"1,,a,\n2,," + big + b",\n3,,b,\n"
    else:
        data = b'{"n": 1}\n{"n": 2, "t": "' + big + b'"}\n{"n": 3}\n'
    rows, rejects = run(tmp_path, name, data)
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert len(rows[1]["t"]) == 50_000_000
    assert rejects == []


@pytest.mark.parametrize("data", [b"", HEADER, HEADER.strip(), b"\n\n", b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_no_error(tmp_path, data):
    assert run(tmp_path, "a.csv", data) == ([], [])


def test_a_reordered_header_is_read_by_name(tmp_path):
    rows, _ = run(tmp_path, "a.csv", b"t,at,n,x\na,,1,2.5\n")
    assert rows == [{"n": 1, "x": 2.5, "t": "a", "at": None}]


@pytest.mark.parametrize(("name", "data", "words"), [
    ("a.csv", b"n,x,t,at,n\n1,,,,\n", "names columns twice: n"),
    ("a.csv", b"1,2,a,\n3,4,b,\n", "4 columns are missing from a.csv: n, x, t, at; it has: 1, 2, a, column_4"),
    ("a.csv", b"n,\0,t,at\n", "has NUL bytes"),
    ("a.csv", b"n,x\rt,at\r", "CR alone"),
    ("a.csv", b"Malm\xf6,x\n", "is not UTF-8"),
    ("a.csv", "n,x,t,at\n1,,,\n".encode("utf-16"), "UTF-16"),
    ("a.jsonl", '{"n": 1}\n'.encode("utf-16"), "UTF-16"),
    ("a.csv", "n,x,t,at\n1,,,\n".encode("utf-16-le"), "NUL bytes"),
    ("a.jsonl", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a PNG image"),
])  # fmt: skip
def test_a_file_that_is_wrong_as_a_whole_is_an_error_with_its_name(tmp_path, name, data, words):
    with pytest.raises(DataError) as error:
        run(tmp_path, name, data)
    assert name in str(error.value)
    assert words in str(error.value)
    assert not (tmp_path / "out").exists() or os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(("name", "data"), [
    ("a.jsonl", HEADER + b"1,2,a,\n"), ("a.jsonl", bytes(range(256)) * 9),
])  # fmt: skip
def test_a_file_that_is_not_what_its_name_says_gives_rejects_and_no_row(tmp_path, name, data):
    rows, rejects = run(tmp_path, name, data)
    assert rows == []
    assert {reason for _, reason in rejects} <= {"malformed_json", "invalid_utf8", "not_an_object"}
    assert rejects


READ = """
from headrace import DataError
from headrace.ingest import IngestSpec, Source
from headrace.ingest import ingest
spec = IngestSpec(sources=(Source(name="app", pattern=sys.argv[1]),))
try:
    ingest(spec, examples_dir=sys.argv[2] + "/e", rejects_dir=sys.argv[2] + "/r")
except DataError as error:
    print(error)
"""


def test_a_file_that_may_not_be_read_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER)
    path.chmod(0)
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(0o777)
    done = unprivileged.run(READ, str(path), str(out), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.match(r"source 'app': .*Permission denied.*a\.csv", done.stdout)
    assert os.listdir(out) == []
