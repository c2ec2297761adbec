"""From files to files, on every engine."""

from __future__ import annotations

import filecmp
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from execution.engines_under_test import ENGINES, engine_under_test

from headrace.errors import DataError, LedgerError, UsageError
from headrace.examples.layout import to_features, write_parquet
from headrace.labels import Label, LabelJoinResult, LabelSpec, join_label_files, join_labels, steps

SPEC = LabelSpec(
    keys=("who", "nr"),
    event_time="at",
    outcome_time="happened",
    known_at="known",
    outcome_id="id",
    labels=(
        Label(name="accepted", value="yes", window=(0, 40)),
        Label(name="mood", value="mood", window=(-5, 60), pick="first", absence="missing"),
    ),
    as_of="1970-01-01T00:12:00Z",
    lateness=20,
    split_by=("runner",),
    times=dict.fromkeys(("at", "happened", "known"), "epoch_us"),
    buckets=3,
)
FOLDERS = ("examples", "unlabeled", "unused")


def _maybe(values: Any, seed: int) -> pa.Array:
    return pa.array(values, mask=np.random.default_rng(seed).random(len(values)) < 0.05)


def _data(rows: int = 900) -> tuple[pa.Table, pa.Table]:
    """Events and outcomes with ties, nulls, duplicates, rows that are equal, and features of several values."""
    r = np.random.default_rng(5)
    events = pa.table(
        {
            "who": _maybe([f"w{number}" for number in r.integers(0, 150, rows)], 1),
            "nr": _maybe(r.integers(0, 2, rows), 2),
            "at": _maybe(r.integers(0, 700, rows) * 1_000_000, 3),
            "runner": pa.array([f"läufer {number}" for number in r.integers(0, 40, rows)]),
            "tags": pa.array([[b"x"] * int(count) for count in r.integers(0, 3, rows)]),
            "pace": _maybe(r.normal(size=rows), 4),
        }
    )
    happened = r.integers(0, 760, rows) * 1_000_000
    outcomes = pa.table(
        {
            "who": _maybe([f"w{number}" for number in r.integers(0, 170, rows)], 5),
            "nr": _maybe(r.integers(0, 2, rows), 6),
            "happened": _maybe(happened, 7),
            "known": _maybe(happened + r.integers(0, 50, rows) * 1_000_000, 8),
            "id": _maybe(r.integers(0, 80, rows), 9),
            "yes": _maybe(r.integers(0, 2, rows), 10),
            "mood": _maybe(np.array(["low", "high"])[r.integers(0, 2, rows)], 11),
        }
    )
    return to_features(events), to_features(outcomes)


EVENTS, OUTCOMES = _data()


def _write(table: pa.Table, folder: Path, cuts: Sequence[int]) -> list[str]:
    paths = []
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, table.num_rows], strict=True)):
        paths.append(str(folder / f"{number}.parquet"))
        write_parquet(table.slice(start, end - start), paths[-1])
    return paths


def _join(
    folder: Path, *, spec: LabelSpec = SPEC, cuts: Sequence[int] = (), shuffle: int | None = None, engine: Any = None
) -> LabelJoinResult:
    tables = [EVENTS, OUTCOMES]
    if shuffle is not None:
        order = [random.Random(shuffle).sample(range(table.num_rows), table.num_rows) for table in tables]
        tables = [table.take(pa.array(rows)) for table, rows in zip(tables, order, strict=True)]
    events, outcomes = (
        _write(table, folder / f"in-{side}", cuts) for side, table in zip(("events", "outcomes"), tables, strict=True)
    )
    return _run(folder, spec, events, outcomes, engine=engine)


def _run(folder: Path, spec: LabelSpec, events: list[str], outcomes: list[str], **more: Any) -> LabelJoinResult:
    examples, unlabeled, unused = (str(folder / name) for name in FOLDERS)
    return join_label_files(
        spec,
        events=events,
        outcomes=outcomes,
        examples_dir=examples,
        unlabeled_dir=unlabeled,
        unused_dir=unused,
        **more,
    )


