"""What becomes of a faulty or a missing value: a reject, null or a default, each counted."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headrace import UsageError
from headrace.examples.layout import from_features
from headrace.ingest import Field, IngestSpec, RecordSpec, Source, TimeRange, ingest, read_table

FIELDS = (
    Field(name="id", required=True),
    Field(name="bpm", kind="integer", minimum=30),
    Field(name="km", kind="float", default=5),
    Field(name="at", kind="timestamp"),
)
ROWS = ["e1,60,1.5,2026-03-01", "e2,x,2.5,", "e3,12,,", ",y,1,", "e4,,far,never", "e5,z,3,"]


def run(tmp_path: Path, rows=ROWS, fields=FIELDS, **settings):
    (tmp_path / "app.csv").write_text("\n".join([",".join(field.path for field in fields), *rows]) + "\n")
    sources = (Source(name="app", pattern=str(tmp_path / "app.csv")),)
    spec = IngestSpec(sources=sources, record=RecordSpec(fields=fields), splits={"all": 1}, **settings)
    assert IngestSpec.from_json(spec.to_json()) == spec
    result = ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    shards = sorted((tmp_path / "examples" / "Split-all").iterdir())
    rows = [row for shard in shards for row in from_features(pq.read_table(shard)).to_pylist()]
    return result, rows


@pytest.mark.parametrize("chunk_bytes", [1, 1 << 20])
@pytest.mark.parametrize("key", [(), ("id",)])
def test_null_field_keeps_the_row_counts_the_value_and_alarms(tmp_path, key, chunk_bytes):
    result, rows = run(tmp_path, policy="null_field", key=key, chunk_bytes=chunk_bytes)
    assert [(row["id"], row["bpm"]) for row in rows] == [
        ("e1", 60),
        ("e2", None),
        ("e3", None),
        ("e4", None),
        ("e5", None),
    ]
    # A row that is rejected for another field counts nowhere else.
    assert dict(result.ledger.parts) == {"accepted": 5, "rejected": 1, "duplicate": 0, "withheld": 0}
    assert result.nulled == {
        "bpm": {"bad_integer": 2, "below_minimum": 1},
        "km": {"bad_float": 1},
        "at": {"bad_timestamp": 1},
    }
    rejected, bpm, *_ = result.alarms
    assert (rejected.code, rejected.count) == ("REJECTS", 1)
    assert (bpm.code, bpm.source, bpm.field, bpm.count, bpm.share) == ("NULLED", "app", "bpm", 3, 0.5)
    assert bpm.words == (
        "3 faulty values of bpm in app became null (50.00% of 6 rows; expected at most 0.00%): "
        "2 bad_integer, 1 below_minimum; the first bad_integer in app.csv, line 3, is 'x'"
    )


def test_values_that_decide_about_a_row_never_become_null(tmp_path):
    between = TimeRange(field="at", start="2026-01-01", end="2027-01-01")
    result, rows = run(tmp_path, policy="null_field", key=("bpm",), between=between)
    assert [row["id"] for row in rows] == ["e1"]
    assert result.ledger["rejected"] == 5
    assert result.nulled == {}


def test_nulled_values_below_the_declared_share_are_counted_without_an_alarm(tmp_path):
    result, _ = run(tmp_path, policy="null_field", alarm_reject_share=0.5)
    assert result.nulled["bpm"] == {"bad_integer": 2, "below_minimum": 1}
    assert result.alarms == []


def test_a_default_stands_where_there_is_no_value_but_not_for_a_faulty_one(tmp_path):
    _, rows = run(tmp_path, policy="null_field")
    assert [row["km"] for row in rows] == [1.5, 2.5, 5.0, None, 3.0]


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        (Field(name="v", kind="integer", default=7), "", 7),
        (Field(name="v", kind="integer", default=7, zero_is_missing=True), "0", 7),
        (Field(name="v", kind="boolean", default=True), "", 1),
        (Field(name="v", kind="category", default="road", missing=("-",)), "-", "road"),
        (Field(name="v", kind="duration", default="00:30:00"), "", 1800.0),
        (Field(name="v", kind="quantity", unit="m", default="1 km"), "", 1000.0),
        (Field(name="v", kind="timestamp", default="1970-01-01T00:00:01Z"), "", 1_000_000),
        (Field(name="v", kind="float", decimal=",", default=2.5), "", 2.5),
        (Field(name="v", kind="float", decimal=",", default="2,5"), "", 2.5),
    ],
)
def test_a_default_is_of_the_kind_of_its_field(tmp_path, field, text, expected):
    path = tmp_path / "a.csv"
    path.write_text(f"w,v\nx,{text}\n")
    rows, _, _ = read_table(str(path), record=RecordSpec(fields=(field,)))
    assert rows.column("v").to_pylist() == [expected]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "integer", "default": "x"}, "default is no value of this field (bad_integer), got 'x'"),
        ({"kind": "integer", "default": 3, "minimum": 5}, "(below_minimum), got 3"),
        ({"kind": "float", "default": ""}, "it means missing"),
        ({"kind": "float", "default": 1, "required": True}, "a required field can't have a default"),
        ({"kind": "observed", "default": 1}, "an observed field, whose kind the data decide"),
        ({"kind": "integer", "decimal": ","}, "decimal is for float, duration and quantity"),
        ({"kind": "float", "decimal": ";"}, "decimal: expected one of '.', ',', got ';'"),
    ],
)
def test_a_default_or_decimal_mark_that_can_not_be_meant_is_refused(settings, told):
    with pytest.raises(UsageError) as error:
        Field(name="v", **settings)
    assert told in str(error.value)


def test_decimal_commas_are_read_where_they_are_declared(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("f;q;d\n1,5;1.300,5 ft;00:01:02,5\n-,25;13 m;7,5\n1.5;1.30 m;1\n .;NaN;n.a.\n")
    fields = (
        Field(name="f", kind="float", decimal=",", missing=(".",)),
        Field(name="q", kind="quantity", unit="ft", decimal=",", missing=("NaN",)),
        Field(name="d", kind="duration", decimal=",", missing=("n.a.",)),
    )
    from headrace.ingest.files.find import describe
    from headrace.ingest.parse import parse_chunk
    from headrace.ingest.read_table import cut

    file = describe(str(path), Source(name="a", pattern=str(path), delimiter=";"))
    parsed = parse_chunk(next(iter(cut([file], 1 << 20))), fields)
    read = parsed.rows.to_pydict()
    assert read["f"] == [1.5, -0.25, None]
    assert read["q"] == pytest.approx([1300.5, 42.650918635170605, None], nan_ok=True)
    assert read["d"] == [62.5, 7.5, None]
    (words,) = parsed.rejects.column("words").to_pylist()
    assert words == (
        "f: expected a finite number with a decimal comma, got '1.5'; "
        "q: expected a number with a unit such as '1.300,5 ft', got '1.30 m'"
    )


def test_nan_is_a_missing_value_where_it_is_declared_one(tmp_path):
    (tmp_path / "a.csv").write_text("v,w\nNaN,1\n1.5,1\nnan,1\n")
    (tmp_path / "a.jsonl").write_text('{"v": NaN}\n{"v": "NaN"}\n{"v": 1.5}\n{"v": Infinity}\n')
    record = RecordSpec(fields=(Field(name="v", kind="float", missing=("", "NaN")),))
    rows, rejects, _ = read_table(str(tmp_path / "a.csv"), record=record)
    assert rows.column("v").to_pylist() == [None, 1.5]
    assert rejects.column("value").to_pylist() == ["nan"]
    rows, rejects, _ = read_table(str(tmp_path / "a.jsonl"), record=record)
    assert rows.column("v").to_pylist() == [None, None, 1.5, float("inf")]  # which JSON has as a number
    assert rejects.num_rows == 0
