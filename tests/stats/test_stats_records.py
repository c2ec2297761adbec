import gzip
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.errors import DataError
from headrace.stats import records
from headrace.stats.records import read_records


def framed(bodies):
    return b"".join(struct.pack("<QI", len(body), 0) + body + bytes(4) for body in bodies)


FIRST = len(framed([b"abc"]))
BOTH = len(framed([b"abc", b"defg"]))


@given(st.lists(st.binary(max_size=20), max_size=10), st.booleans(), st.integers(1, 4))
@settings(max_examples=50)
def test_records_come_out_as_they_went_in(tmp_path_factory, bodies, zipped, batch):
    path = tmp_path_factory.mktemp("records") / "data"
    path.write_bytes(gzip.compress(framed(bodies)) if zipped else framed(bodies))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "BATCH_RECORDS", batch)
        found = list(read_records(str(path)))
    assert [body for part in found for body in part] == bodies
    assert all(len(part) == batch for part in found[:-1])


@pytest.mark.parametrize("cut", [n for n in range(1, BOTH) if n != FIRST])
def test_a_file_that_is_cut_short_is_named_with_its_record(tmp_path, cut):
    (tmp_path / "cut").write_bytes(framed([b"abc", b"defg"])[:cut])
    with pytest.raises(DataError, match=rf"cut: record {1 if cut < FIRST else 2} is cut short"):
        list(read_records(str(tmp_path / "cut")))


def test_a_gzip_file_that_is_cut_short_is_named(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(framed([b"abc"] * 9))[:-12])
    with pytest.raises(DataError, match=r"cut\.gz: "):
        list(read_records(str(tmp_path / "cut.gz")))
