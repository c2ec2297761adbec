"""headrace's label join: from files to files, in memory, and as the component; and whether all labels are equal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.label_data import make_labels
from benchmarks.label_peers import WINDOW_US

COLUMNS = "key, shown_at, accepted::BIGINT AS accepted, enjoyment::BIGINT AS enjoyment"


def spec() -> Any:
    from headrace.labels import Label, LabelSpec

    window = (0, WINDOW_US / 1e6)
    labels = (Label(name=name, value=name, window=window, absence="missing") for name in ("accepted", "enjoyment"))
    return LabelSpec(
        keys=("key",),
        event_time="shown_at",
        outcome_time="responded_at",
        known_at="received_at",
        outcome_id="response_id",
        labels=tuple(labels),
        as_of="2026-06-01T00:00:00Z",
        split_by=("group_id",),
    )


def data_of(shape: str) -> Callable[[Path, int], None]:
    return lambda work, rows: make_labels(folder(work, shape), rows, shape)


def folder(work: Path, shape: str) -> Path:
    return work / "data" / f"labels-{shape}"


def files(work: Path, shape: str) -> Callable[[], object]:
    import pandas  # noqa: F401 - pyarrow imports it when it first gets a NumPy array

    from headrace.labels import join_label_files

    data, out = folder(work, shape), work / f"labels-{shape}" / "ours"
    events, outcomes = (sorted(map(str, (data / side).glob("*/*.parquet"))) for side in ("events", "outcomes"))
    folders = {f"{name}_dir": str(out / name) for name in ("examples", "unlabeled", "unused")}
    return lambda: join_label_files(spec(), events=events, outcomes=outcomes, **folders)


def memory(work: Path, shape: str) -> Callable[[], object]:
    import pandas  # noqa: F401
    import pyarrow.parquet as pq

    from headrace.labels import join_labels

    events, outcomes = (pq.read_table(folder(work, shape) / "plain" / side) for side in ("events", "outcomes"))
    return lambda: join_labels(events, outcomes, spec())


def component(work: Path, shape: str) -> Callable[[], object]:
    from tfx.types import standard_artifacts

    import headrace.execution.beam
    import headrace.labels.run  # noqa: F401 - imported before the measurement
    from benchmarks.cases.executors import artifact, do, executor
    from headrace_components import Unlabeled, UnusedOutcomes
    from headrace_components.label_join.executor import Executor

    data, out = folder(work, shape), work / f"labels-{shape}" / "component"
    inputs = {side: [_examples(data / side)] for side in ("events", "outcomes")}
    outputs = {
        "examples": [artifact(standard_artifacts.Examples, out / "examples")],
        "unlabeled": [artifact(Unlabeled, out / "unlabeled")],
        "unused_outcomes": [artifact(UnusedOutcomes, out / "unused")],
    }
    return do(executor(Executor, out), inputs, outputs, spec=spec().to_json(), payload_format="FORMAT_PARQUET")


def differ(work: Path, shape: str, *, unlike: tuple[str, ...] = ()) -> str:
    """How the labels of other libraries differ from ours, as multisets of rows; "" if they don't.

    For those that are known to be `unlike` ours, differences are only printed.
    """
    out, faults = work / f"labels-{shape}", []
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        ours = f"{out}/ours/examples/*/*.parquet"
        connection.execute(f"CREATE VIEW lists AS SELECT * FROM '{ours}'")
        connection.execute(
            "CREATE TABLE ours AS SELECT key[1]::VARCHAR AS key, shown_at[1] AS shown_at, "
            "accepted[1] AS accepted, enjoyment[1] AS enjoyment FROM lists"
        )
        (count,) = connection.execute("SELECT count(*) FROM ours").fetchone()
        for result in sorted((out / "peers").iterdir()):
            theirs = f"SELECT {COLUMNS} FROM '{result}{'/**/*.parquet' if result.is_dir() else ''}'"
            sql = f"SELECT count(*), (SELECT count(*) FROM (({theirs}) EXCEPT ALL FROM ours)) FROM ({theirs})"
            found, other = connection.execute(sql).fetchone()
            lacks = count - found
            print(f"  {result.stem}: {found:,} rows, {other:,} unlike ours, {lacks:,} events missing", flush=True)
            if (other or lacks) and result.stem not in unlike:
                faults.append(f"{result.stem} has {other:,} rows that are not ours and lacks {lacks:,}")
    return "; ".join(faults)


def _examples(uri: Path) -> Any:
    from tfx.types import artifact_utils, standard_artifacts

    from benchmarks.cases.executors import artifact

    examples = artifact(standard_artifacts.Examples, uri)
    examples.split_names = artifact_utils.encode_split_names(["all"])
    examples.set_string_custom_property("payload_format", "FORMAT_PARQUET")
    return examples
