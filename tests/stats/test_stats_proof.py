"""Stock TFX from CSV on, and ours on the very rows that it made: equal statistics; and stock tools that read ours."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pytest
from stats_data import DATA, generated

from headrace.examples.layout import from_features, write_parquet
from headrace.stats import Slice, StatsSpec, write_statistics

pytestmark = pytest.mark.tfx

QUANTILE_ERROR = 0.01
"""TFDV's own bound (`StatsOptions.epsilon`): a quantile's rank is off by at most this share of the values."""


def artifact(kind, uri, splits=("train", "eval")):
    from tfx.types import artifact_utils, standard_artifacts

    made = getattr(standard_artifacts, kind)()
    made.uri = str(uri)
    Path(uri).mkdir(parents=True, exist_ok=True)
    if kind in ("Examples", "ExampleStatistics"):
        made.split_names = artifact_utils.encode_split_names(list(splits))
    return made


def context(tmp_path):
    from tfx.dsl.components.base import base_beam_executor

    return base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=["--runner=FnApiRunner"], tmp_dir=str(tmp_path / "tmp"), unique_id="proof"
    )


def csv_of(name, folder):
    folder.mkdir()
    if name == "generated":
        # Without what CSV can't say (lists, bytes that are no text, a column of nothing): see test_stats_tfdv.
        table = from_features(generated(2000).drop(["tags", "raw", "never"]))
        with open(folder / "data.csv", "wb") as file:
            # Arrow would quote the header, and stock takes the quotes for a part of the names.
            file.write(",".join(table.column_names).encode() + b"\n")
            pcsv.write_csv(table, file, pcsv.WriteOptions(include_header=False))
    elif not (DATA / name).exists():
        pytest.skip(f"the real data are not here: {DATA / name}")
    else:
        (folder / "data.csv").write_bytes((DATA / name).read_bytes())
    return folder


REAL = ["taxi/data.csv", "boston/2010.csv", "boston/2011.csv", "boston/2012.csv"]


@pytest.fixture(scope="module", params=[*REAL, "generated"])
def sides(request, tmp_path_factory):
    """Stock examples and statistics of a CSV file; and ours of these examples, from tf.Example and from Parquet."""
    from tfx.components.statistics_gen.executor import Executor as StatisticsGen

    from headrace.stats.reading.columns import ReadCounts
    from headrace.stats.reading.parts import Part
    from headrace.stats.tfdv.files import read_examples

    root = tmp_path_factory.mktemp("proof")
    examples, statistics = artifact("Examples", root / "examples"), artifact("ExampleStatistics", root / "stock")
    ingest(csv_of(request.param, root / "csv"), examples, root)
    StatisticsGen(context(root)).Do({"examples": [examples]}, {"statistics": [statistics]}, {})

    tables, ours = {}, {}
    for split in ("train", "eval"):
        (shard,) = map(str, (root / "examples" / f"Split-{split}").iterdir())
        part = Part(split=split, index=0, path=shard, file=0, row_groups=())
        batches = [rows.batch for rows in read_examples(part, StatsSpec(), ReadCounts())]
        tables[split] = plain(pa.Table.from_batches(batches))
        write_parquet(tables[split], str(root / f"{split}.parquet"))
        ours[split] = {"tf_example": [shard], "parquet": [str(root / f"{split}.parquet")]}
    # Only the buckets of quantiles are as few as stock's, so that they can be laid side by side.
    spec = StatsSpec(quantile_buckets=10)
    for payload in ("tf_example", "parquet"):
        write_statistics({split: ours[split][payload] for split in ours}, str(root / payload), spec)
    return root, tables


def ingest(folder, examples, root):
    from tfx.components.example_gen import utils
    from tfx.components.example_gen.csv_example_gen.executor import Executor as CsvExampleGen
    from tfx.proto import example_gen_pb2
    from tfx.utils import proto_utils

    config = utils.make_default_input_config("data.csv")
    CsvExampleGen(context(root)).Do(
        {},
        {"examples": [examples]},
        {
            "input_base": str(folder),
            "input_config": proto_utils.proto_to_json(config),
            "output_config": proto_utils.proto_to_json(utils.make_default_output_config(config)),
            "output_data_format": example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE,
        },
    )


def plain(table):
    """The decoder's large lists as the lists that we write; without features that no row has, which have no type."""
    table = table.select([field.name for field in table.schema if not pa.types.is_null(field.type)])
    kinds = [pa.binary() if is_text(field.type) else field.type.value_type for field in table.schema]
    return table.cast(pa.schema([(name, pa.list_(kind)) for name, kind in zip(table.column_names, kinds, strict=True)]))


def is_text(kind):
    return pa.types.is_large_binary(kind.value_type) or pa.types.is_binary(kind.value_type)


def features(root, side, split):
    import tensorflow_data_validation as tfdv

    (dataset,) = tfdv.load_stats_binary(f"{root}/{side}/Split-{split}/FeatureStats.pb").datasets
    return dataset.num_examples, {feature.path.step[0]: feature for feature in dataset.features}


