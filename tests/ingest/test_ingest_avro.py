"""Avro: types are those of the schema, in every codec; what is corrupt, cut off or unknown is told apart."""

import datetime
import io
from decimal import Decimal
from pathlib import Path

import fastavro
import pyarrow as pa
import pytest

from headrace import DataError
from headrace.ingest import read_table
from headrace.ingest.formats.avro_container import encoded

INNER = {"type": "record", "name": "Inner", "namespace": "x.y", "fields": [{"name": "lat", "type": "double"}]}
NODE = {
    "type": "record",
    "name": "Node",
    "fields": [{"name": "n", "type": "int"}, {"name": "next", "type": ["null", "Node"]}],
}
UTC = datetime.timezone.utc


def write(path: Path, fields: dict, rows: list[dict], **settings) -> str:
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    with open(path, "wb") as stream:
        fastavro.writer(stream, schema, rows, **settings)
    return str(path)


VALUES = {
    "map": ({"type": "map", "values": "long"}, {"a": 7}, '{"a":7}'),
    "map of records": ({"type": "map", "values": INNER}, {"a": {"lat": 1.5}}, '{"a":{"lat":1.5}}'),
    "array": ({"type": "array", "items": "string"}, ["a", "b"], '["a","b"]'),
    "array of unions": ({"type": "array", "items": ["null", "long"]}, [7, None], "[7,null]"),
    "string or record": (["null", "string", INNER], {"lat": 1.5}, '{"lat":1.5}'),
    "string in that union": (["null", "string", INNER], "x", "x"),
    "number or record": (["long", INNER], 7, "7"),
    "numbers": (["long", "double"], 2**60, float(2**60)),
    "enum": ({"type": "enum", "name": "e", "symbols": ["A", "B"]}, "B", "B"),
    "fixed": ({"type": "fixed", "name": "f", "size": 2}, b"ab", "ab"),
    "bytes": ("bytes", b"ab", "ab"),
    "decimal": ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, Decimal("-1.05"), -1.05),
    "long decimal": ({"type": "bytes", "logicalType": "decimal", "precision": 60, "scale": 0}, Decimal(2**62), 2**62),
    "fixed decimal": (
        {"type": "fixed", "name": "d", "size": 8, "logicalType": "decimal", "precision": 9, "scale": 1},
        Decimal("2.5"), 2.5,
    ),
    "date": ({"type": "int", "logicalType": "date"}, datetime.date(1970, 1, 2), 86_400_000_000),
    "time": ({"type": "int", "logicalType": "time-millis"}, datetime.time(8, 30), 30_600_000_000),
    "timestamp": (
        {"type": "long", "logicalType": "timestamp-millis"}, datetime.datetime(1970, 1, 2, tzinfo=UTC), 86_400_000_000,
    ),
    "local timestamp": (
        {"type": "long", "logicalType": "local-timestamp-micros"}, datetime.datetime(1970, 1, 2), 86_400_000_000,
    ),
    "unknown logical type": ({"type": "long", "logicalType": "spaceship"}, 7, 7),
    "recursive": (NODE, {"n": 1, "next": {"n": 2, "next": None}}, '{"n":2,"next":null}'),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("missing", [True, False])
def test_values_are_those_of_the_schema_also_beside_missing_ones(tmp_path, name, missing):
    kind, value, expected = VALUES[name]
    kinds = kind if isinstance(kind, list) else [kind]
    rows = [{"v": value}, *([{"v": None}] if missing else [])]
    kind = ["null", *[one for one in kinds if one != "null"]] if missing else kind
    table, rejects, _ = read_table(write(tmp_path / "rows.avro", {"v": kind}, rows))
    assert rejects.num_rows == 0
    column = "v.next" if name == "recursive" else "v"
    assert table[column].to_pylist() == [expected, *([None] if missing else [])]


def test_named_types_that_come_again_are_the_same(tmp_path):
    fields = {"a": INNER, "b": ["null", "x.y.Inner"]}
    path = write(
        tmp_path / "rows.avro", fields, [{"a": {"lat": 1.0}, "b": {"lat": 2.0}}, {"a": {"lat": 3.0}, "b": None}]
    )
    assert read_table(path)[0].to_pydict() == {"a.lat": [1.0, 3.0], "b.lat": [2.0, None]}


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_codecs_give_the_same(tmp_path, codec):
    rows = [{"id": f"{n:04}", "n": n} for n in range(3000)]
    path = write(tmp_path / "rows.avro", {"id": "string", "n": "long"}, rows, codec=codec, sync_interval=1000)
    assert read_table(path, chunk_bytes=2000)[0].to_pylist() == rows


