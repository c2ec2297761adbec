"""What Ingest knows of a column is known after each join, in Parquet and beside TFRecords, and is never made up."""

from __future__ import annotations

import glob
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.errors import DataError
from headrace.examples.layout import to_features, write_parquet
from headrace.ingest import Field, IngestResult, IngestSpec, RecordSpec, Source, ingest
from headrace.labels import Label, LabelSpec, join_label_files
from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec, join_feature_files
from headrace.values import ColumnType, declared, epoch, from_text, set_types, to_text, written_types

TIME, KM = epoch("us"), declared("quantity in km")
RECORD = RecordSpec(
    fields=(
        Field(name="user", required=True),
        Field(name="at", kind="timestamp"),
        Field(name="far", kind="quantity", unit="km"),
        Field(name="took", kind="duration"),
        Field(name="laps", kind="integer"),
        Field(name="pace", kind="float"),
        Field(name="wet", kind="boolean"),
        Field(name="city", kind="category"),
    )
)
TYPES = {
    "user": declared("text"),
    "at": TIME,
    "far": KM,
    "took": ColumnType(kind="duration", resolution="s"),
    "laps": declared("integer"),
    "pace": declared("real"),
    "wet": declared("boolean"),
    "city": declared("category"),
}


def ingested(folder: Path, **options: str) -> IngestResult:
    folder.mkdir(parents=True)
    rows = [f"u{n},2026-03-03T08:{n:02}:00Z,{n} km,{n} min,{n},{n / 2},true,Oslo" for n in range(10)]
    (folder / "in.csv").write_text("\n".join([",".join(TYPES), *rows]) + "\n")
    spec = IngestSpec(sources=(Source(name="app", pattern=str(folder / "in.csv")),), record=RECORD)
    return ingest(spec, examples_dir=str(folder / "examples"), rejects_dir=str(folder / "rejects"), **options)


def shards(folder: Path) -> list[str]:
    return sorted(glob.glob(str(folder / "Split-*" / "*.parquet")))


def written(paths: list[str]) -> dict[str, ColumnType]:
    """The types in the files, which must be the same in each."""
    found = [written_types(pq.read_schema(path)) for path in paths]
    assert all(one == found[0] for one in found)
    return found[0]


def side(path: Path, table: pa.Table, **types: ColumnType) -> list[str]:
    write_parquet(set_types(to_features(table), types), str(path))
    return [str(path)]


def test_ingest_writes_the_types_into_parquet_and_into_its_result(tmp_path: Path) -> None:
    result = ingested(tmp_path / "in")
    assert result.types == TYPES
    assert written(shards(tmp_path / "in" / "examples")) == TYPES
    assert IngestResult.from_json(result.to_json()).types == TYPES
    assert from_text(to_text(result.types)) == TYPES


@pytest.mark.tfx
def test_beside_tf_records_the_types_are_the_same(tmp_path: Path) -> None:
    assert ingested(tmp_path / "in", payload="tf_example").types == TYPES


