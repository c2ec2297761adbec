"""Stock TFX components read what ours write, in one pipeline, with no setting."""

import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.tfx

ROWS = 600
CODE = "stock_training"


@pytest.fixture(scope="module", params=["FORMAT_PARQUET", "FORMAT_TF_EXAMPLE"])
def ran(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    """A pipeline of ours and stock components over both payloads: what each node gave."""
    from tfx.components import ExampleValidator, SchemaGen, StatisticsGen, Trainer, Transform
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace_components import Ingest, SchemaCurator, Stats
    from headrace_pipelines import local

    root = tmp_path_factory.mktemp("stock")
    lines = [
        json.dumps({"id": f"r{n}", "pace": 5 + n % 7 / 2, "city": ["Oslo", "Ürümqi"][n % 2], "age": n % 60 or None})
        for n in range(ROWS)
    ]
    (root / "rides.jsonl").write_text("\n".join(lines))
    record = RecordSpec(
        fields=(
            Field(name="id", required=True),
            Field(name="pace", kind="float"),
            Field(name="city", kind="category"),
            Field(name="age", kind="integer"),
        )
    )
    sources = (Source(name="rides", pattern=str(root / "rides.jsonl")),)
    ingest = Ingest(IngestSpec(sources=sources, record=record), span=4, payload_format=request.param)
    stock_stats = StatisticsGen(ingest.outputs["examples"])
    stats = Stats(ingest.outputs["examples"])
    curator = SchemaCurator(stats.outputs["statistics"])
    judge = ExampleValidator(stats.outputs["statistics"], curator.outputs["schema"])
    schema = curator.outputs["schema"]
    components = [ingest, stock_stats, SchemaGen(stock_stats.outputs["statistics"]), stats, curator, judge]
    if request.param == "FORMAT_TF_EXAMPLE":  # tfx-bsl gives Transform Parquet's lists where it expects large lists
        transform = Transform(ingest.outputs["examples"], schema, preprocessing_fn=f"{CODE}.preprocessing_fn")
        trainer = Trainer(
            run_fn=f"{CODE}.run_fn",
            examples=transform.outputs["transformed_examples"],
            transform_graph=transform.outputs["transform_graph"],
        )
        straight = Trainer(run_fn=f"{CODE}.run_fn", examples=ingest.outputs["examples"], schema=schema)
        components += [transform, trainer, straight.with_id("Straight")]
    pipeline = tfx_pipeline.Pipeline(
        pipeline_name="mixed",
        pipeline_root=str(root / "artifacts"),
        components=components,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite")),
    )
    return {run.node: run for run in local.run(pipeline)}


def examples_counted(uri: str) -> int:
    import tensorflow_data_validation as tfdv

    return sum(
        tfdv.load_stats_binary(f"{uri}/Split-{split}/FeatureStats.pb").datasets[0].num_examples
        for split in ("train", "eval")
    )


def test_stock_statistics_gen_counts_every_accepted_row(ran) -> None:
    assert ran["Ingest"].ledgers["rows"]["accepted"] == ROWS
    assert examples_counted(ran["StatisticsGen"].outputs["statistics"].uri) == ROWS


def test_stock_schema_gen_infers_the_types_that_were_declared(ran) -> None:
    from headrace.schema.protos import read_schema

    schema = read_schema(f"{ran['SchemaGen'].outputs['schema'].uri}/schema.pbtxt")
    types = {feature.name: feature.type for feature in schema.feature}
    assert types == {"id": 1, "pace": 3, "city": 1, "age": 2}  # BYTES, FLOAT, BYTES, INT


def test_stock_example_validator_takes_our_statistics_and_our_schema(ran) -> None:
    from tensorflow_metadata.proto.v0 import anomalies_pb2

    assert examples_counted(ran["Stats"].outputs["statistics"].uri) == ROWS
    for split in ("train", "eval"):
        written = Path(ran["ExampleValidator"].outputs["anomalies"].uri, f"Split-{split}", "SchemaDiff.pb").read_bytes()
        assert not anomalies_pb2.Anomalies.FromString(written).anomaly_info


def rows_trained_on(ran, node: str) -> int:
    return sum(int(Path(ran[node].outputs["model_run"].uri, split).read_text()) for split in ("train", "eval"))


def test_stock_trainer_trains_on_what_stock_transform_made_of_our_examples(ran) -> None:
    if "Trainer" not in ran:
        pytest.skip("stock Transform does not read Parquet of lists")
    assert rows_trained_on(ran, "Trainer") == ROWS
    assert Path(ran["Trainer"].outputs["model"].uri, "Format-Serving", "saved_model.pb").exists()


def test_stock_trainer_trains_on_our_tf_examples_as_they_are(ran) -> None:
    if "Straight" not in ran:
        pytest.skip("tfx-bsl makes no tf.data.Dataset of Parquet")
    assert rows_trained_on(ran, "Straight") == ROWS