def _files(folder: Path) -> list[str]:
    paths = [path for name in FOLDERS for path in (folder / name).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in paths)


def _rows(folder: Path, pattern: str) -> list[str]:
    rows = [row for path in sorted(folder.glob(pattern)) for row in pq.read_table(path).to_pylist()]
    return sorted(repr(sorted(row.items())) for row in rows)


def _same_bytes(one: Path, other: Path) -> bool:
    files = _files(one)
    return files == _files(other) and filecmp.cmpfiles(one, other, files, shallow=False)[1:] == ([], [])


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("joined")
    _join(folder)
    return folder


def test_files_hold_what_the_join_of_whole_tables_holds(joined: Path) -> None:
    whole = join_labels(EVENTS, OUTCOMES, SPEC)
    labeled = to_features(whole.labeled)
    unlabeled = pa.concat_tables([whole.immature, whole.excluded])
    for pattern, table in (
        ("examples/Split-*/*.parquet", labeled),
        ("unlabeled/*.parquet", unlabeled),
        ("unused/*.parquet", whole.unused_outcomes),
    ):
        assert _rows(joined, pattern) == sorted(repr(sorted(row.items())) for row in table.to_pylist())
    found = json.loads((joined / "examples" / "ledger.json").read_text())
    assert found["ledgers"] == {name: ledger.to_dict() for name, ledger in whole.ledgers.items()}
    assert found["labels"] == {name: facts.to_dict() for name, facts in whole.labels.items()}
    assert all(count for ledger in whole.ledgers.values() for count in ledger.parts.values())


def test_shards_are_named_by_bucket_and_hold_lists_only(joined: Path) -> None:
    names = [f"part-0000{number}-of-00003.parquet" for number in range(3)]
    expected = [f"examples/Split-{split}/{name}" for split in ("eval", "train") for name in names]
    expected += ["examples/ledger.json", *(f"{folder}/{name}" for folder in FOLDERS[1:] for name in names)]
    assert _files(joined) == sorted(expected)
    for name in names:
        schema = pq.read_schema(joined / "examples" / "Split-train" / name)
        assert schema.names == [*EVENTS.column_names, "accepted", "mood"]
        assert all(pa.types.is_list(kind) for kind in schema.types)


def test_runner_is_on_one_side_of_the_splits_only(joined: Path) -> None:
    sides = [
        set(pc.list_flatten(pq.read_table(joined / "examples" / f"Split-{split}").column("runner")).to_pylist())
        for split in ("train", "eval")
    ]
    assert all(sides)
    assert not sides[0] & sides[1]


def test_rows_of_a_shard_stand_in_order_of_time(joined: Path) -> None:
    for path in joined.glob("examples/Split-*/*.parquet"):
        times = pc.list_flatten(pq.read_table(path).column("at")).to_pylist()
        assert times == sorted(times)


