"""Files of typed columns go the way of all others: the same rules, the same rejects, the same ledger."""

import datetime
import gzip
import io
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from headrace import DataError
from headrace.examples.layout import from_features, to_features
from headrace.examples.tf_examples import write_tf_examples
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, ingest, read_table
from headrace.ingest.files.chunking import cut
from headrace.ingest.files.find import describe

MOMENT = datetime.datetime(2026, 3, 1, 7, 0, tzinfo=datetime.timezone.utc)
COUNT = 500
TABLE = pa.table({
    "id": [f"{n:03d}" for n in range(COUNT)],
    "bpm": [None if n % 10 == 3 else n for n in range(COUNT)],
    "km": pa.array([n / 7 for n in range(COUNT)], pa.float32()),
    "at": [int(MOMENT.timestamp() * 1e6) + n for n in range(COUNT)],
})  # fmt: skip
RECORD = RecordSpec(
    fields=(
        Field(name="id"),
        Field(name="bpm", kind="integer", minimum=20),
        Field(name="km", kind="float"),
        Field(name="at", kind="timestamp", formats=("us",)),
    )
)


def write_parquet(path: Path) -> None:
    pq.write_table(TABLE, path, row_group_size=37)


def write_avro(path: Path, codec: str = "deflate") -> None:
    kinds = {"id": "string", "bpm": ["null", "long"], "km": "float", "at": "long"}
    schema = {"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in kinds.items()]}
    with open(path, "wb") as stream:
        fastavro.writer(stream, schema, TABLE.to_pylist(), codec=codec, sync_interval=300)


def write_tfrecord(path: Path) -> None:
    write_tf_examples(to_features(TABLE), str(path), batch_rows=1000)


def write_plain_tfrecord(path: Path) -> None:
    write_tfrecord(path)
    path.write_bytes(gzip.decompress(path.read_bytes()))


def write_packed_avro(path: Path) -> None:
    write_avro(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def write_arrow(path: Path, make=pa.ipc.new_file) -> None:
    with make(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=37)


def write_arrow_stream(path: Path) -> None:
    write_arrow(path, pa.ipc.new_stream)


def write_packed_arrow(path: Path) -> None:
    write_arrow(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def write_orc(path: Path) -> None:
    orc.write_table(TABLE, str(path), stripe_size=1, batch_size=64)


WRITERS = {
    "rows.arrow": write_arrow,
    "packed.arrow": write_packed_arrow,
    "rows.arrows": write_arrow_stream,
    "rows.orc": write_orc,
    "rows.parquet": write_parquet,
    "rows.avro": write_avro,
    "packed.avro": write_packed_avro,
    "rows.tfrecord.gz": write_tfrecord,
    "plain.tfrecord": write_plain_tfrecord,
}


def outcome(path: Path, record=RECORD, **settings):
    out = path.parent / f"out-{path.name}"
    options = {"chunk_bytes": 700, "splits": {"all": 1}, **settings}
    spec = IngestSpec(sources=(Source(name="s", pattern=str(path)),), record=record, **options)
    result = ingest(spec, examples_dir=str(out / "e"), rejects_dir=str(out / "r"))
    shards = sorted((out / "e" / f"Split-{next(iter(spec.splits))}").glob("*.parquet"))
    rows = pa.concat_tables([from_features(pq.read_table(shard)) for shard in shards])
    return rows, pq.read_table(out / "r" / "rejects.parquet"), result, len(shards)


@pytest.mark.parametrize("name", WRITERS)
def test_values_come_through_as_they_are_and_bad_rows_are_rejected_by_number(tmp_path, name):
    WRITERS[name](tmp_path / name)
    rows, rejects, result, shards = outcome(tmp_path / name)
    assert shards > 3 or name in ("rows.tfrecord.gz", "rows.orc")
    good = [row for row in TABLE.to_pylist() if row["bpm"] is None or row["bpm"] >= 20]
    assert rows.to_pylist() == good
    assert (result.ledger.total, result.ledger["rejected"]) == (COUNT, COUNT - len(good))
    bad = [n for n in range(20) if n % 10 != 3]
    assert rejects["line"].to_pylist() == [n + 1 for n in bad]
    assert rejects["byte_offset"].null_count == len(bad)
    assert set(rejects["reason"].to_pylist()) == {"below_minimum"}
    assert '"000"' in rejects["raw"][0].as_py()


@pytest.mark.parametrize("name", WRITERS)
def test_kinds_are_those_of_the_file_not_of_how_values_look(tmp_path, name):
    WRITERS[name](tmp_path / name)
    rows, _, result, _ = outcome(tmp_path / name, record=None)
    # 000, 001 are text in the file: no number, whatever they look like.
    assert dict(result.fields) == {"id": "text", "bpm": "integer", "km": "float", "at": "integer"} or "tfrecord" in name
    assert {column: rows[column].to_pylist() for column in TABLE.column_names} == TABLE.to_pydict()


@pytest.mark.parametrize("name", WRITERS)
def test_splits_by_row_do_not_depend_on_chunks(tmp_path, name):
    WRITERS[name](tmp_path / name)
    splits = {"train": 2, "eval": 1}
    many, few = (outcome(tmp_path / name, splits=splits, chunk_bytes=size)[0] for size in (1000, 1 << 20))
    assert many.to_pydict() == few.to_pydict()
    assert 250 < many.num_rows < 400


def test_nested_columns_lists_and_times_of_parquet(tmp_path):
    table = pa.table({
        "at": pa.array([MOMENT, None]),
        "day": pa.array([datetime.date(2026, 3, 1), None]),
        "place": pa.array([{"city": "Łódź", "on": {"lat": 51.5}}, None]),
        "tags": pa.array([["a"], []]),
        "laps": pa.array([[1, 2], None]),
        "town": pa.array(["x", "y"]).dictionary_encode(),
        "ok": [True, None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "rows.parquet")
    rows, _, result, _ = outcome(tmp_path / "rows.parquet", record=None)
    assert dict(result.fields) == {
        "at": "timestamp", "day": "date", "place.city": "text", "place.on.lat": "float",
        "tags": "text", "laps": "text", "town": "text", "ok": "boolean",
    }  # fmt: skip
    midnight = MOMENT.replace(hour=0)
    assert list(rows.to_pylist()[0].values()) == [
        int(MOMENT.timestamp() * 1e6), int(midnight.timestamp() * 1e6), "Łódź", 51.5, "a", "[1,2]", "x", 1,
    ]  # fmt: skip
    assert [value for key, value in rows.to_pylist()[1].items() if key != "town"] == [None] * 7


def test_an_avro_union_of_types_and_nested_records(tmp_path):
    inner = {"type": "record", "name": "i", "fields": [{"name": "lat", "type": "double"}]}
    schema = {
        "type": "record", "name": "r",
        "fields": [
            {"name": "v", "type": ["null", "string", "long"]},
            {"name": "place", "type": ["null", inner]},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        ],
    }  # fmt: skip
    rows = [{"v": "x", "place": {"lat": 1.5}, "at": MOMENT}, {"v": 7, "place": None, "at": MOMENT}]
    with open(tmp_path / "rows.avro", "wb") as stream:
        fastavro.writer(stream, schema, rows)
    found = outcome(tmp_path / "rows.avro", record=None)[0].to_pylist()
    micros = int(MOMENT.timestamp() * 1e6)
    assert found == [
        {"v": "x", "at": micros, "place.lat": 1.5},
        {"v": "7", "at": micros, "place.lat": None},
    ] or found == [{"v": "x", "place.lat": 1.5, "at": micros}, {"v": "7", "place.lat": None, "at": micros}]


def test_bytes_that_are_no_text_cost_their_row(tmp_path):
    pq.write_table(pa.table({"t": [b"ok", b"\xff\xfe", None], "n": [1, 2, 3]}), tmp_path / "rows.parquet")
    rows, rejects, _, _ = outcome(tmp_path / "rows.parquet", record=None)
    assert rows.to_pydict() == {"t": ["ok", None], "n": [1, 3]}
    assert (rejects["line"].to_pylist(), rejects["reason"].to_pylist()) == ([2], ["invalid_utf8"])


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_a_file_that_is_cut_off_is_an_error_that_names_it(tmp_path, name, share):
    WRITERS[name](tmp_path / name)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DataError, match=f"{name}:? .*(cut off|cut short|corrupt|can't be read)"):
        outcome(tmp_path / name)
    assert not list(tmp_path.glob("out-*/*"))


@pytest.mark.parametrize("name", ["rows.avro", "plain.tfrecord"])
@pytest.mark.parametrize("chunk_bytes", [1, 100, 1000, 9999, 1 << 20])
def test_plain_files_are_cut_between_records_wherever_a_chunk_may_end(tmp_path, name, chunk_bytes):
    WRITERS[name](tmp_path / name)
    file = describe(str(tmp_path / name), Source(name="s", pattern=str(tmp_path / name)))
    chunks = cut([file], chunk_bytes)
    assert [chunk.start for chunk in chunks[1:]] == [chunk.end for chunk in chunks[:-1]]
    assert (chunks[0].start, chunks[-1].end) == (0, file.size)
    assert all(chunk.end - chunk.start >= chunk_bytes for chunk in chunks[:-1])
    assert len(chunks) > 3 or chunk_bytes > 5000
    parts = [chunk.file.format.content(chunk).table for chunk in chunks]
    ids = [value for part in parts for value in part.column("id").to_pylist()]
    assert [(one if isinstance(one, bytes) else one[0]).decode() for one in ids] == TABLE["id"].to_pylist()
    assert all(part.num_rows for part in parts)


@pytest.mark.parametrize("place", [9, 20, 14_000])
def test_a_flipped_byte_in_tf_records_is_found_by_checksum_and_named(tmp_path, place):
    write_tfrecord(tmp_path / "x.gz")
    data = bytearray(gzip.decompress((tmp_path / "x.gz").read_bytes()))
    data[place] ^= 1
    (tmp_path / "rows.tfrecord").write_bytes(data)
    with pytest.raises(DataError, match=r"rows.tfrecord: record [\d,]+ at byte [\d,]+ is corrupt"):
        outcome(tmp_path / "rows.tfrecord")


def test_a_missing_column_is_named_before_anything_is_read(tmp_path):
    record = RecordSpec(fields=(Field(name="id"), Field(name="zip")))
    for name in ("rows.parquet", "rows.avro"):
        WRITERS[name](tmp_path / name)
        with pytest.raises(DataError, match=f"1 column is missing from {name}: zip; it has: id, bpm, km, at"):
            outcome(tmp_path / name, record=record)


@pytest.mark.parametrize(
    ("name", "declared", "data", "words"),
    [
        ("rows.csv", "csv", b"PAR1....", "is parquet: expected csv, as declared"),
        ("rows.parquet", "parquet", b"a,b\n1,2\n", "is not parquet, as declared: it starts with b'a,b"),
        ("rows.avro", "avro", b"", "is empty: expected avro"),
        ("rows.parquet", "auto", b"PAR1....", "can't be read as Parquet"),
    ],
)
def test_a_file_that_is_not_what_is_declared_is_named(tmp_path, name, declared, data, words):
    (tmp_path / name).write_bytes(data)
    spec = IngestSpec(sources=(Source(name="s", pattern=str(tmp_path / name), format=declared),))
    with pytest.raises(DataError, match=words):
        ingest(spec, examples_dir=str(tmp_path / "e"), rejects_dir=str(tmp_path / "r"))


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    pq.write_table(TABLE.slice(0, 0), tmp_path / "rows.parquet")
    rows, _, result, _ = outcome(tmp_path / "rows.parquet")
    assert (rows.num_rows, result.ledger.total, rows.column_names) == (0, 0, TABLE.column_names)
    stream = io.BytesIO()
    fastavro.writer(stream, {"type": "record", "name": "r", "fields": [{"name": "id", "type": "string"}]}, [])
    (tmp_path / "rows.avro").write_bytes(stream.getvalue())
    assert outcome(tmp_path / "rows.avro", record=RecordSpec(fields=(Field(name="id"),)))[2].ledger.total == 0
    (tmp_path / "rows.tfrecord").write_bytes(b"")
    assert outcome(tmp_path / "rows.tfrecord")[2].ledger.total == 0


def test_a_record_judges_parquet_in_read_table(tmp_path):
    write_parquet(tmp_path / "rows.parquet")
    rows, rejects, ledger = read_table(str(tmp_path / "rows.parquet"), record=RECORD)
    assert (rows.num_rows, rejects.num_rows, ledger.total) == (COUNT - 18, 18, COUNT)


def test_unknown_features_of_tf_examples_are_refused(tmp_path):
    write_tfrecord(tmp_path / "rows.tfrecord.gz")
    record = RecordSpec(fields=(Field(name="id"),), unknown="refuse")
    with pytest.raises(Exception, match="has columns that the record refuses: "):
        outcome(tmp_path / "rows.tfrecord.gz", record=record)