@pytest.mark.parametrize("payload", ["tf_example", "parquet"])
@pytest.mark.parametrize("split", ["train", "eval"])
def test_ours_are_those_of_stock(sides, payload, split):
    root, tables = sides
    rows, expected = features(root, "stock", split)
    found_rows, found = features(root, payload, split)
    assert found_rows == rows == tables[split].num_rows
    empty = {name for name, feature in expected.items() if name not in tables[split].column_names}
    assert found.keys() | empty == expected.keys() | (found.keys() & empty)
    for name in tables[split].column_names:
        ours, theirs = found[name], expected[name]
        assert ours.type == theirs.type, name
        assert_same_values(ours.string_stats, theirs.string_stats, name)
        mine, stock = ours.num_stats, theirs.num_stats
        assert mine.common_stats == stock.common_stats, name
        assert (mine.min, mine.max, mine.num_zeros) == (stock.min, stock.max, stock.num_zeros), name
        assert mine.mean == pytest.approx(stock.mean, rel=1e-9), name
        assert mine.std_dev == pytest.approx(stock.std_dev, rel=1e-9), name
        if ours.HasField("num_stats"):
            values = np.sort(
                tables[split][name].combine_chunks().flatten().to_numpy(zero_copy_only=False).astype(float)
            )
            for side in (mine, stock):
                assert_quantiles(side, values[~np.isnan(values)])


def assert_same_values(ours, theirs, name):
    # Stock lists 1,000 values, whatever there are; ours lists all of them, in the same order.
    ranks = len(theirs.rank_histogram.buckets)
    assert ranks == min(1_000, len(ours.rank_histogram.buckets)), name
    assert len(ours.rank_histogram.buckets) == ours.unique, name
    if ours.unique > ranks:  # deleting nothing would set the field
        del ours.rank_histogram.buckets[ranks:]
    assert ours == theirs, name


def assert_quantiles(stats, values):
    histograms = [each for each in stats.histograms if each.type == each.QUANTILES]
    assert len(histograms) == bool(len(values))
    if not len(values):
        return
    (histogram,) = histograms
    below, upto = 0.0, {}
    for bucket in histogram.buckets:
        below += bucket.sample_count
        upto[bucket.high_value] = below
    assert below == pytest.approx(len(values))
    for value, rank in upto.items():
        assert abs(rank - np.searchsorted(values, value, side="right")) <= QUANTILE_ERROR * len(values) + 1e-6


def test_stock_tools_read_ours(sides, tmp_path, monkeypatch):
    import tensorflow_data_validation as tfdv
    from tensorflow_metadata.proto.v0 import anomalies_pb2
    from tfx.components.distribution_validator.executor import Executor as DistributionValidator
    from tfx.components.example_validator.executor import Executor as ExampleValidator
    from tfx.components.schema_gen.executor import Executor as SchemaGen
    from tfx.proto import distribution_validator_pb2

    root, tables = sides
    ours = artifact("ExampleStatistics", root / "parquet")
    schema = artifact("Schema", tmp_path / "schema")
    SchemaGen().Do({"statistics": [ours]}, {"schema": [schema]}, {"infer_feature_shape": 1})
    inferred = tfdv.load_schema_text(str(tmp_path / "schema" / "schema.pbtxt"))
    assert {feature.name for feature in inferred.feature} == set(tables["train"].column_names) | set(
        tables["eval"].column_names
    )

    found = artifact("ExampleAnomalies", tmp_path / "anomalies")
    ExampleValidator().Do({"statistics": [ours], "schema": [schema]}, {"anomalies": [found]}, {})
    for split in ("train", "eval"):
        written = (tmp_path / "anomalies" / f"Split-{split}" / "SchemaDiff.pb").read_bytes()
        assert not anomalies_pb2.Anomalies.FromString(written).anomaly_info

    name = next(name for name in tables["train"].column_names if tables["train"][name].null_count == 0)
    config = distribution_validator_pb2.DistributionValidatorConfig()
    feature = config.default_slice_config.feature.add()
    feature.path.step.append(name)
    feature.distribution_comparator.jensen_shannon_divergence.threshold = 1e-6
    drift = artifact("ExampleAnomalies", tmp_path / "drift")
    DistributionValidator().Do(
        {"statistics": [ours], "baseline_statistics": [ours]},
        {"anomalies": [drift]},
        {"distribution_validator_config": config, "include_split_pairs": '[["train", "eval"]]'},
    )
    (written,) = list((tmp_path / "drift").rglob("SchemaDiff.pb"))
    compared = anomalies_pb2.Anomalies.FromString(written.read_bytes())
    assert [info.path.step[0] for info in compared.drift_skew_info] == [name]

    statistics = tfdv.load_stats_binary(f"{root}/parquet/Split-train/FeatureStats.pb")
    # What a notebook would show.
    shown = []
    monkeypatch.setattr(tfdv.utils.display_util, "display", shown.append)
    tfdv.visualize_statistics(statistics)
    assert "facets-overview" in shown[0].data


def test_stock_tools_read_ours_with_slices(sides, tmp_path):
    import tensorflow_data_validation as tfdv

    root, tables = sides
    name = next(
        name
        for name, column in zip(tables["train"].column_names, tables["train"].columns, strict=True)
        if is_text(column.type) and len(column.combine_chunks().flatten().unique()) < 500
    )
    # From tf.Example a missing text comes as a list of nothing; for a condition both are NULL.
    spec = StatsSpec(slices=(name, Slice(name="some", where=f'"{name}" IS NOT NULL')))
    write_statistics({"train": [str(root / "train.parquet")]}, str(tmp_path), spec)
    statistics = tfdv.load_stats_binary(str(tmp_path / "Split-train" / "FeatureStats.pb"))
    assert tfdv.infer_schema(statistics).feature
    part = tfdv.get_slice_stats(statistics, "some")
    assert part.datasets[0].num_examples == sum(bool(values) for values in tables["train"][name].to_pylist())
