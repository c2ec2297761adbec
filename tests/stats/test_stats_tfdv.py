"""Our statistics against TFDV's own, made as stock StatisticsGen makes them: from tf.Example, in small batches."""

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stats_data import generated, real

from headrace.errors import DataError
from headrace.stats import StatsSpec

pytestmark = pytest.mark.tfx

DEFAULTS = StatsSpec(quantile_buckets=10)  # In all else TFDV's defaults, so that its histograms are ours.


@pytest.fixture(scope="session")
def ours():
    pytest.importorskip("tensorflow_data_validation")
    from headrace.stats import tfdv

    return tfdv


@pytest.fixture(scope="session")
def stock(ours, tmp_path_factory):
    import apache_beam as beam
    import tensorflow_data_validation as tfdv
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder, RecordBatchToExamples

    def statistics(table: pa.Table, options, rows: int = 1000):
        decoder = ExamplesToRecordBatchDecoder()
        batches = [
            decoder.DecodeBatch(RecordBatchToExamples(batch)) for batch in table.combine_chunks().to_batches(rows)
        ]
        path = str(tmp_path_factory.mktemp("stock") / "FeatureStats.pb")
        with beam.Pipeline(runner="FnApiRunner") as pipeline:
            _ = (
                pipeline
                | beam.Create(batches, reshuffle=False)
                | tfdv.GenerateStatistics(options)
                | tfdv.WriteStatisticsToBinaryFile(path)
            )
        return tfdv.load_stats_binary(path)

    return statistics


def features(statistics, dataset=0):
    return {feature.path.step[0]: feature for feature in statistics.datasets[dataset].features}


def histogram(stats, kind):
    return next((h for h in stats.histograms if h.type == kind), None)


def common(feature):
    return (feature.string_stats if feature.HasField("string_stats") else feature.num_stats).common_stats


def assert_same(found, expected, *, rows, quantile_error=0.01):
    """Counts, values, smallest and largest are equal; mean and deviation nearly; quantiles within TFDV's bound."""
    assert found.datasets[0].num_examples == expected.datasets[0].num_examples
    found, expected = features(found), features(expected)
    assert found.keys() == expected.keys()
    for name, feature in found.items():
        other = expected[name]
        if not common(other).num_non_missing:
            # tf.Example has no type where there is no value; ours has the type of the column.
            assert common(feature).num_missing == common(other).num_missing
            continue
        assert feature.type == other.type, name
        assert feature.string_stats == other.string_stats, name
        ours, theirs = feature.num_stats, other.num_stats
        assert ours.common_stats == theirs.common_stats, name
        assert (ours.min, ours.max, ours.num_zeros) == (theirs.min, theirs.max, theirs.num_zeros), name
        assert ours.mean == pytest.approx(theirs.mean, rel=1e-9), name
        assert ours.std_dev == pytest.approx(theirs.std_dev, rel=1e-9), name
        assert [h.num_nan for h in ours.histograms] == [h.num_nan for h in theirs.histograms], name
        for kind in (0, 1):
            mine, stock = histogram(ours, kind), histogram(theirs, kind)
            if mine is not None and mine.buckets:
                assert len(mine.buckets) == len(stock.buckets)
                total = sum(bucket.sample_count for bucket in stock.buckets)
                assert sum(bucket.sample_count for bucket in mine.buckets) == pytest.approx(total)
                for a, b in zip(mine.buckets, stock.buckets, strict=True):
                    assert abs(a.sample_count - b.sample_count) <= 2 * quantile_error * rows


def test_statistics_are_those_of_stock_tfdv_on_generated_rows(ours, stock):
    table = generated()
    options = ours.options(DEFAULTS)
    found = ours.statistics(table.to_batches(), DEFAULTS)
    assert_same(found, stock(table, options), rows=table.num_rows)
    # One batch on both sides: the sketches of quantiles are the same, and so must be what is drawn from them.
    for name, feature in features(stock(table, options, rows=table.num_rows)).items():
        mine = features(found)[name].num_stats
        if name == "never":
            continue
        assert mine.median == feature.num_stats.median
        for a, b in zip(mine.histograms, feature.num_stats.histograms, strict=True):
            assert [(x.low_value, x.high_value) for x in a.buckets] == [(x.low_value, x.high_value) for x in b.buckets]
            assert [x.sample_count for x in a.buckets] == pytest.approx([x.sample_count for x in b.buckets])


@pytest.mark.parametrize("name", ["taxi/data.csv", "boston/2011.csv"])
def test_statistics_are_those_of_stock_tfdv_on_real_rows(ours, stock, name):
    table = real(name).slice(0, 5000)
    spec = StatsSpec(quantile_buckets=10)
    assert_same(ours.statistics(table.to_batches(), spec), stock(table, ours.options(spec)), rows=table.num_rows)


def test_values_beyond_what_tfdv_lists_are_counted_exactly(ours):
    # 5,000 values, most of them twice: a sketch of 1,024 values miscounts, 1,000 of a histogram leave most out.
    table = pa.table({"route": [[str(i % 5000).encode()] for i in range(9000)]})
    route = features(ours.statistics(table.to_batches(), StatsSpec()))["route"].string_stats
    assert route.unique == 5000
    assert len(route.rank_histogram.buckets) == 5000
    assert sum(bucket.sample_count for bucket in route.rank_histogram.buckets) == 9000
    assert {bucket.sample_count for bucket in route.rank_histogram.buckets} == {1, 2}