def test_what_ingest_finds_out_by_itself_travels_too(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("n,pace,name\n1,2.5,a\n2,,b\n")
    spec = IngestSpec(sources=(Source(name="app", pattern=str(tmp_path / "in.csv")),))
    result = ingest(spec, examples_dir=str(tmp_path / "examples"), rejects_dir=str(tmp_path / "rejects"))
    assert {name: kind.kind for name, kind in result.types.items()} == {"n": "integer", "pace": "real", "name": "text"}
    assert written(shards(tmp_path / "examples")) == result.types


def test_label_join_keeps_the_types_and_adds_those_of_labels(tmp_path: Path) -> None:
    events = pa.table({"id": ["a", "b"], "at": [0, 0], "far": [1.0, 2.0]})
    outcomes = pa.table({"id": ["a", "b"], "done": [1, 2], "ran": [5.5, 6.0], "yes": [1, 0], "left": [3, 4]})
    spec = LabelSpec(
        keys=("id",),
        event_time="at",
        outcome_time="done",
        labels=(
            Label(name="came", pick="any", window=(0, 60), absence="negative"),
            Label(name="ran", value="ran", window=(0, 60)),
            Label(name="ran_in_all", value="ran", window=(0, 60), pick="sum"),
            Label(name="left", value="left", window=(0, 60), absence="missing"),
        ),
        as_of="1970-01-03T00:00Z",
        as_of_column="known_at",
    )
    result = join_label_files(
        spec,
        events=side(tmp_path / "events.parquet", events, at=TIME, far=KM),
        outcomes=side(tmp_path / "outcomes.parquet", outcomes, done=TIME, ran=KM, left=TIME),
        examples_dir=str(tmp_path / "examples"),
        unlabeled_dir=str(tmp_path / "unlabeled"),
        unused_dir=str(tmp_path / "unused"),
    )
    expected = {
        "at": TIME,
        "far": KM,
        "came": declared("boolean"),
        "ran": KM,
        "ran_in_all": KM,
        "left": TIME,
        "known_at": TIME,
    }
    assert result.types == expected
    assert written(shards(tmp_path / "examples")) == expected
    assert written(glob.glob(str(tmp_path / "unlabeled" / "*.parquet"))) == {"at": TIME, "far": KM}
    assert written(glob.glob(str(tmp_path / "unused" / "*.parquet"))) == {"done": TIME, "ran": KM, "left": TIME}


def test_point_in_time_join_keeps_the_types_and_adds_those_of_features(tmp_path: Path) -> None:
    events = pa.table({"id": ["a", "b"], "at": [10_000_000, 10_000_000]})
    profiles = pa.table({"id": ["a"], "since": [0], "born": [0], "weight": [70.0]})
    runs = pa.table({"id": ["a", "a"], "start": [1_000_000, 2_000_000], "far": [1.5, 2.0], "n": [1, 2]})
    spec = PointInTimeSpec(
        event_time="at",
        tables=(
            AsOfTable(name="profiles", keys=("id",), time="since", features=("born", "weight")),
            EventStream(
                name="runs",
                keys=("id",),
                time="start",
                aggregates=(
                    Aggregate(name="runs_7d", function="count", window="7d"),
                    Aggregate(name="km_7d", function="sum", value="far", window="7d"),
                    Aggregate(name="km_a_day", function="per_day", value="far", window="7d"),
                    Aggregate(name="last_start", function="last", value="start", window="7d"),
                    Aggregate(name="n_7d", function="sum", value="n", window="7d"),
                ),
            ),
        ),
    )
    result = join_feature_files(
        spec,
        events={"all": side(tmp_path / "events.parquet", events, at=TIME)},
        tables={
            "profiles": side(tmp_path / "profiles.parquet", profiles, since=TIME, born=TIME),
            "runs": side(tmp_path / "runs.parquet", runs, start=TIME, far=KM),
        },
        examples_dir=str(tmp_path / "examples"),
    )
    expected = {
        "at": TIME,
        "born": TIME,
        "runs_7d": declared("integer"),
        "km_7d": KM,
        "km_a_day": declared("real"),
        "last_start": TIME,
    }
    assert result.types == expected
    assert written(shards(tmp_path / "examples")) == expected


@pytest.mark.parametrize(
    ("first", "second"), [(KM, declared("quantity in mi")), (KM, declared("real")), (TIME, declared("integer"))]
)
def test_shards_of_one_side_that_count_otherwise_are_refused_by_name(
    tmp_path: Path, first: ColumnType, second: ColumnType
) -> None:
    table = pa.table({"id": ["a"], "at": [0], "x": [7.5 if first == KM else 7]})
    events = [
        *side(tmp_path / "one.parquet", table, x=first),
        *side(tmp_path / "two.parquet", table, x=second),
    ]
    spec = LabelSpec(
        keys=("id",),
        event_time="at",
        outcome_time="at",
        labels=(Label(name="came", pick="any", window=(0, 60), absence="negative"),),
        as_of="1970-01-03T00:00Z",
        times={"at": "epoch_us"},
    )
    with pytest.raises(DataError, match=r"column 'x' is .* in .*one\.parquet and .* in .*two\.parquet"):
        join_label_files(
            spec,
            events=events,
            outcomes=side(tmp_path / "outcomes.parquet", table),
            examples_dir=str(tmp_path / "examples"),
            unlabeled_dir=str(tmp_path / "unlabeled"),
            unused_dir=str(tmp_path / "unused"),
        )
