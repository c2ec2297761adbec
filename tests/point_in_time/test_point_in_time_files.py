"""From files to files: the same bytes however the input is ordered and cut, at any number of buckets and workers."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from execution.engines_under_test import ENGINES, engine_under_test

from headrace.errors import DataError, LedgerError, UsageError
from headrace.examples.layout import from_features, to_features, write_parquet
from headrace.point_in_time import (
    Aggregate,
    AsOfTable,
    EventStream,
    PointInTimeSpec,
    join_feature_files,
    join_features,
    steps,
)

DAY_US = 86_400_000_000
SPEC = PointInTimeSpec(
    event_time="shown_at",
    tables=(
        AsOfTable(
            name="profiles", keys=("runner_id",), time="valid_from", features={"profile_city": "city"}, ttl="20d"
        ),
        EventStream(
            name="runs",
            keys={"runner_id": "athlete"},
            time="started_at",
            delay="1h",
            aggregates=(
                Aggregate(name="km_7d", function="sum", value="km", window="7d"),
                Aggregate(name="runs_7d", function="count", window="7d"),
                Aggregate(name="last_route", function="last", value="route", window=None),
            ),
        ),
        AsOfTable(name="routes", keys=("route",), time="since", features=("length_km",)),
    ),
    times=dict.fromkeys(("shown_at", "valid_from", "started_at", "since"), "epoch_us"),
    buckets=3,
    shards=2,
)


def data(seed: int = 1) -> tuple[dict[str, pa.Table], dict[str, pa.Table]]:
    """Events by split, and tables: keys and times with ties and nulls."""
    rng = np.random.default_rng(seed)

    def some(values: list[Any], count: int) -> list[Any]:
        return [values[n] for n in rng.integers(0, len(values), count)]

    def times(count: int) -> list[Any]:
        return [None if n == 0 else int(n) * DAY_US // 4 for n in rng.integers(0, 120, count)]

    who = [*(f"r{n}" for n in range(30)), None]
    routes = ["park", "hill", "coast", None]
    events = {
        split: pa.table(
            {
                "runner_id": some(who, count),
                "route": some(routes, count),
                "shown_at": pa.array(times(count), pa.int64()),
                "row": pa.array(range(count), pa.int64()),
            }
        )
        for split, count in (("train", 400), ("eval", 150))
    }
    tables = {
        "profiles": pa.table(
            {"runner_id": some(who, 90), "valid_from": times(90), "city": some(["Oslo", "Rome", None], 90)}
        ),
        "runs": pa.table(
            {
                "athlete": some(who, 700),
                "started_at": times(700),
                "km": pa.array(rng.random(700) * 20, pa.float32()),
                "route": some(routes, 700),
            }
        ),
        "routes": pa.table({"route": some(routes, 9), "since": times(9), "length_km": pa.array(rng.random(9) * 9)}),
    }
    return events, tables


def write(folder: Path, table: pa.Table, cut: int, seed: int) -> list[str]:
    """The rows in `cut` files, shuffled by `seed`."""
    order = np.random.default_rng(seed).permutation(table.num_rows) if seed else np.arange(table.num_rows)
    paths = []
    for number, rows in enumerate(np.array_split(order, cut)):
        paths.append(str(folder / f"{number}.parquet"))
        write_parquet(table.take(pa.array(rows)), paths[-1])
    return paths


def run(folder: Path, spec: PointInTimeSpec = SPEC, *, cut: int = 1, seed: int = 0, **options: Any) -> Any:
    events, tables = data()
    return join_feature_files(
        spec,
        events={split: write(folder / "in" / split, table, cut, seed) for split, table in events.items()},
        tables={name: write(folder / "in" / name, table, cut + 1, seed) for name, table in tables.items()},
        examples_dir=str(folder / "out"),
        **options,
    )


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "out").rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("plain")
    return folder, run(folder)


def test_files_hold_what_the_join_in_memory_gives(plain: tuple[Path, Any]) -> None:
    folder, result = plain
    events, tables = data()
    tables = {name: to_features(table) for name, table in tables.items()}
    for split, table in events.items():
        joined = join_features(to_features(table), tables, SPEC)
        expected = from_features(to_features(joined.events)).to_pylist()
        found = from_features(pq.read_table(folder / "out" / f"Split-{split}")).to_pylist()
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        assert result.rows[split] == table.num_rows
    whole = join_features(to_features(pa.concat_tables(events.values())), tables, SPEC)
    assert (whole.ledgers, whole.features) == (result.ledgers, result.features)


@pytest.mark.parametrize(
    ("change", "options", "how"),
    [
        ({}, {}, {"cut": 4, "seed": 7}),
        ({"buckets": 1}, {}, {"cut": 2, "seed": 8}),
        ({"buckets": 7}, {}, {}),
        ({"buckets": None}, {}, {}),
    ],
    ids=["order and cut", "one bucket", "seven buckets", "as many as the data need"],
)
def test_bytes_are_the_same(
    plain: tuple[Path, Any], tmp_path: Path, change: dict[str, int], options: dict[str, Any], how: dict[str, int]
) -> None:
    run(tmp_path, replace(SPEC, **change), **how, **options)
    assert digests(tmp_path) == digests(plain[0])


@pytest.mark.parametrize("name", ENGINES)
def test_no_engine_changes_a_byte_also_where_attempts_run_twice_or_are_killed(
    plain: tuple[Path, Any], tmp_path: Path, name: str
) -> None:
    with engine_under_test(name) as engine:
        run(tmp_path, engine=engine, cut=1 if name == "killed" else 2, seed=9)
    assert digests(tmp_path) == digests(plain[0])
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_number_of_shards_changes_no_row_and_no_count(plain: tuple[Path, Any], tmp_path: Path) -> None:
    result = run(tmp_path, replace(SPEC, shards=5))
    assert len(list((tmp_path / "out" / "Split-train").iterdir())) == 5
    rows = [
        sorted(map(repr, pq.read_table(folder / "out" / "Split-train").to_pylist())) for folder in (tmp_path, plain[0])
    ]
    assert rows[0] == rows[1]
    assert result.to_json() == plain[1].to_json()


def test_ledger_adds_up_and_stands_beside_the_splits(plain: tuple[Path, Any]) -> None:
    folder, result = plain
    told = json.loads((folder / "out" / "ledger.json").read_text())
    events, tables = data()
    assert told["ledgers"]["events"]["total"] == sum(table.num_rows for table in events.values()) == 550
    for name, table in tables.items():
        assert told["ledgers"][name]["total"] == table.num_rows
        assert sum(told["ledgers"][name]["parts"].values()) == table.num_rows
        assert told["ledgers"][name]["parts"]["no_key"] > 0
        assert sum(told["ledgers"][f"events.{name}"]["parts"].values()) == 550
    assert told["features"]["km_7d"]["coverage"] == result.features["km_7d"].coverage
    assert sum(told["features"]["km_7d"]["age_s"].values()) == result.features["km_7d"].found
    assert not (folder / "out" / ".staging").exists()


def test_columns_may_have_the_names_that_staging_uses(plain: tuple[Path, Any]) -> None:
    rows = from_features(pq.read_table(plain[0] / "out" / "Split-eval"))
    assert sorted(rows.column("row").to_pylist()) == list(range(150))


def test_split_without_rows_has_its_shards(tmp_path: Path) -> None:
    events, tables = data()
    paths = {name: write(tmp_path / name, table, 1, 0) for name, table in tables.items()}
    splits = {"all": write(tmp_path / "events", events["eval"].slice(0, 0), 1, 0)}
    result = join_feature_files(SPEC, events=splits, tables=paths, examples_dir=str(tmp_path / "out"))
    shards = sorted((tmp_path / "out" / "Split-all").iterdir())
    assert [pq.read_table(path).num_rows for path in shards] == [0, 0]
    assert pq.read_schema(shards[0]).names == [*events["eval"].column_names, *SPEC.features]
    assert result.ledgers["runs"]["used"] == 0


def test_a_worker_that_dies_leaves_what_was_there_and_no_half(
    plain: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    before = digests(tmp_path)

    def dies(*_: object, **__: object) -> None:
        raise DataError("no")

    monkeypatch.setattr("headrace.point_in_time.plan.finish_shard", dies)
    with pytest.raises(DataError, match="no"):
        run(tmp_path, replace(SPEC, shards=1))
    assert digests(tmp_path) == before
    assert sorted(os.listdir(tmp_path)) == ["in", "out"]


def test_features_that_are_lost_between_the_steps_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = steps.join_bucket

    def lose(bucket: steps.Bucket, *, job: steps.Job) -> steps.JoinedBucket:
        joined = real(bucket, job=job)
        return replace(joined, shards=()) if (bucket.group, bucket.number) == (0, 1) else joined

    monkeypatch.setattr("headrace.point_in_time.plan.join_bucket", lose)
    with pytest.raises(LedgerError, match="events got no answer from a bucket"):
        run(tmp_path)


def test_files_that_are_none_and_payloads_that_are_none_are_refused(tmp_path: Path) -> None:
    events, tables = data()
    paths = {name: write(tmp_path / name, table, 1, 0) for name, table in tables.items()} | {"runs": []}
    splits = {"all": write(tmp_path / "events", events["eval"], 1, 0)}
    with pytest.raises(UsageError, match="no files of runs"):
        join_feature_files(SPEC, events=splits, tables=paths, examples_dir=str(tmp_path / "out"))
    with pytest.raises(UsageError, match="parquet, tf_example, got 'avro'"):
        run(tmp_path, payload="avro")
