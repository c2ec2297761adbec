"""What can be set: each against TFDV with the same set, or against a planted truth."""

import numpy as np
import pyarrow as pa
import pytest
import stats_data
from stats_data import generated, stock_statistics

from headrace.errors import DataError
from headrace.stats import MutualInformation, Override, Slice, StatsSpec
from headrace.stats.reading.keyed_rows import with_keys
from headrace.stats.spec.stats_spec import RANK_HISTOGRAM_CUT

pytestmark = pytest.mark.tfx


@pytest.fixture(scope="session")
def ours():
    return stats_data.ours()


@pytest.fixture
def stock(tmp_path):
    def statistics(table, options):
        return stock_statistics(table.combine_chunks().to_batches(), options, tmp_path / "stock.pb")

    return statistics


def features(statistics, dataset=0):
    return {feature.path.step[0]: feature for feature in statistics.datasets[dataset].features}


def weighed(rows=800):
    draw = np.random.default_rng(1)
    table = generated(rows).select(["city", "hour", "pace", "tags"])
    weights = [pa.array([[float(w)] for w in draw.integers(0, 9, rows) / 4], pa.list_(pa.float32())) for _ in range(2)]
    return table.append_column("w", weights[0]).append_column("v", weights[1])


def test_weighted_statistics_are_those_of_stock(ours, stock):
    table = weighed()
    spec = StatsSpec(weight="w", overrides={"pace": Override(weight="v")}, quantile_buckets=10)
    found = ours.statistics(table.to_batches(), spec)
    expected = stock(table, ours.options(spec))
    assert found.datasets[0].weighted_num_examples == pytest.approx(expected.datasets[0].weighted_num_examples)
    mine, theirs = features(found), features(expected)
    for name in ("city", "tags"):
        assert mine[name].string_stats == theirs[name].string_stats
        assert mine[name].string_stats.weighted_string_stats.top_values
    for name in ("hour", "pace"):
        a, b = (each[name].num_stats.weighted_numeric_stats for each in (mine, theirs))
        assert (a.mean, a.std_dev, a.median) == pytest.approx((b.mean, b.std_dev, b.median), rel=1e-6)
        assert mine[name].num_stats.common_stats.weighted_common_stats.num_non_missing == pytest.approx(
            theirs[name].num_stats.common_stats.weighted_common_stats.num_non_missing
        )
        for h, g in zip(a.histograms, b.histograms, strict=True):
            assert [x.high_value for x in h.buckets] == pytest.approx([x.high_value for x in g.buckets])
            assert [x.sample_count for x in h.buckets] == pytest.approx([x.sample_count for x in g.buckets], rel=1e-5)


@pytest.mark.parametrize("batches", [[4], [1, 3], [1, 1, 1, 1]])
def test_weights_are_summed_in_double_precision(ours, batches):
    # In single precision 2**24 + 1 is 2**24.
    weights = pa.array([[2.0**24], [1.0], [1.0], [1.0]], pa.list_(pa.float32()))
    table = pa.table({"n": pa.array([[1], [2], [3], [4]]), "w": weights})
    cut = [table.slice(sum(batches[:i]), rows).to_batches()[0] for i, rows in enumerate(batches)]
    dataset = ours.statistics(cut, StatsSpec(weight="w")).datasets[0]
    common = features(ours.statistics(cut, StatsSpec(weight="w")))["n"].num_stats.common_stats.weighted_common_stats
    assert (dataset.weighted_num_examples, common.num_non_missing) == (2**24 + 3, 2**24 + 3)


@pytest.mark.parametrize(
    ("weights", "named"),
    [
        ([[1.0], None, [2.0]], r"x\.csv: weight 'w' has 0 values in row 2: expected one number >= 0"),
        ([[1.0], [1.0, 2.0], [2.0]], "'w' has 2 values in row 2"),
        ([[1.0], [2.0], [-1.0]], r"'w' is -1.0 in row 3"),
        ([[float("nan")], [2.0], [1.0]], r"'w' is nan in row 1"),
        ([[b"1"], [b"2"], [b"3"]], "'w' is of type list<item: binary>"),
    ],
)
def test_weights_that_can_not_be_are_refused(ours, weights, named):
    batch = pa.RecordBatch.from_arrays([pa.array([[1], [2], [3]]), pa.array(weights)], ["n", "w"])
    with pytest.raises(DataError, match=named):
        list(ours.partials_of(with_keys([batch]), ours.StatsContext(StatsSpec(weight="w")), "x.csv"))


def test_whole_numbers_that_are_categories_are_counted_as_stock_counts_them(ours, stock):
    table = generated(900).select(["hour", "city"])
    spec = StatsSpec(overrides={"hour": Override(categorical=True)})
    found = features(ours.statistics(table.to_batches(200), spec))["hour"]
    expected = features(stock(table, ours.options(spec)))["hour"]
    assert found.string_stats == expected.string_stats
    assert found.string_stats.unique == 24


