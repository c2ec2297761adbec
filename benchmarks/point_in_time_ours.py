"""headrace's point-in-time features: from files to files, in memory, and as the component."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.point_in_time_data import folder


def spec(kind: str) -> Any:
    from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec

    table: Any = AsOfTable(
        name="profiles",
        keys=("runner_id",),
        time="valid_from",
        created="written_at",
        features=("city", "age_group"),
        ttl="20d",
    )
    if kind == "windows":
        settings = (
            ("runs_7d", "count", None, "7d"),
            ("km_7d", "sum", "distance_km", "7d"),
            ("km_30d", "sum", "distance_km", "30d"),
            ("pace_30d", "mean", "pace_min_per_km", "30d"),
            ("longest_30d", "max", "distance_km", "30d"),
            ("finished_30d", "rate", "finished", "30d"),
        )
        aggregates = tuple(Aggregate(name=n, function=f, value=v, window=w) for n, f, v, w in settings)
        table = EventStream(name="runs", keys=("runner_id",), time="started_at", delay="1h", aggregates=aggregates)
    return PointInTimeSpec(event_time="shown_at", tables=(table,))


def files(work: Path, kind: str) -> Callable[[], object]:
    import pandas  # noqa: F401 - pyarrow imports it when it first gets a NumPy array

    from headrace.point_in_time import join_feature_files

    (table,) = spec(kind).tables
    events, rows = (sorted(map(str, (folder(work) / name).glob("*/*.parquet"))) for name in ("events", table.name))
    out = str(work / "point-in-time" / kind)
    return lambda: join_feature_files(spec(kind), events={"all": events}, tables={table.name: rows}, examples_dir=out)


def memory(work: Path, kind: str) -> Callable[[], object]:
    import pandas  # noqa: F401
    import pyarrow.parquet as pq

    from headrace.point_in_time import join_features

    (table,) = spec(kind).tables
    events, rows = (pq.read_table(folder(work) / "plain" / name) for name in ("events", table.name))
    return lambda: join_features(events, {table.name: rows}, spec(kind))


def component(work: Path, kind: str) -> Callable[[], object]:
    from tfx.types import artifact_utils, standard_artifacts

    import headrace.execution.beam
    import headrace.point_in_time.run  # noqa: F401 - imported before the measurement
    from benchmarks.cases.executors import artifact, do, executor
    from headrace_components.point_in_time_join.executor import Executor, table_key

    def examples(name: str) -> Any:
        found = artifact(standard_artifacts.Examples, folder(work) / name)
        found.split_names = artifact_utils.encode_split_names(["all"])
        found.set_string_custom_property("payload_format", "FORMAT_PARQUET")
        return found

    (table,) = spec(kind).tables
    out = work / "point-in-time" / f"{kind}-component"
    inputs = {"events": [examples("events")], table_key(table.name): [examples(table.name)]}
    outputs = {"examples": [artifact(standard_artifacts.Examples, out / "examples")]}
    return do(executor(Executor, out), inputs, outputs, spec=spec(kind).to_json(), payload_format="FORMAT_PARQUET")
