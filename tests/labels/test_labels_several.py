"""Several sources, corrections and a month of as-of times, in tables and from files to files."""

from __future__ import annotations

import filecmp
import itertools
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.examples.layout import to_features, write_parquet
from headrace.ingest import TimeSplits
from headrace.labels import JoinedLabels, Label, LabelSpec, OutcomeSource, as_of_schedule, join_labels

DAY = 86_400_000_000
FIRST = 1_774_000_000_000_000  # 2026-03-20, nine days before the clocks change
AS_OFS = as_of_schedule("2026-03-22T00:00:00+01:00", "2026-04-20T00:00:00+02:00", zone="Europe/Berlin")
SPEC = LabelSpec(
    keys=("suggestion",),
    event_time="shown",
    sources=(
        OutcomeSource(
            name="answers",
            outcome_time="done",
            known_at="known",
            outcome_id="nr",
            same_id="latest",
            clock_skew=600,
        ),
        OutcomeSource(name="runs", outcome_time="ended", known_at="seen", outcome_id="run", keys={"suggestion": "of"}),
    ),
    labels=(
        Label(name="accepted", source="answers", value="yes", window=(0, "1d")),
        Label(name="mood", source="answers", value="feeling", order=("low", "high"), ordinal=True, window=(0, "3d")),
        Label(name="km", source="runs", value="km", pick="sum", window=("-1d", "2d"), closed="both", absence="missing"),
    ),
    as_of=AS_OFS,
    as_of_column="judged",
    lateness="6h",
    zone="Europe/Berlin",
    splits={"train": 1, "eval": 1},
    split_time=TimeSplits(field="shown", borders=("2026-04-05",)),
    split_by=("runner",),
    buckets=3,
    alarm_orphan_share=1,
    alarm_late_share=1,
)


