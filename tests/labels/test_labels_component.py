"""The LabelJoin node: what it declares, and what its artifacts tell when it ran."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.errors import UsageError
from headrace.examples.layout import from_features, write_parquet
from headrace.labels import Label, LabelSpec, OutcomeSource

pytestmark = pytest.mark.tfx

SPEC = LabelSpec(
    keys=("key",),
    event_time="shown",
    outcome_time="done",
    labels=(Label(name="label", value="value", window=(0, 60)), Label(name="why", value="why", absence="missing")),
    as_of="1970-01-03T00:00:00Z",
    times={"shown": "epoch_us", "done": "epoch_us"},
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


def test_labels_stand_on_the_examples_as_properties(tmp_path: Path) -> None:
    examples = run_node(tmp_path, OUTCOMES)["examples"]
    assert examples.get_float_custom_property("label.label.coverage") == pytest.approx(2 / 9)
    told = json.loads(examples.get_string_custom_property("labels_json"))
    assert told == json.loads((tmp_path / "examples" / "ledger.json").read_text())["labels"]
    assert told["label"]["balance"] == {"0": 8, "1": 1}
    assert told["label"]["delay_s"] == {"0": 2}


def test_parameters_replace_the_moments_of_the_spec(tmp_path: Path) -> None:
    early = run_node(tmp_path / "early", OUTCOMES, as_of="1970-01-01T00:10:00Z")["examples"]
    assert early.get_int_custom_property("events.immature") == 9
    again = run_node(tmp_path / "again", OUTCOMES, matured_after="1970-01-02T00:00:00Z")["examples"]
    assert again.get_int_custom_property("events.excluded") == 9


SEVERAL = LabelSpec(
    keys=("key",),
    event_time="shown",
    sources=(
        OutcomeSource(name="answers", outcome_time="done", outcome_id="nr"),
        OutcomeSource(name="runs", outcome_time="ended", keys={"key": "suggestion"}),
    ),
    labels=(
        Label(name="accepted", source="answers", value="yes"),
        Label(name="km_run", source="runs", value="km", pick="sum"),
    ),
    as_of="1970-01-03T00:00:00Z",
    times=dict.fromkeys(("shown", "done", "ended"), "epoch_us"),
    buckets=2,
)
FILES = {
    "events-1": "key,shown\na,0\nb,0\n",
    "events-2": "key,shown\nc,60000000\n",
    "answers": "key,done,yes,nr\na,1000000,1,1\na,2000000,0,1\nc,70000000,1,2\n",
    "runs": "suggestion,ended,km\na,5000000,2.5\na,6000000,3.5\nx,6000000,9.5\n",
}


def several(folder: Path) -> list[Any]:
    """Nodes that read the files above, two spans of events among them, and the join of all."""
    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace_components import Ingest, LabelJoin

    kinds = {"km": "float", "key": "text", "suggestion": "text"}
    nodes = {}
    for number, (name, text) in enumerate(FILES.items()):
        (folder / f"{name}.csv").write_text(text)
        columns = text.split("\n")[0].split(",")
        fields = tuple(Field(name=column, kind=kinds.get(column, "integer"), required=True) for column in columns)
        source = Source(name="files", pattern=str(folder / f"{name}.csv"))
        ingest = IngestSpec(sources=(source,), record=RecordSpec(fields=fields), splits={"all": 1})
        nodes[name] = Ingest(ingest, span=number + 1).with_id(name)
    out = {name: node.outputs["examples"] for name, node in nodes.items()}
    outcomes = {name: out[name] for name in ("answers", "runs")}
    return [*nodes.values(), LabelJoin([out["events-1"], out["events-2"]], outcomes, SEVERAL)]


def test_events_of_several_spans_and_outcomes_of_several_sources_are_joined_in_one_node(tmp_path: Path) -> None:
    from pyarrow import parquet
    from tfx.orchestration import metadata, pipeline

    from headrace_pipelines import local

    nodes = several(tmp_path)
    assert set(nodes[-1].inputs) == {"events", "events__2", "outcomes_answers", "outcomes_runs"}
    ran = local.run(
        pipeline.Pipeline(
            pipeline_name="several",
            pipeline_root=str(tmp_path / "artifacts"),
            components=nodes,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
        )
    )
    ledgers = {name: str(book) for name, book in ran[-1].ledgers.items()}
    assert ledgers["events"] == "3 events = 3 labeled + 0 immature + 0 excluded"
    tail = "1 duplicate + 0 late + 0 held_back"
    assert ledgers["answers"] == f"3 answers = 2 used + 0 superseded + 0 orphan + {tail}"
    assert ledgers["runs"].startswith("3 runs = 2 used + 0 superseded + 1 orphan")
    examples = ran[-1].outputs["examples"]
    shards = Path(examples.uri).glob("Split-*/*.parquet")
    rows = [row for path in shards for row in from_features(parquet.read_table(path)).to_pylist()]
    assert sorted((row["key"], row["accepted"], row["km_run"]) for row in rows) == [
        ("a", 1, 6.0),
        ("b", 0, 0.0),
        ("c", 1, 0.0),
    ]


def test_kubeflow_pipelines_gets_each_channel_as_an_input_of_one_artifact(tmp_path: Path) -> None:
    pytest.importorskip("kfp.pipeline_spec", reason="kfp-pipeline-spec is not installed")
    from tfx.orchestration import pipeline
    from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner as runner

    config = runner.KubeflowV2DagRunnerConfig(use_pipeline_spec_2_1=True)
    compiled = pipeline.Pipeline("several", str(tmp_path / "root"), components=several(tmp_path))
    runner.KubeflowV2DagRunner(config, str(tmp_path), "several.yaml").run(compiled)
    text = (tmp_path / "several.yaml").read_text()
    for key in ("events", "events__2", "outcomes_answers", "outcomes_runs"):
        assert f"{key}:" in text


def test_sources_that_are_not_those_of_the_spec_are_refused_when_declared() -> None:
    from tfx import types
    from tfx.types import standard_artifacts

    from headrace_components import LabelJoin

    examples = types.Channel(type=standard_artifacts.Examples)
    with pytest.raises(UsageError, match="expected the outcomes of several sources by name: answers, runs"):
        LabelJoin(examples, examples, SEVERAL)
    with pytest.raises(UsageError, match="expected outcomes of answers, runs, got answers"):
        LabelJoin(examples, {"answers": examples}, SEVERAL)
    with pytest.raises(UsageError, match="events must be at least one channel, got none"):
        LabelJoin([], examples, SPEC)


def test_the_day_of_a_node_fills_the_places_of_its_spec_and_parameters() -> None:
    from headrace_components.label_join.executor import _spec

    daily = replace(SPEC, as_of="{DAY+3}T00:00:00Z")
    told = {"spec": daily.to_json(), "day": "2026-03-03"}
    assert _spec(told).as_of == "2026-03-06T00:00:00Z"
    assert _spec({**told, "as_of": "{DAY+4}T00:00:00Z"}).as_of == "2026-03-07T00:00:00Z"


def row_of(example: Any) -> dict[str, Any]:
    """The one value of each feature, text decoded; None where it has no value."""
    row = {}
    for name, feature in example.features.feature.items():
        values = [*feature.int64_list.value, *feature.float_list.value, *feature.bytes_list.value]
        (value,) = values or [None]
        row[name] = value.decode() if isinstance(value, bytes) else value
    return row
