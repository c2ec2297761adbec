"""The PointInTimeJoin node: what it declares, and what its artifact tells when it ran."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.errors import UsageError
from headrace.examples.layout import from_features, write_parquet
from headrace.point_in_time import Aggregate, AsOfTable, EventStream, PointInTimeSpec

pytestmark = pytest.mark.tfx

SPEC = PointInTimeSpec(
    event_time="shown",
    tables=(
        AsOfTable(name="profiles", keys=("who",), time="since", features=("city",)),
        EventStream(
            name="runs",
            keys=("who",),
            time="start",
            aggregates=(Aggregate(name="km", function="sum", value="km", window="7d"),),
        ),
    ),
    times=dict.fromkeys(("shown", "since", "start"), "epoch_us"),
    buckets=2,
    shards=2,
)
EVENTS = {
    "train": pa.table({"who": ["a", "b"], "shown": [10_000_000, 20_000_000]}),
    "eval": pa.table({"who": ["a"], "shown": [5_000_000]}),
}
PROFILES = pa.table({"who": ["a"], "since": [0], "city": ["Oslo"]})
RUNS = [
    pa.table({"who": ["a", "b"], "start": [1_000_000, 20_000_000], "km": [5.0, 9.0]}),
    pa.table({"who": ["a"], "start": [6_000_000], "km": [2.5]}),
]


def examples_of(folder: Path, span: int = 3, **splits: pa.Table) -> Any:
    from tfx.types import standard_artifacts

    from headrace_components import payload

    for split, table in splits.items():
        write_parquet(table, str(folder / f"Split-{split}" / "part-0.parquet"))
    examples = standard_artifacts.Examples()
    examples.uri = str(folder)
    payload.describe_examples(examples, split_names=list(splits), span=span)
    return examples


def run_node(folder: Path, spec: PointInTimeSpec = SPEC, **properties: Any) -> Any:
    """Runs the executor, with the runs in two spans, and gives its output."""
    from tfx.types import standard_artifacts

    from headrace_components.point_in_time_join.executor import Executor

    inputs = {
        "events": [examples_of(folder / "events", **EVENTS)],
        "table_profiles": [examples_of(folder / "profiles", all=PROFILES)],
        "table_runs": [examples_of(folder / "runs1", all=RUNS[0])],
        "table_runs__2": [examples_of(folder / "runs2", all=RUNS[1])],
    }
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    Executor().Do(inputs, {"examples": [examples]}, {"spec": spec.to_json(), **properties})
    return examples


def test_events_keep_their_splits_and_a_table_may_have_several_spans(tmp_path: Path) -> None:
    from headrace_components import payload

    examples = run_node(tmp_path)
    assert payload.splits(examples) == ["train", "eval"]
    assert examples.span == 3
    rows = {}
    for split in EVENTS:
        table = pa.concat_tables(pa.parquet.read_table(path) for path in payload.shards(examples, split))
        rows[split] = sorted((row["who"], row["city"], row["km"]) for row in from_features(table).to_pylist())
    assert rows == {"train": [("a", "Oslo", 7.5), ("b", None, 0.0)], "eval": [("a", "Oslo", 5.0)]}


def test_counts_coverage_and_alarms_are_properties(tmp_path: Path) -> None:
    examples = run_node(tmp_path)
    assert examples.get_int_custom_property("events.matched") == 2
    assert examples.get_int_custom_property("events.unmatched") == 1
    assert examples.get_int_custom_property("runs.used") == 2
    assert examples.get_int_custom_property("runs.unused") == 1
    assert examples.get_int_custom_property("events.profiles.absent") == 1
    assert examples.get_float_custom_property("feature.city.coverage") == pytest.approx(2 / 3)
    told = json.loads(examples.get_string_custom_property("features_json"))
    assert told["km"]["age_s"] == {"4": 2}
    assert examples.get_int_custom_property("alarms") == 0


def test_a_table_that_has_nothing_for_any_event_rings(tmp_path: Path) -> None:
    tables = (SPEC.tables[0], EventStream(**{**vars(SPEC.tables[1]), "delay": "1d"}))
    examples = run_node(tmp_path, replace(SPEC, tables=tables))
    (alarm,) = json.loads(examples.get_string_custom_property("alarms_json"))
    assert (alarm["code"], alarm["source"], alarm["count"]) == ("COVERAGE", "runs", 0)
    assert "0 of 3 events" in alarm["words"]


def test_features_come_in_tf_records_too(tmp_path: Path) -> None:
    examples = run_node(tmp_path, payload_format="FORMAT_TF_EXAMPLE")
    assert examples.get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    assert len(list(Path(examples.uri, "Split-train").glob("data_tfrecord-*.gz"))) == 2


def test_each_channel_is_an_input_of_its_own() -> None:
    from tfx import types
    from tfx.types import standard_artifacts

    from headrace_components import PointInTimeJoin

    channel = types.Channel(type=standard_artifacts.Examples)
    node = PointInTimeJoin(channel, {"profiles": channel, "runs": [channel, channel]}, SPEC)
    assert list(node.inputs) == ["events", "table_profiles", "table_runs", "table_runs__2"]
    assert PointInTimeSpec.from_json(node.exec_properties["spec"]) == SPEC
    with pytest.raises(UsageError, match="expected the tables of the spec, profiles, runs, got runs"):
        PointInTimeJoin(channel, {"runs": channel}, SPEC)
    with pytest.raises(UsageError, match="at least one channel"):
        PointInTimeJoin(channel, {"profiles": channel, "runs": []}, SPEC)
    with pytest.raises(UsageError, match="FORMAT_PARQUET, FORMAT_TF_EXAMPLE, got 'CSV'"):
        PointInTimeJoin(channel, {"profiles": channel, "runs": channel}, SPEC, payload_format="CSV")
