"""The rules of fields judge the same values alike in every format: CSV, JSON, Parquet, Avro, TFRecord, a database."""

import csv
import io
import json
import sqlite3

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace import DataError
from headrace.examples.layout import from_features, to_features
from headrace.examples.tf_examples import write_tf_examples
from headrace.ingest import DatabaseSource, Field, IngestSpec, RecordSpec, Source, ingest

MICROS = 1_772_521_200_000_000

# Column -> its values as text (None: nothing there), and what the output has of them (or the reason for a reject).
COLUMNS = {
    "required": (Field(name="required", required=True), ["a", "b", None, "-"], ["a", "b", "missing_required", "-"]),
    "token": (Field(name="token", missing=("", "-")), ["x", "-", None, "y"], ["x", None, None, "y"]),
    "zero": (Field(name="zero", kind="integer", zero_is_missing=True), ["0", "7", None, "0"], [None, 7, None, None]),
    "none": (Field(name="none", kind="integer"), ["0", "7", None, "0"], [0, 7, None, 0]),
    "range": (
        Field(name="range", kind="float", minimum=0, maximum=9.5),
        ["0", "9.5", "-0.5", "10"],
        [0.0, 9.5, "below_minimum", "above_maximum"],
    ),
    "default": (Field(name="default", kind="integer", default=4), ["1", None, "2", None], [1, 4, 2, 4]),
    "unit": (
        Field(name="unit", kind="quantity", unit="m"),
        ["1,300 ft", "0.4 km", "3 bananas", "8 m"],
        [396.24, 400.0, "unknown_unit", 8.0],
    ),
    "clock": (
        Field(name="clock", kind="duration"),
        ["03:40:32", "40:32", "1:75", None],
        [13232.0, 2432.0, "bad_duration", None],
    ),
    "flag": (Field(name="flag", kind="boolean"), ["yes", "f", "perhaps", None], [1, 0, "bad_boolean", None]),
    "s": (
        Field(name="s", kind="timestamp", formats=("s",)),
        ["1772521200", None, "x", "0"],
        [MICROS, None, "bad_timestamp", 0],
    ),
    "ms": (Field(name="ms", kind="timestamp", formats=("ms",)), ["1772521200000"] * 4, [MICROS] * 4),
    "us": (Field(name="us", kind="timestamp", formats=("us",)), ["1772521200000000"] * 4, [MICROS] * 4),
    "iso": (
        Field(name="iso", kind="timestamp", zone="Europe/Berlin"),
        ["2026-03-03T08:00:00", "2026-03-03T07:00:00Z"] * 2,
        [MICROS] * 4,
    ),
}


def csv_file(folder, rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    (folder / "rows.csv").write_text(stream.getvalue())
    return Source(name="s", pattern=str(folder / "rows.csv"))


def json_lines(folder, rows):
    present = [{name: value for name, value in row.items() if value is not None} for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, present)))
    return Source(name="s", pattern=str(folder / "rows.jsonl"))


def json_array(folder, rows):
    (folder / "rows.json").write_text(json.dumps(rows))
    return Source(name="s", pattern=str(folder / "rows.json"))


def parquet(folder, rows):
    pq.write_table(table(rows), folder / "rows.parquet")
    return Source(name="s", pattern=str(folder / "rows.parquet"))


def avro(folder, rows):
    fields = [{"name": name, "type": ["null", "string"]} for name in rows[0]]
    with open(folder / "rows.avro", "wb") as stream:
        fastavro.writer(stream, {"type": "record", "name": "r", "fields": fields}, rows)
    return Source(name="s", pattern=str(folder / "rows.avro"))


def tfrecord(folder, rows):
    write_tf_examples(to_features(table(rows)), str(folder / "rows.tfrecord.gz"), batch_rows=2)
    return Source(name="s", pattern=str(folder / "rows.tfrecord.gz"))


def database(folder, rows):
    with sqlite3.connect(folder / "rows.db") as connection:
        columns = ", ".join(f'"{name}" text' for name in rows[0])
        connection.execute(f"create table rows ({columns})")
        connection.executemany(
            f"insert into rows values ({', '.join('?' * len(rows[0]))})", [tuple(row.values()) for row in rows]
        )
    return DatabaseSource(name="s", uri=f"sqlite:///{folder}/rows.db", query="select * from rows")


def table(rows):
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in rows[0]})


FORMATS = (csv_file, json_lines, json_array, parquet, avro, tfrecord, database)


def run(folder, source, record, **settings):
    spec = IngestSpec(sources=(source,), record=record, splits={"all": 1}, **settings)
    result = ingest(spec, examples_dir=str(folder / "e"), rejects_dir=str(folder / "r"))
    rows = [
        row
        for path in sorted((folder / "e" / "Split-all").iterdir())
        for row in from_features(pq.read_table(path)).to_pylist()
    ]
    return result, rows, pq.read_table(folder / "r" / "rejects.parquet").to_pylist()


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize("name", COLUMNS)
def test_a_rule_judges_a_value_alike_in_every_format(tmp_path, write, name):
    field, values, expected = COLUMNS[name]
    rows = [{"row": f"{number}", name: value} for number, value in enumerate(values)]
    record = RecordSpec(fields=(Field(name="row", kind="integer", required=True), field))
    result, good, rejects = run(tmp_path, write(tmp_path, rows), record)
    kind = field.kind in ("timestamp", "boolean", "integer", "float", "duration", "quantity")
    reasons = {number: one for number, one in enumerate(expected) if kind and isinstance(one, str)}
    reasons |= {number: one for number, one in enumerate(expected) if one == "missing_required"}
    assert sorted(row["row"] for row in good) == [number for number in range(4) if number not in reasons]
    for row in good:
        assert row[name] == (pytest.approx(expected[row["row"]]) if kind else expected[row["row"]])
    assert sorted(one["reason"] for one in rejects) == sorted(reasons.values())
    assert {one["field"] for one in rejects} <= {name}
    assert result.ledger.total == 4


@pytest.mark.parametrize("write", FORMATS)
def test_unknown_columns_are_dropped_kept_or_refused_in_every_format(tmp_path, write):
    source = write(tmp_path, [{"id": "1", "extra": "x"}, {"id": "2", "extra": "y"}])
    fields = (Field(name="id", kind="integer"),)
    assert run(tmp_path, source, RecordSpec(fields=fields))[1] == [{"id": 1}, {"id": 2}]
    kept = run(tmp_path, source, RecordSpec(fields=fields, unknown="keep"))[1]
    assert kept == [{"id": 1, "extra": "x"}, {"id": 2, "extra": "y"}]
    refused = RecordSpec(fields=fields, unknown="refuse")
    if write in (json_lines, json_array):
        _, rows, rejects = run(tmp_path, source, refused)
        assert (rows, [one["reason"] for one in rejects]) == ([], ["unknown_field"] * 2)
    else:
        with pytest.raises(DataError, match="record refuses: extra"):
            run(tmp_path, source, refused)


@pytest.mark.parametrize("write", FORMATS)
def test_null_field_keeps_the_row_in_every_format(tmp_path, write):
    source = write(tmp_path, [{"id": "1", "n": "x"}, {"id": "2", "n": "5"}])
    record = RecordSpec(fields=(Field(name="id", kind="integer"), Field(name="n", kind="integer")))
    result, rows, rejects = run(tmp_path, source, record, policy="null_field")
    assert (rows, rejects) == ([{"id": 1, "n": None}, {"id": 2, "n": 5}], [])
    assert result.nulled == {"n": {"bad_integer": 1}}