def snappy(data: bytes) -> bytes:
    import zlib

    return pa.Codec("snappy").compress(data, asbytes=True) + zlib.crc32(data).to_bytes(4, "big")


def by_hand(codec: str, pack, *, count: int = 1, body: bytes = encoded(4) + b"Lima") -> bytes:
    """A file with one block, for codecs that fastavro has no package for here."""
    schema = b'{"type": "record", "name": "r", "fields": [{"name": "v", "type": "string"}]}'
    entries = [(b"avro.schema", schema), (b"avro.codec", codec.encode())]
    header = b"Obj\x01" + encoded(2) + b"".join(encoded(len(part)) + part for pair in entries for part in pair)
    data = pack(body)
    return header + encoded(0) + b"m" * 16 + encoded(count) + encoded(len(data)) + data + b"m" * 16


def test_snappy_is_read_and_its_checksum_held(tmp_path):
    path = tmp_path / "rows.avro"
    path.write_bytes(by_hand("snappy", snappy))
    assert read_table(str(path))[0].to_pydict() == {"v": ["Lima"]}
    path.write_bytes(by_hand("snappy", lambda data: snappy(data)[:-1] + b"x"))
    with pytest.raises(DataError, match=r"is corrupt: after 0 records.*its snappy can't be unpacked.*fetch it again"):
        read_table(str(path))


def test_zstandard_is_read(tmp_path):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(encoded(4) + b"Lima")
    (tmp_path / "rows.avro").write_bytes(by_hand("zstandard", lambda data: sink.getvalue().to_pybytes()))
    assert read_table(str(tmp_path / "rows.avro"))[0].to_pydict() == {"v": ["Lima"]}


def test_a_codec_that_nobody_knows_is_named_and_not_called_corrupt(tmp_path):
    (tmp_path / "rows.avro").write_bytes(by_hand("brotli", bytes))
    with pytest.raises(DataError, match="is Avro with the codec 'brotli': expected one of null, deflate") as error:
        read_table(str(tmp_path / "rows.avro"))
    assert "corrupt" not in str(error.value)


@pytest.mark.parametrize(
    ("count", "body"), [(2, encoded(4) + b"Lima"), (1, encoded(4) + b"Lima!"), (1, encoded(90) + b"L")]
)
def test_a_block_with_other_records_than_it_says_is_corrupt(tmp_path, count, body):
    (tmp_path / "rows.avro").write_bytes(by_hand("null", bytes, count=count, body=body))
    with pytest.raises(DataError, match="is corrupt: after 0 records, in the block from byte"):
        read_table(str(tmp_path / "rows.avro"))


def test_a_file_that_is_cut_off_anywhere_is_told_so_or_is_whole(tmp_path):
    whole = by_hand("null", bytes)
    for size in range(4, len(whole)):
        (tmp_path / "rows.avro").write_bytes(whole[:size])
        if size == whole.index(b"m" * 16) + 16:  # a header without any block is a whole file
            assert read_table(str(tmp_path / "rows.avro"))[0].num_rows == 0
            continue
        with pytest.raises(DataError, match="cut off"):
            read_table(str(tmp_path / "rows.avro"))


def test_a_far_time_costs_its_row(tmp_path):
    kind = {"type": "long", "logicalType": "timestamp-micros"}
    stream = io.BytesIO()
    schema = {"type": "record", "name": "r", "fields": [{"name": "at", "type": "long"}]}
    fastavro.writer(stream, schema, [{"at": 0}, {"at": 2**62}])
    plain = stream.getvalue()
    fastavro.writer(stream := io.BytesIO(), {**schema, "fields": [{"name": "at", "type": kind}]}, [])
    head, marker = stream.getvalue(), stream.getvalue()[-16:]
    (tmp_path / "rows.avro").write_bytes(head + plain[plain.index(plain[-16:]) + 16 : -16] + marker)
    table, rejects, _ = read_table(str(tmp_path / "rows.avro"))
    assert table["at"].to_pylist() == [0]
    assert rejects["reason"].to_pylist() == ["beyond_years"]


def test_text_that_is_not_utf_8_costs_its_row(tmp_path):
    body = encoded(1) + b"\xff" + encoded(1) + b"a"
    (tmp_path / "rows.avro").write_bytes(by_hand("null", bytes, count=2, body=body))
    table, rejects, _ = read_table(str(tmp_path / "rows.avro"))
    assert table["v"].to_pylist() == ["a"]
    assert rejects["reason"].to_pylist() == ["invalid_utf8"]