def test_identifiers_are_counted_but_not_listed_whole(ours):
    table = pa.table({"id": [[str(i).encode()] for i in range(3000)]})
    found = features(ours.statistics(table.to_batches(), StatsSpec(identifiers=("id",))))["id"].string_stats
    assert (found.unique, len(found.rank_histogram.buckets)) == (3000, 1000)


def test_quantiles_are_a_distribution_function_within_the_stated_error(ours):
    table = generated(20_000)
    spec = StatsSpec()
    pace = features(ours.statistics(table.to_batches(), spec))["pace"].num_stats
    values = sorted(v for row in table["pace"].to_pylist() for v in row or [] if v == v)
    buckets = histogram(pace, 1).buckets
    assert len(buckets) == spec.quantile_buckets
    below = 0.0
    for bucket in buckets:
        below += bucket.sample_count
        rank = sum(1 for v in values if v <= bucket.high_value)
        assert abs(rank - below) <= spec.quantile_error * len(values)


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 600), max_size=5))
def test_partials_merge_into_statistics_of_the_whole_wherever_rows_are_cut(ours, cuts):
    table, spec = generated(600), StatsSpec(quantile_buckets=10)
    bounds = [0, *sorted(cuts), 600]
    partials = [
        ours.partial_of(table.slice(low, high - low).to_batches(), spec)
        for low, high in itertools.pairwise(bounds)
        if low < high
    ]
    merged = ours.extract(ours.merge(partials, spec), spec)
    assert_same(merged, ours.statistics(table.to_batches(), spec), rows=600)


def test_merging_is_associative(ours):
    spec = StatsSpec()
    a, b, c = (generated(400, seed) for seed in range(3))

    def partial(*tables):
        return ours.partial_of((batch for table in tables for batch in table.to_batches()), spec)

    left = ours.merge([ours.merge([partial(a), partial(b)], spec), partial(c)], spec)
    right = ours.merge([partial(a), ours.merge([partial(b), partial(c)], spec)], spec)
    assert_same(ours.extract(left, spec), ours.extract(right, spec), rows=1200)


def test_slices_are_named_as_tfdv_names_them_and_add_up_to_the_whole(ours):
    table, spec = generated(), StatsSpec(slices=("city", "hour"))
    found = ours.statistics(table.to_batches(1000), spec)
    named = {dataset.name: dataset for dataset in found.datasets}
    assert next(iter(named)) == "All Examples"
    assert {"city_Köln", "city_東京", "hour_0", "hour_23"} <= named.keys()
    for feature in spec.slices:
        slices = [dataset for name, dataset in named.items() if name.startswith(f"{feature}_")]
        present = sum(1 for row in table[feature].to_pylist() if row)
        assert sum(dataset.num_examples for dataset in slices) == present


def test_slices_are_those_of_tfdv(ours, stock):
    from tensorflow_data_validation.utils.slicing_util import get_feature_value_slicer

    table = generated(900).select(["city", "hour", "pace", "tags"])
    options = ours.options(DEFAULTS)
    options.experimental_slice_functions = [
        get_feature_value_slicer({"city": None}),
        get_feature_value_slicer({"tags": None}),
    ]
    expected = stock(table, options, rows=300)
    found = ours.statistics(table.to_batches(300), StatsSpec(quantile_buckets=10, slices=("city", "tags")))
    by_name = {dataset.name: dataset for dataset in expected.datasets}
    assert {dataset.name for dataset in found.datasets} == by_name.keys()
    for dataset in found.datasets:
        pair = [type(expected)(datasets=[one]) for one in (dataset, by_name[dataset.name])]
        assert_same(*pair, rows=dataset.num_examples)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_infinities_are_drawn_by_tfdvs_rules(ours, stock):
    values = [float("inf"), float("-inf"), 1.0, 2.0, 3.0, 4.0, float("inf")]
    table = pa.table({"x": pa.array([[v] for v in values], pa.list_(pa.float32()))})
    expected = features(stock(table, ours.options(DEFAULTS)))["x"]
    found = features(ours.statistics(table.to_batches(), DEFAULTS))["x"]
    # As bytes, since the mean is no number and so not equal to itself.
    assert found.SerializeToString() == expected.SerializeToString()


def test_no_rows_make_statistics_of_no_rows(ours):
    assert ours.statistics([], StatsSpec()).datasets[0].num_examples == 0


def test_excluded_features_have_no_statistics(ours):
    found = ours.statistics(generated(50).to_batches(), StatsSpec(exclude=("id", "raw")))
    assert features(found).keys() == {"city", "tags", "hour", "pace", "never"}


def test_the_limit_of_slices_holds_for_all_batches_and_partials_together(ours, monkeypatch):
    monkeypatch.setattr("headrace.stats.slices.MAX_SLICES", 5)
    spec = StatsSpec(slices=("n", "n_x"))

    def batch(*numbers):
        columns = {"n": [[n] for n in numbers], "n_x": [[n] for n in numbers]}
        (made,) = pa.table(columns).to_batches()
        return made

    # Five slices of each of two features are allowed, though the names of both start alike.
    allowed = ours.partial_of([batch(1, 2, 3), batch(3, 4, 5)], spec)
    assert len(ours.extract(ours.merge([allowed], spec), spec).datasets) == 11
    with pytest.raises(DataError, match=r"slice by 'n': 6 values.*at most 5"):
        ours.partial_of([batch(1, 2, 3), batch(4, 5, 6)], spec)
    with pytest.raises(DataError, match=r"slice by 'n': 6 values.*at most 5"):
        ours.merge([ours.partial_of([batch(1, 2, 3)], spec), ours.partial_of([batch(4, 5, 6)], spec)], spec)