def data(rows: int = 1_500) -> tuple[pa.Table, dict[str, pa.Table]]:
    """A month of suggestions; of their answers a third comes late and a third is corrected later."""
    r = np.random.default_rng(11)
    shown = FIRST + r.integers(0, 31 * DAY, rows)
    suggestion = np.array([f"s{number}" for number in range(rows)])
    runner = np.array([f"runner {number}" for number in r.integers(0, 60, rows)])
    events = pa.table({"suggestion": suggestion, "shown": shown, "runner": runner, "pace": r.normal(size=rows)})
    of = r.integers(0, rows, 2 * rows)
    done = shown[of] + np.where(r.random(2 * rows) < 0.1, -300_000_000, r.integers(-DAY // 100, 3 * DAY, 2 * rows))
    known = done + np.where(r.random(2 * rows) < 0.33, r.integers(0, 9 * DAY, 2 * rows), 60_000_000)
    answers = pa.table(
        {
            "suggestion": suggestion[of],
            "done": done,
            "known": known,
            "nr": pa.array(r.integers(0, rows, 2 * rows), mask=r.random(2 * rows) < 0.05),
            "yes": pa.array(r.integers(0, 2, 2 * rows), mask=r.random(2 * rows) < 0.1),
            "feeling": pa.array(r.choice(["low", "high", "odd"], 2 * rows), mask=r.random(2 * rows) < 0.3),
        }
    )
    again = answers.take(pa.array(r.integers(0, 2 * rows, rows)))
    later = pa.array(again.column("known").to_numpy() + r.integers(0, 5 * DAY, rows))
    other = pa.array(r.integers(0, 2, rows))
    answers = pa.concat_tables([answers, again.set_column(2, "known", later).set_column(4, "yes", other)])
    ran = r.integers(0, rows, 2 * rows)
    ended = shown[ran] + r.integers(-DAY, 3 * DAY, 2 * rows)
    runs = pa.table(
        {
            "of": suggestion[ran],
            "ended": ended,
            "seen": ended + r.integers(0, 2 * DAY, 2 * rows),
            "run": r.integers(0, 2 * rows, 2 * rows),
            "km": r.normal(10, 3, 2 * rows).astype(np.float32),
        }
    )
    return to_features(events), {"answers": to_features(answers), "runs": to_features(runs)}


EVENTS, OUTCOMES = data()


def rows_of(tables: list[pa.Table]) -> list[str]:
    return sorted(repr(sorted(row.items())) for table in tables for row in to_features(table).to_pylist())


def daily(spec: LabelSpec) -> list[JoinedLabels]:
    previous, runs = spec.matured_after, []
    for as_of in spec.as_of:
        runs.append(join_labels(EVENTS, OUTCOMES, replace(spec, as_of=as_of, matured_after=previous)))
        previous = as_of
    return runs


def test_backfill_of_30_days_equals_30_daily_runs_row_for_row() -> None:
    assert len(AS_OFS) == 30
    runs, backfill = daily(SPEC), join_labels(EVENTS, OUTCOMES, SPEC)
    assert rows_of([run.labeled for run in runs]) == rows_of([backfill.labeled])
    assert backfill.labeled.num_rows > 500
    assert sum(run.labeled.num_rows > 0 for run in runs) > 25
    # Else this would prove nothing: some labels were changed by what came after their day.
    at_once = join_labels(EVENTS, OUTCOMES, replace(SPEC, as_of=AS_OFS[-1], as_of_column=None))
    assert rows_of([at_once.labeled]) != rows_of([backfill.labeled.drop(["judged"])])
    assert backfill.details["answers"]["known_after_label"] > 0
    assert backfill.details["answers"]["corrected"] > 0
    assert backfill.details["answers"]["clock_skew"] > 0


def test_rebuilding_an_old_as_of_gives_the_old_rows() -> None:
    spec = replace(SPEC, as_of=AS_OFS[12])
    then = {}
    for source in SPEC.sources:
        known = np.array([value[0] for value in OUTCOMES[source.name].column(source.known_at).to_pylist()])
        then[source.name] = OUTCOMES[source.name].filter(pa.array(known <= spec.as_of_us))
        assert then[source.name].num_rows < OUTCOMES[source.name].num_rows
    old, rebuilt = join_labels(EVENTS, then, spec), join_labels(EVENTS, OUTCOMES, spec)
    assert old.labeled.num_rows > 100
    for name in ("labeled", "immature", "excluded"):
        assert getattr(old, name).equals(getattr(rebuilt, name))


def test_runners_are_kept_apart_though_splits_go_by_time(tmp_path: Path) -> None:
    run_files(tmp_path, SPEC, 1)
    runners, times = (
        [
            {row[0] for path in split_paths(tmp_path, name) for row in pq.read_table(path).column(column).to_pylist()}
            for name in ("train", "eval")
        ]
        for column in ("runner", "shown")
    )
    assert all(runners)
    assert not runners[0] & runners[1]
    assert max(times[0]) < SPEC.split_time.borders_us[0] <= min(times[1])  # type: ignore[union-attr]


def split_paths(folder: Path, split: str) -> list[Path]:
    return sorted((folder / "examples" / f"Split-{split}").glob("*.parquet"))


def run_files(
    folder: Path, spec: LabelSpec, pieces: int, *, shuffle: int | None = None, engine: Any = None, events: Any = EVENTS
) -> Any:
    """The join from files, each table cut into `pieces`."""
    from headrace.labels import join_label_files

    paths: dict[str, list[str]] = {}
    for side, table in {"events": events, **OUTCOMES}.items():
        if shuffle is not None:
            order = random.Random(shuffle).sample(range(table.num_rows), table.num_rows)
            table = table.take(pa.array(order))
        borders = [table.num_rows * piece // pieces for piece in range(pieces + 1)]
        paths[side] = []
        for number, (start, end) in enumerate(itertools.pairwise(borders)):
            paths[side].append(str(folder / side / f"{number}.parquet"))
            write_parquet(table.slice(start, end - start), paths[side][-1])
    return join_label_files(
        spec,
        events=paths.pop("events"),
        outcomes=paths,
        examples_dir=str(folder / "examples"),
        unlabeled_dir=str(folder / "unlabeled"),
        unused_dir=str(folder / "unused"),
        engine=engine,
    )


def written(folder: Path) -> list[str]:
    found = [path for name in ("examples", "unlabeled", "unused") for path in (folder / name).rglob("*.*")]
    return sorted(str(path.relative_to(folder)) for path in found if path.is_file())


def test_files_hold_what_the_join_of_tables_holds_with_a_folder_for_each_source(tmp_path: Path) -> None:
    result, whole = run_files(tmp_path, SPEC, 2), join_labels(EVENTS, OUTCOMES, SPEC)
    labeled = [pq.read_table(path) for name in ("train", "eval") for path in split_paths(tmp_path, name)]
    assert rows_of(labeled) == rows_of([whole.labeled])
    for name in ("answers", "runs"):
        unused = [pq.read_table(path) for path in (tmp_path / "unused" / name).glob("*.parquet")]
        assert rows_of(unused) == rows_of([whole.unused[name]])
    assert (result.ledgers, result.labels, result.details) == (whole.ledgers, whole.labels, whole.details)
    assert all(sum(book.parts.values()) == book.total for book in result.ledgers.values())


@pytest.mark.beam
def test_order_cut_and_workers_do_not_change_a_byte_and_buckets_change_no_row(tmp_path: Path) -> None:
    beam = pytest.importorskip("apache_beam")
    from apache_beam.options.pipeline_options import PipelineOptions

    from headrace.execution.beam import Beam

    options = PipelineOptions(["--direct_running_mode=multi_threading", "--direct_num_workers=2"])
    engine = Beam(lambda: beam.Pipeline(runner="FnApiRunner", options=options))
    run_files(tmp_path / "one", SPEC, 1)
    run_files(tmp_path / "two", SPEC, 4, shuffle=3, engine=engine)
    files = written(tmp_path / "one")
    assert files == written(tmp_path / "two")
    assert filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", files, shallow=False)[1:] == ([], [])
    run_files(tmp_path / "seven", replace(SPEC, buckets=7), 2)
    for name in ("train", "eval"):
        one, seven = (
            rows_of([pq.read_table(path) for path in split_paths(tmp_path / folder, name)])
            for folder in ("one", "seven")
        )
        assert one == seven


def test_daily_runs_from_files_of_the_last_spans_equal_the_backfill(tmp_path: Path) -> None:
    last = AS_OFS[4:8]
    backfill = run_files(tmp_path / "all", replace(SPEC, as_of=last, matured_after=AS_OFS[3]), 3)
    shown = np.array([value[0] for value in EVENTS.column("shown").to_pylist()])
    found = []
    for previous, as_of in zip(AS_OFS[3:7], last, strict=True):
        spec = replace(SPEC, as_of=as_of, matured_after=previous)
        # Of the last five days only, as the spans are that may mature on the day.
        recent = EVENTS.filter(pa.array((shown < spec.as_of_us) & (shown >= spec.as_of_us - 5 * DAY)))
        run_files(tmp_path / as_of[:10], spec, 3, events=recent)
        found += [p for name in ("train", "eval") for p in split_paths(tmp_path / as_of[:10], name)]
    expected = [path for name in ("train", "eval") for path in split_paths(tmp_path / "all", name)]
    assert rows_of([pq.read_table(path) for path in found]) == rows_of([pq.read_table(path) for path in expected])
    assert sum(backfill.rows.values()) > 50
