"""Stats of several artifacts, of some splits, with a schema; and a ledger that counts what was read."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import UsageError
from headrace.examples.layout import write_parquet
from headrace.stats import StatsSpec

pytestmark = pytest.mark.tfx


@pytest.fixture
def artifacts(tmp_path):
    pytest.importorskip("tfx")
    return [examples(tmp_path, number, span=number + 3, rows=10 * number) for number in (1, 2)]


def examples(folder, number, *, span, rows):
    from tfx.types import artifact_utils, standard_artifacts

    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder / f"examples-{number}")
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    artifact.span = span
    artifact.set_string_custom_property("payload_format", "FORMAT_PARQUET")
    for split, count in (("train", rows), ("eval", rows // 2)):
        table = pa.table({"n": list(range(count)), "zip": [7 + n % 2 for n in range(count)]})
        write_parquet(table, str(Path(artifact.uri) / f"Split-{split}" / "data.parquet"))
    return artifact


def run(tmp_path, examples, spec=None, schema=None, **properties):
    from tfx.dsl.components.base import base_beam_executor
    from tfx.types import artifact_utils, standard_artifacts

    from headrace_components.stats.executor import Executor

    out = standard_artifacts.ExampleStatistics()
    out.uri = str(tmp_path / "statistics")
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[], tmp_dir=str(tmp_path / "tmp"), unique_id="stats"
    )
    inputs = {"examples": examples, **({"schema": [schema]} if schema else {})}
    Executor(context).Do(inputs, {"statistics": [out]}, {"spec": (spec or StatsSpec()).to_json(), **properties})
    return out, artifact_utils.decode_split_names(out.split_names)


def rows_of(statistics, split):
    from headrace.stats.tfdv.files import read_statistics as read

    (dataset,) = read(f"{statistics.uri}/Split-{split}/FeatureStats.pb").datasets
    return dataset.num_examples


def test_several_artifacts_are_one_set_of_rows(artifacts, tmp_path):
    statistics, splits = run(tmp_path, artifacts)
    assert splits == ["train", "eval"]
    assert [rows_of(statistics, split) for split in splits] == [30, 15]
    assert statistics.span == 5
    ledger = json.loads(statistics.get_string_custom_property("ledger"))["rows"]
    assert ledger == {"subject": "rows", "total": 45, "parts": {"measured": 45, "sampled_out": 0}}


def test_with_each_an_artifact_has_statistics_of_its_own_named_by_its_span(artifacts, tmp_path):
    statistics, splits = run(tmp_path, artifacts, each=1)
    assert splits == ["train-span-4", "eval-span-4", "train-span-5", "eval-span-5"]
    assert [rows_of(statistics, split) for split in splits] == [10, 5, 20, 10]


def test_artifacts_of_equal_spans_are_numbered_in_their_order(artifacts, tmp_path):
    for artifact in artifacts:
        artifact.span = 3
    _, splits = run(tmp_path, artifacts, each="1", union="all")
    assert splits == ["all-1", "all-2"]


def test_splits_can_be_left_out_but_not_all(artifacts, tmp_path):
    _, splits = run(tmp_path, artifacts, exclude_splits='["eval"]')
    assert splits == ["train"]
    with pytest.raises(UsageError, match="leaves no split"):
        run(tmp_path, artifacts, exclude_splits='["eval", "train"]')


def test_a_schema_declares_integers_as_categories(artifacts, tmp_path):
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx.types import standard_artifacts
    from tfx.utils import io_utils

    from headrace.stats.tfdv.files import read_statistics as read

    schema = standard_artifacts.Schema()
    schema.uri = str(tmp_path / "schema")
    message = schema_pb2.Schema()
    message.feature.add(name="zip", type=schema_pb2.INT).int_domain.is_categorical = True
    io_utils.write_pbtxt_file(f"{schema.uri}/schema.pbtxt", message)
    statistics, _ = run(tmp_path, artifacts, schema=schema)
    found = read(f"{statistics.uri}/Split-train/FeatureStats.pb").datasets[0].features
    assert {f.path.step[0]: f.string_stats.unique for f in found} == {"n": 0, "zip": 2}


def test_columns_that_are_known_to_be_identifiers_are_counted_and_not_listed_whole(artifacts, tmp_path):
    from headrace.values import declared
    from headrace_components import payload
    from headrace_components.stats.executor import with_identifiers

    payload.describe_types(artifacts[0], {"n": declared("identifier"), "zip": declared("text")})
    statistics, _ = run(tmp_path, artifacts)
    assert payload.types_of(statistics) == payload.types_of(artifacts[0])
    spec = with_identifiers(StatsSpec(identifiers=("id",), exclude=("gone",)), payload.types_of(statistics))
    assert spec.identifiers == ("id", "n")
    assert with_identifiers(StatsSpec(exclude=("n",)), payload.types_of(statistics)).identifiers == ()


def test_a_sample_is_a_part_of_the_ledger(artifacts, tmp_path):
    statistics, _ = run(tmp_path, artifacts, spec=StatsSpec(sample_rate=0.5))
    ledger = json.loads(statistics.get_string_custom_property("ledger"))["rows"]
    assert ledger["total"] == 45
    assert 0 < ledger["parts"]["sampled_out"] < 45


def test_the_component_takes_what_the_executor_reads():
    from tfx.types import channel, standard_artifacts

    from headrace_components import Stats

    examples, schema = (channel.Channel(type=kind) for kind in (standard_artifacts.Examples, standard_artifacts.Schema))
    node = Stats(examples, StatsSpec(label="y"), schema=schema, each=True, exclude_splits=["eval"])
    assert node.exec_properties["each"] == 1
    assert json.loads(node.exec_properties["exclude_splits"]) == ["eval"]
    assert StatsSpec.from_json(node.exec_properties["spec"]).label == "y"