def test_a_schema_says_so_as_well(ours, stock):
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = schema_pb2.Schema()
    schema.feature.add(name="hour", type=schema_pb2.INT).int_domain.is_categorical = True
    schema.feature.add(name="raw", type=schema_pb2.BYTES).image_domain.SetInParent()
    table = generated(900).select(["hour", "raw"])
    found = features(ours.statistics(table.to_batches(), StatsSpec(), schema=schema))
    expected = features(stock(table, ours.options(StatsSpec(), schema)))
    assert found["hour"].string_stats == expected["hour"].string_stats
    assert found["raw"].bytes_stats == expected["raw"].bytes_stats


def test_rare_values_are_not_listed(ours, stock):
    table = generated(300).select(["city", "id"])
    spec = StatsSpec(frequency_threshold=20, top_values=3)
    found = features(ours.statistics(table.to_batches(), spec))
    expected = features(stock(table, ours.options(spec)))
    for name in ("city", "id"):
        assert found[name].string_stats == expected[name].string_stats
    assert {stat.name: stat.num for stat in found["id"].custom_stats} == {RANK_HISTOGRAM_CUT: 300}


def test_semantic_domains_are_those_of_stock_and_a_sample_is_of_the_same_rows_in_any_batches(ours, stock):
    texts = [b"2024-05-01", b"2023-12-31", b"2022-02-03", b"2021-07-08"]
    table = pa.table({"text": pa.array([[texts[n % 4]] for n in range(400)])})
    spec = StatsSpec(semantic_domains=True)
    found = features(ours.statistics(table.to_batches(), spec))["text"].custom_stats
    assert found == features(stock(table, ours.options(spec)))["text"].custom_stats
    assert [each.name for each in found] == ["domain_info", "time_match_ratio"]
    # TFDV names a domain from 100 values on: there are fewer in a tenth of the rows, and more in a half.
    for rate, named in ((0.1, False), (0.5, True)):
        sampled = StatsSpec(semantic_domains=True, semantic_sample_rate=rate)
        whole, pieces = (ours.statistics(table.to_batches(rows), sampled) for rows in (400, 37))
        assert any(each.name == "domain_info" for each in features(whole)["text"].custom_stats) is named
        assert features(whole)["text"].custom_stats == features(pieces)["text"].custom_stats


def test_crosses_are_those_that_tfdv_computes_over_all_rows(ours):
    from tensorflow_data_validation.statistics.generators.cross_feature_stats_generator import (
        CrossFeatureStatsGenerator,
    )

    table = weighed().select(["hour", "pace", "w", "city"])
    (batch,) = table.combine_chunks().to_batches()
    generator = CrossFeatureStatsGenerator(sample_rate=1.0)
    expected = generator.extract_output(generator.add_input(generator.create_accumulator(), batch)).cross_features
    found = ours.statistics(table.to_batches(97), StatsSpec(crosses=True)).datasets[0].cross_features
    assert len(found) == len(expected) == 3
    for mine, theirs in zip(found, sorted(expected, key=lambda c: (c.path_x.step[0], c.path_y.step[0])), strict=True):
        assert (mine.path_x, mine.path_y, mine.count) == (theirs.path_x, theirs.path_y, theirs.count)
        assert mine.num_cross_stats.correlation == pytest.approx(theirs.num_cross_stats.correlation, abs=1e-4)
    pairs = ours.statistics(table.to_batches(), StatsSpec(crosses=(("w", "hour"),))).datasets[0].cross_features
    assert [(cross.path_x.step[0], cross.path_y.step[0]) for cross in pairs] == [("hour", "w")]


@pytest.mark.parametrize("estimator", ["nearest_neighbors", "sklearn"])
@pytest.mark.parametrize("label", [pa.int64(), pa.binary()])
def test_what_tells_of_the_label_has_more_information_than_what_does_not(ours, estimator, label):
    draw = np.random.default_rng(0)
    y = draw.integers(0, 2, 900)
    columns = {
        "y": [[int(v)] for v in y]
        if label == pa.int64()
        else [[b"no", b"yes"][v] for v in []] or [[[b"no", b"yes"][v]] for v in y],
        "tells": [[float(v + draw.normal(0, 0.1))] for v in y],
        "word": [[[b"a", b"b"][v if draw.random() < 0.9 else 1 - v]] for v in y],
        "noise": [[float(v)] for v in draw.random(900)],
        "tags": [[b"t"] * int(n) for n in draw.integers(0, 3, 900)],
        "id": [[str(n).encode()] for n in range(900)],
    }
    table = pa.table(columns)
    spec = StatsSpec(
        label="y",
        identifiers=("id",),
        mutual_information=MutualInformation(rows=600, partitions=3, estimator=estimator),
    )
    found = {
        name: {stat.name: stat.num for stat in feature.custom_stats}
        for name, feature in features(ours.statistics(table.to_batches(250), spec)).items()
    }
    key = (
        "mean_adjusted_mutual_information"
        if estimator == "nearest_neighbors"
        else "mean_sklearn_adjusted_mutual_information"
    )
    assert found["tells"][key] > found["word"][key] > abs(found["noise"].get(key, 0)) + 0.1
    assert "id" not in {name for name, stats in found.items() if key in stats}
    # The sample is of the same rows wherever batches end, and so is all that follows from it.
    again = features(ours.statistics(table.to_batches(900), spec))
    assert {name: {stat.name: stat.num for stat in f.custom_stats} for name, f in again.items()} == found