@pytest.mark.parametrize("change", [{"shuffle": 1}, {"cuts": (1, 300, 300, 650)}])
def test_order_and_cut_do_not_change_a_byte(joined: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    _join(tmp_path, **change)
    assert _same_bytes(joined, tmp_path)


@pytest.mark.parametrize("name", ENGINES)
def test_no_engine_changes_a_byte_also_where_attempts_run_twice_or_are_killed(
    joined: Path, tmp_path: Path, name: str
) -> None:
    with engine_under_test(name) as engine:
        _join(tmp_path, engine=engine, cuts=() if name == "killed" else (400,), shuffle=2)
    assert _same_bytes(joined, tmp_path)
    assert not list(tmp_path.glob("*.staging-*"))


@pytest.mark.parametrize("buckets", [1, 16])
def test_number_of_buckets_changes_shards_but_no_row_and_no_count(joined: Path, tmp_path: Path, buckets: int) -> None:
    spec = LabelSpec.from_json(json.dumps({**json.loads(SPEC.to_json()), "buckets": buckets}))
    _join(tmp_path, spec=spec)
    for pattern in ("examples/Split-train/*", "examples/Split-eval/*", "unlabeled/*", "unused/*"):
        assert _rows(tmp_path, pattern + ".parquet") == _rows(joined, pattern + ".parquet")
    assert filecmp.cmp(tmp_path / "examples/ledger.json", joined / "examples/ledger.json", shallow=False)


def test_more_buckets_than_keys_leave_empty_shards_with_all_columns(tmp_path: Path) -> None:
    spec = LabelSpec.from_json(json.dumps({**json.loads(SPEC.to_json()), "buckets": 4}))
    events = _write(EVENTS.slice(0, 1), tmp_path / "in-events", ())
    outcomes = _write(OUTCOMES.slice(0, 0), tmp_path / "in-outcomes", ())
    _run(tmp_path, spec, events, outcomes)
    found = [pq.read_table(path) for path in (tmp_path / "examples" / "Split-train").iterdir()]
    assert len(found) == 4
    assert {tuple(table.column_names) for table in found} == {(*EVENTS.column_names, "accepted", "mood")}


def test_failure_in_a_bucket_leaves_what_was_there_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _join(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in _files(tmp_path)}
    real = steps.decide

    def fail_once(events: pa.Table, outcomes: pa.Table, spec: LabelSpec) -> Any:
        if (tmp_path / "failed").exists():
            raise DataError("the disk is full")
        (tmp_path / "failed").touch()
        return real(events, outcomes, spec)

    monkeypatch.setattr(steps, "decide", fail_once)
    with pytest.raises(DataError, match="the disk is full"):
        _join(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in _files(tmp_path)} == before
    assert not list(tmp_path.glob("*.staging-*"))


def test_rows_lost_between_the_steps_fail_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = steps._read
    monkeypatch.setattr(steps, "_read", lambda *args: real(*args).slice(1))
    with pytest.raises(LedgerError, match="3 unaccounted for: 900 events"):
        _join(tmp_path)
    assert not _files(tmp_path)


def test_shards_of_several_days_may_have_other_columns(tmp_path: Path) -> None:
    older = EVENTS.slice(0, 500).drop(["pace"])
    newer = EVENTS.slice(500)
    paths = [*_write(older, tmp_path / "older", ()), *_write(newer, tmp_path / "newer", ())]
    result = _run(tmp_path, SPEC, paths, _write(OUTCOMES, tmp_path / "outcomes", ()))
    assert result.ledgers["events"].total == 900
    names = {tuple(pq.read_schema(path).names) for path in tmp_path.glob("examples/Split-*/*.parquet")}
    assert names == {("who", "nr", "at", "runner", "tags", "pace", "accepted", "mood")}


def test_column_of_two_kinds_in_two_shards_is_named_with_both_files(tmp_path: Path) -> None:
    other = EVENTS.set_column(5, "pace", pa.array([[b"fast"]] * 900))
    paths = [*_write(EVENTS, tmp_path / "one", ()), *_write(other, tmp_path / "two", ())]
    with pytest.raises(DataError, match=r"column 'pace' is list<.*float> in .*one/0.parquet and list<.*binary> in"):
        _run(tmp_path, SPEC, paths, _write(OUTCOMES, tmp_path / "outcomes", ()))


def test_faults_are_found_before_anything_runs(tmp_path: Path) -> None:
    outcomes = _write(OUTCOMES, tmp_path / "in", ())
    with pytest.raises(UsageError, match="no files of events"):
        _run(tmp_path, SPEC, [], outcomes)
    with pytest.raises(UsageError, match="payload must be one of parquet, tf_example, got 'avro'"):
        _run(tmp_path, SPEC, outcomes, outcomes, payload="avro")
    text = tmp_path / "text.parquet"
    text.write_text("not Parquet")
    with pytest.raises(DataError, match=r"text.parquet: expected a Parquet shard of events.*absent.parquet"):
        _run(tmp_path, SPEC, [str(text), str(tmp_path / "absent.parquet")], outcomes)
    with pytest.raises(UsageError, match="columns are missing from the events: at, runner"):
        _run(tmp_path, SPEC, outcomes, outcomes)
    assert not _files(tmp_path)
