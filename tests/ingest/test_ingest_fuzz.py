"""Any bytes are read without a crash and without a loss: a short run of the laws that a long one holds too."""

import pytest
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from ingest_laws import SEEDS, hold_laws_for

CSV_PIECES = [
    b"integer,float,text\n", b"observed,quantity\n", b"1", b"2.5", b"-", b",", b"\n", b"\r\n", b"\r", b'"', b'""',
    b'"a,b"', b"\xff", b"\xef\xbb\xbf", b"\0", b"1e400", b"nan", b"99999999999999999999", b"007", b"1,300 ft",
    b"2026-03-29T02:30:00", b" ",
]  # fmt: skip
JSON_PIECES = [
    b'{"integer": 1}', b'{"observed": ', b'{"a": {"b": ', b'{"timestamp": "', b"}", b"]", b"[", b'"', b",", b":",
    b"\n", b"\r\n", b"null", b"NaN", b"1e400", b"true", b'"text"', b"\\u0000", b"\\ud800", b"\xff", b"\0",
    b"9223372036854775808", b" ",
    b'"a.b"', b'"~/"',
]  # fmt: skip


def file_of(pieces):
    return st.lists(st.one_of(st.sampled_from(pieces), st.binary(max_size=4)), max_size=16).map(b"".join)


@examples(2)
@given(how=st.integers(0, 127).map(lambda n: 2 * n), data=file_of(CSV_PIECES))
def test_any_csv_is_read_or_refused_without_a_loss(how, data):
    hold_laws_for(bytes([how]) + data)


@examples(2)
@given(how=st.integers(0, 127).map(lambda n: 2 * n + 1), data=file_of(JSON_PIECES))
def test_any_json_lines_are_read_or_refused_without_a_loss(how, data):
    hold_laws_for(bytes([how]) + data)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_of_the_long_run_hold(seed):
    hold_laws_for(seed)
