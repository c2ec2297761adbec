"""The LabelJoin node: what it declares, and what its artifacts tell when it ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.errors import UsageError
from headrace.features import from_features, write_parquet
from headrace.labels import Label, LabelSpec

pytestmark = pytest.mark.tfx

SPEC = LabelSpec(
    keys=("key",),
    event_time="shown",
    outcome_time="done",
    labels=(Label(name="label", value="value", window=(0, 60)), Label(name="why", value="why", absence="missing")),
    as_of="1970-01-03T00:00:00Z",
    buckets=2,
)
EVENTS = pa.table({"key": [f"k{n}" for n in range(9)], "shown": [0] * 9, "pace": [5.5, None, 6.0] * 3})
OUTCOMES = pa.table({"key": ["k0", "k1"], "done": [1, 2], "value": [1, 0], "why": ["far", "wet"]})


def run_node(folder: Path, outcomes: pa.Table, **properties: Any) -> dict[str, Any]:
    """Runs the executor on Parquet `Examples`; gives its outputs by key."""
    from tfx.types import standard_artifacts

    from headrace_components import payload
    from headrace_components.artifacts import Unlabeled, UnusedOutcomes
    from headrace_components.label_join.executor import Executor

    inputs = {}
    for side, table in (("events", EVENTS), ("outcomes", outcomes)):
        write_parquet(table, str(folder / side / "Split-all" / "part-0.parquet"))
        inputs[side] = standard_artifacts.Examples()
        inputs[side].uri = str(folder / side)
        payload.describe_examples(inputs[side], split_names=["all"], span=3)
    outputs = {"examples": standard_artifacts.Examples(), "unlabeled": Unlabeled(), "unused_outcomes": UnusedOutcomes()}
    for name, artifact in outputs.items():
        artifact.uri = str(folder / name)
    Executor().Do(
        {side: [artifact] for side, artifact in inputs.items()},
        {name: [artifact] for name, artifact in outputs.items()},
        {"spec": SPEC.to_json(), **properties},
    )
    return outputs


def test_an_unknown_payload_format_is_refused_when_declared() -> None:
    from tfx import types
    from tfx.types import standard_artifacts

    from headrace_components import LabelJoin

    examples = types.Channel(type=standard_artifacts.Examples)
    with pytest.raises(UsageError, match="FORMAT_PARQUET, FORMAT_TF_EXAMPLE, got 'FORMAT_AVRO'"):
        LabelJoin(examples, examples, SPEC, payload_format="FORMAT_AVRO")
    node = LabelJoin(examples, examples, SPEC, payload_format="FORMAT_TF_EXAMPLE")
    assert node.exec_properties["payload_format"] == "FORMAT_TF_EXAMPLE"


def test_alarms_stand_on_all_three_outputs(tmp_path: Path) -> None:
    nothing_matches = OUTCOMES.set_column(0, "key", pa.array(["x", "y"]))
    for artifact in run_node(tmp_path, nothing_matches).values():
        told = json.loads(artifact.get_string_custom_property("alarms_json"))
        assert [alarm["code"] for alarm in told] == ["ORPHANS", "COVERAGE", "COVERAGE"]
        assert artifact.get_int_custom_property("alarms") == 3


def test_no_alarm_is_told_as_none(tmp_path: Path) -> None:
    outputs = run_node(tmp_path, OUTCOMES)
    assert {a.get_string_custom_property("alarms_json") for a in outputs.values()} == {"[]"}
    assert outputs["examples"].get_string_custom_property("payload_format") == "FORMAT_PARQUET"


def test_labeled_examples_come_back_from_tf_records_as_from_parquet(tmp_path: Path) -> None:
    import tensorflow as tf
    from pyarrow import parquet

    outputs = run_node(tmp_path / "records", OUTCOMES, payload_format="FORMAT_TF_EXAMPLE")
    run_node(tmp_path / "parquet", OUTCOMES)
    assert outputs["examples"].get_string_custom_property("payload_format") == "FORMAT_TF_EXAMPLE"
    for split in ("train", "eval"):
        shards = sorted((tmp_path / "records" / "examples" / f"Split-{split}").iterdir())
        assert [path.name for path in shards] == [f"data_tfrecord-0000{n}-of-00002.gz" for n in range(2)]
        found = [
            row_of(tf.train.Example.FromString(record))
            for record in tf.data.TFRecordDataset(list(map(str, shards)), compression_type="GZIP").as_numpy_iterator()
        ]
        tables = sorted((tmp_path / "parquet" / "examples" / f"Split-{split}").iterdir())
        expected = [row for path in tables for row in from_features(parquet.read_table(path)).to_pylist()]
        assert found == expected
        assert found
    assert list((tmp_path / "records" / "unused_outcomes").glob("part-*.parquet"))
    assert list((tmp_path / "records" / "unlabeled").glob("part-*.parquet"))


def row_of(example: Any) -> dict[str, Any]:
    """The one value of each feature, text decoded; None where it has no value."""
    row = {}
    for name, feature in example.features.feature.items():
        values = [*feature.int64_list.value, *feature.float_list.value, *feature.bytes_list.value]
        (value,) = values or [None]
        row[name] = value.decode() if isinstance(value, bytes) else value
    return row
