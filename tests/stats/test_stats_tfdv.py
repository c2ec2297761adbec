"""Our statistics against TFDV's own, made as stock StatisticsGen makes them: from tf.Example, in small batches."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import stats_data
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st
from stats_data import generated, real, stock_statistics

from headrace.errors import DataError
from headrace.stats import Slice, StatsSpec
from headrace.stats.reading.keyed_rows import with_keys

statistics_pb2 = pytest.importorskip("tensorflow_metadata.proto.v0.statistics_pb2")
pytestmark = pytest.mark.tfx

DEFAULTS = StatsSpec(quantile_buckets=10)  # In all else TFDV's defaults, so that its histograms are ours.


@pytest.fixture(scope="session")
def ours():
    return stats_data.ours()


@pytest.fixture(scope="session")
def stock(ours, tmp_path_factory):
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder, RecordBatchToExamples

    def statistics(table: pa.Table, options, rows: int = 1000):
        decoder = ExamplesToRecordBatchDecoder()
        batches = [
            decoder.DecodeBatch(RecordBatchToExamples(batch)) for batch in table.combine_chunks().to_batches(rows)
        ]
        return stock_statistics(batches, options, tmp_path_factory.mktemp("stock") / "FeatureStats.pb")

    return statistics


def features(statistics, dataset=0):
    return {feature.path.step[0]: feature for feature in statistics.datasets[dataset].features}


def histogram(stats, kind):
    return next((h for h in stats.histograms if h.type == kind), None)


def common(feature):
    return (feature.string_stats if feature.HasField("string_stats") else feature.num_stats).common_stats


def assert_same(found, expected, *, table, quantile_error=0.01):
    """Counts, values, smallest and largest are equal; mean and deviation nearly; quantiles of both sides within TFDV's
    bound: what a histogram says to lie up to the end of a bucket is off by at most `quantile_error` of the values.
    """
    assert found.datasets[0].num_examples == expected.datasets[0].num_examples == table.num_rows
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
        assert ours.std_dev == pytest.approx(theirs.std_dev, rel=1e-9, abs=1e-12), name
        assert [h.num_nan for h in ours.histograms] == [h.num_nan for h in theirs.histograms], name
        assert [len(h.buckets) for h in ours.histograms] == [len(h.buckets) for h in theirs.histograms], name
        if feature.HasField("num_stats"):
            for side in (ours, theirs):
                assert_a_distribution_function(side, values_of(table, name), quantile_error)


def values_of(table, name):
    flat = table[name].combine_chunks().flatten() if table.num_rows else table[name]
    values = flat.to_numpy(zero_copy_only=False).astype(float)
    return np.sort(values[~np.isnan(values)])


def assert_a_distribution_function(stats, values, error):
    below = {}
    total = 0.0
    for bucket in histogram(stats, 1).buckets:
        total += bucket.sample_count
        below[bucket.high_value] = total
    assert total == pytest.approx(len(values))
    for value, rank in below.items():
        assert abs(rank - np.searchsorted(values, value, side="right")) <= error * len(values) + 1e-6
    median = np.searchsorted(values, stats.median, side="left"), np.searchsorted(values, stats.median, side="right")
    assert median[0] - error * len(values) - 1 <= len(values) / 2 <= median[1] + error * len(values) + 1


def test_statistics_are_those_of_stock_tfdv_on_generated_rows(ours, stock):
    table = generated()
    options = ours.options(DEFAULTS)
    found = ours.statistics(table.to_batches(), DEFAULTS)
    assert_same(found, stock(table, options), table=table)
    # One batch on both sides: the sketches of quantiles are the same, and so must be what is drawn from them.
    for name, feature in features(stock(table, options, rows=table.num_rows)).items():
        mine = features(found)[name].num_stats
        if name == "never":
            continue
        assert mine.median == feature.num_stats.median
        for a, b in zip(mine.histograms, feature.num_stats.histograms, strict=True):
            # With NumPy 2 stock computes edges in the precision of the values, here single; ours are in double.
            edges = [[edge for x in h.buckets for edge in (x.low_value, x.high_value)] for h in (a, b)]
            assert edges[0] == pytest.approx(edges[1], rel=1e-6, abs=1e-6)
            assert [x.sample_count for x in a.buckets] == pytest.approx([x.sample_count for x in b.buckets])


@pytest.mark.parametrize("name", ["taxi/data.csv", "boston/2011.csv"])
def test_statistics_are_those_of_stock_tfdv_on_real_rows(ours, stock, name):
    table = real(name).slice(0, 5000)
    spec = StatsSpec(quantile_buckets=10)
    assert_same(ours.statistics(table.to_batches(), spec), stock(table, ours.options(spec)), table=table)


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


def partials(ours, spec, *tables):
    context = ours.StatsContext(spec)
    rows = with_keys(batch for table in tables for batch in table.to_batches())
    return dict(ours.partials_of(rows, context))


def drawn(ours, spec, merged):
    context = ours.StatsContext(spec)
    result = statistics_pb2.DatasetFeatureStatisticsList()
    result.datasets.extend(ours.extract(key, merged[key], context) for key in sorted(merged))
    return result


def merged(ours, spec, parts):
    context = ours.StatsContext(spec)
    keys = dict.fromkeys(key for part in parts for key in part)
    return {key: ours.merge(key, [part[key] for part in parts if key in part], context) for key in keys}


@examples(0.6)
@given(cuts=st.lists(st.integers(0, 600), max_size=5))
def test_partials_merge_into_statistics_of_the_whole_wherever_rows_are_cut(ours, cuts):
    table, spec = generated(600), StatsSpec(quantile_buckets=10)
    bounds = [0, *sorted(cuts), 600]
    tables = [table.slice(low, high - low) for low, high in itertools.pairwise(bounds) if low < high]
    found = drawn(ours, spec, merged(ours, spec, [partials(ours, spec, each) for each in tables]))
    assert_same(found, ours.statistics(table.to_batches(), spec), table=table)


@examples(0.4)
@given(seeds=st.tuples(*[st.integers(0, 9)] * 3), rows=st.tuples(*[st.integers(1, 300)] * 3))
def test_merging_is_associative(ours, seeds, rows):
    spec = StatsSpec(slices=("city",), quantile_buckets=10, crosses=True, label="hour", weight="w")
    tables = [weighed(generated(*pair)) for pair in zip(rows, seeds, strict=True)]
    a, b, c = (lambda table=table: partials(ours, spec, table) for table in tables)
    left = merged(ours, spec, [merged(ours, spec, [a(), b()]), c()])
    right = merged(ours, spec, [a(), merged(ours, spec, [b(), c()])])
    left, right = drawn(ours, spec, left), drawn(ours, spec, right)
    assert [dataset.name for dataset in left.datasets] == [dataset.name for dataset in right.datasets]
    assert_same(left, right, table=pa.concat_tables(tables))
    for one, other in zip(left.datasets[0].cross_features, right.datasets[0].cross_features, strict=True):
        assert (one.path_x, one.path_y, one.count) == (other.path_x, other.path_y, other.count)
        covariances = [cross.num_cross_stats.covariance for cross in (one, other)]
        assert covariances[0] == pytest.approx(covariances[1], rel=1e-9, abs=1e-12)


@examples(0.4)
@given(seed=st.integers(0, 99), rows=st.integers(1, 400), batch=st.integers(1, 400))
def test_slices_add_up_to_the_whole(ours, seed, rows, batch):
    # A feature with one value in every row: every row is in one slice.
    table = weighed(generated(rows, seed))
    spec = StatsSpec(slices=("kind", Slice(by={"kind": None, "day": None})), weight="w")
    whole, *slices = ours.statistics(table.to_batches(batch), spec).datasets
    for part in (
        [each for each in slices if "day_" not in each.name],
        [each for each in slices if "day_" in each.name],
    ):
        assert sum(each.num_examples for each in part) == whole.num_examples
        assert sum(each.weighted_num_examples for each in part) == pytest.approx(whole.weighted_num_examples)
        for feature in whole.features:
            theirs = [f for each in part for f in each.features if f.path == feature.path]
            for count in ("num_non_missing", "num_missing", "tot_num_values"):
                assert sum(getattr(common(f), count) for f in theirs) == getattr(common(feature), count)
            for stats in [feature.num_stats] if feature.HasField("num_stats") else []:
                assert sum(f.num_stats.num_zeros for f in theirs) == stats.num_zeros
                present = [f.num_stats for f in theirs if f.num_stats.histograms and f.num_stats.histograms[0].buckets]
                if present:
                    assert (min(f.min for f in present), max(f.max for f in present)) == (stats.min, stats.max)
            counted = Counter()
            for f in theirs:
                for bucket in f.string_stats.rank_histogram.buckets:
                    counted[bucket.label] += bucket.sample_count
            expected = Counter()
            for bucket in feature.string_stats.rank_histogram.buckets:
                expected[bucket.label] += bucket.sample_count
            assert counted == expected


def weighed(table):
    draw = np.random.default_rng(len(table))
    columns = {
        "w": pa.array([[float(w)] for w in draw.random(table.num_rows)], pa.list_(pa.float32())),
        "kind": pa.array([[k] for k in draw.choice([b"a", b"b", b"c"], table.num_rows)], pa.list_(pa.binary())),
        "day": pa.array([[int(d)] for d in draw.integers(0, 2, table.num_rows)]),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


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
        feature, _, value = dataset.name.partition("_")
        inside = (
            [value.encode() in (row or []) for row in table[feature].to_pylist()]
            if feature in table.column_names
            else [True] * 900
        )
        assert_same(*pair, table=table.filter(pa.array(inside)))


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
    monkeypatch.setattr("headrace.stats.reading.slicing.MAX_SLICES", 5)
    spec = StatsSpec(slices=("n", "n_x"))

    def batch(*numbers):
        columns = {"n": [[n] for n in numbers], "n_x": [[n] for n in numbers]}
        (made,) = pa.table(columns).to_batches()
        return made

    def tried(*batches):
        return dict(ours.partials_of(with_keys(batches), ours.StatsContext(spec)))

    # Five slices of each of two features are allowed, though the names of both start alike.
    assert len(tried(batch(1, 2, 3), batch(3, 4, 5))) == 11
    with pytest.raises(DataError, match=r"slice by 'n': 6 values.*at most 5"):
        tried(batch(1, 2, 3), batch(4, 5, 6))
    with pytest.raises(DataError, match=r"slice by 'n': 6 values.*at most 5"):
        ours.refuse_many_slices({**tried(batch(1, 2, 3)), **tried(batch(4, 5, 6))})