def test_values_that_are_not_listed_are_told(ours):
    table = pa.table({"route": [[str(i % 5000).encode()] for i in range(9000)], "few": [[b"x"]] * 9000})
    found = features(ours.statistics(table.to_batches(), StatsSpec(rank_values=1_000)))
    listed = sum(bucket.sample_count for bucket in found["route"].string_stats.rank_histogram.buckets)
    assert [(stat.name, stat.num) for stat in found["route"].custom_stats] == [(RANK_HISTOGRAM_CUT, 9000 - listed)]
    assert not found["few"].custom_stats
    assert not features(ours.statistics(table.to_batches(), StatsSpec()))["route"].custom_stats
    sliced = ours.statistics(table.to_batches(), StatsSpec(slices=("few",)))
    assert len(features(sliced, 1)["route"].string_stats.rank_histogram.buckets) == 1_000
    assert features(sliced, 1)["route"].custom_stats[0].num == 9000 - listed


def test_sketched_values_take_little_and_say_what_they_cut(ours):
    table = pa.table({"route": [[str(i % 50_000).encode()] for i in range(60_000)]})
    spec = StatsSpec(overrides={"route": Override(sketched=True)})
    (context, rows) = ours.StatsContext(spec), with_keys(table.combine_chunks().to_batches(20_000))
    partial = dict(ours.partials_of(rows, context))[ours.ALL_ROWS]
    found = ours.extract(ours.ALL_ROWS, partial, context).features[0]
    assert found.string_stats.unique == pytest.approx(50_000, rel=0.05)
    assert found.string_stats.common_stats.num_non_missing == 60_000
    assert found.custom_stats[0].name == RANK_HISTOGRAM_CUT


def test_overrides_hold_for_their_feature_only(ours):
    table = generated(500)
    spec = StatsSpec(
        overrides={
            "pace": Override(quantile_buckets=7, histogram_buckets=3),
            "hour": Override(histograms=False),
            "city": Override(top_values=2),
        }
    )
    found = features(ours.statistics(table.to_batches(), spec))
    assert [len(histogram.buckets) for histogram in found["pace"].num_stats.histograms] == [3, 7]
    assert not found["hour"].num_stats.histograms
    assert found["hour"].num_stats.max == 23
    assert len(found["city"].string_stats.top_values) == 2
    assert len(found["tags"].string_stats.top_values) == 5


def test_only_the_wanted_features_have_statistics_though_others_slice_and_weigh(ours):
    table = weighed()
    spec = StatsSpec(features=("pace",), slices=("city", Slice(name="late", where="hour > 20")), weight="w")
    found = ours.statistics(table.to_batches(), spec)
    assert all([feature.path.step[0] for feature in each.features] == ["pace"] for each in found.datasets)
    assert "late" in {each.name for each in found.datasets}
    assert found.datasets[0].weighted_num_examples > 0


def test_a_feature_of_two_types_is_refused_by_its_name(ours):
    context = ours.StatsContext(StatsSpec())
    one, other = (
        dict(ours.partials_of(with_keys([pa.RecordBatch.from_arrays([pa.array(values)], ["x"])]), context))[
            ours.ALL_ROWS
        ]
        for values in ([[1]], [[b"1"]])
    )
    with pytest.raises(DataError, match="x"):
        ours.merge(ours.ALL_ROWS, [one, other], context)


def test_the_skew_check_finds_the_same_cut(ours):
    from headrace.skew.profiles.tfdv import profiles

    table = pa.table({"route": [[str(i % 3000).encode()] for i in range(5000)]})
    statistics = ours.statistics(table.to_batches(), StatsSpec(rank_values=1_000))
    (cut,) = [stat.num for stat in features(statistics)["route"].custom_stats if stat.name == RANK_HISTOGRAM_CUT]
    assert profiles(statistics)[""].features["route"].cut_rows == cut
