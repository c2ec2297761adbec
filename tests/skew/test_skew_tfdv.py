"""Profiles from statistics against profiles from the rows themselves."""

import numpy as np
import pyarrow as pa
import pytest

from headrace.examples.layout import to_features
from headrace.skew import SkewPolicy, Verdict, compare, profile_table

pytest.importorskip("tensorflow_metadata")

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from headrace.skew.profiles.tfdv import profiles
from headrace.skew.verdict.anomalies import to_anomalies


def statistics(*slices):
    made = statistics_pb2.DatasetFeatureStatisticsList()
    for name, rows in slices:
        dataset = made.datasets.add(name=name, num_examples=rows)
        number = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.INT)
        number.path.step.append("hour")
        number.num_stats.common_stats.num_non_missing = number.num_stats.common_stats.tot_num_values = rows
        number.num_stats.max, number.num_stats.num_zeros = 2, rows // 2
        histogram = number.num_stats.histograms.add(type=statistics_pb2.Histogram.QUANTILES)
        for low, high, count in ((0, 0, rows / 4), (0, 0, rows / 4), (0, 1, rows / 4), (1, 1, 0), (1, 2, rows / 4)):
            histogram.buckets.add(low_value=low, high_value=high, sample_count=count)
        text = dataset.features.add(name="route", type=statistics_pb2.FeatureNameStatistics.STRING)
        text.string_stats.common_stats.num_non_missing = text.string_stats.common_stats.tot_num_values = rows - 10
        text.string_stats.unique = 3
        text.string_stats.rank_histogram.buckets.add(label="x", sample_count=rows - 40)
        text.string_stats.rank_histogram.buckets.add(label="y", sample_count=20)
    return made


def test_slices_are_told_from_the_whole():
    assert set(profiles(statistics(("All Examples", 400), ("daypart_evening", 200)))) == {"", "daypart_evening"}
    assert set(profiles(statistics(("whatever", 400)))) == {""}


def test_histograms_become_distribution_functions_and_counts():
    features = profiles(statistics(("", 400)))[""].features
    hour, route = features["hour"], features["route"]
    assert list(hour.distribution(np.array([-1.0, 0.0, 1.0, 1.5, 2.0]))) == [0, 0.5, 0.75, 0.875, 1]
    assert list(hour.distribution(np.array([0.0]), left=True)) == [0]
    assert (route.missing, dict(route.counts), route.cut_rows, route.cut_count) == (10, {"x": 360, "y": 20}, 10, 10)


@pytest.mark.parametrize("nans", [0, 12])
@pytest.mark.parametrize("ends", [(-np.inf,), (np.inf,), (-np.inf, np.inf)])
def test_infinities_of_statistics_are_infinite_and_not_missing(nans, ends):
    made = statistics(("", 400))
    stats = made.datasets[0].features[0].num_stats
    before = profiles(statistics(("", 400)))
    (histogram,) = stats.histograms
    histogram.num_nan = nans
    for end in ends:
        histogram.buckets.add(low_value=min(end, 2), high_value=max(end, 2), sample_count=20)
    stats.common_stats.num_non_missing = stats.common_stats.tot_num_values = made.datasets[0].num_examples = (
        400 + nans + 20 * len(ends)
    )
    stats.min, stats.max, stats.mean = min(0, *ends), max(2, *ends), np.nan
    now = profiles(made)
    hour = now[""].features["hour"]
    assert (hour.infinite, hour.missing, hour.present) == (20 * len(ends), nans, 400)
    assert (hour.minimum, hour.maximum) == (0, 2)
    found = {f.code: f for f in compare(before, now, SkewPolicy()) if f.feature == "hour"}
    assert found["INFINITE_VALUES"].alarm
    assert not found["MISSING_SHARE"].alarm


def test_a_feature_that_is_all_infinite_is_not_missing():
    made = statistics(("", 400))
    stats = made.datasets[0].features[0].num_stats
    del stats.histograms[0].buckets[:]
    stats.min = stats.max = stats.mean = np.inf
    assert profiles(made)[""].features["hour"].infinite == 400


def test_equal_statistics_have_no_alarm_even_at_threshold_zero():
    made = profiles(statistics(("", 400)))
    policy = SkewPolicy(
        thresholds=dict.fromkeys(["linf", "jensen_shannon", "kolmogorov_smirnov", "missing_share", "new_values"], 0)
    )
    assert not [f for f in compare(made, made, policy) if f.alarm]


def test_anomalies_carry_every_alarm_and_every_distance():
    rng = np.random.default_rng(0)
    before = profile_table(pa.table({"a": rng.normal(size=900), "b": ["x", "y", "z"] * 300}))
    now = profile_table(pa.table({"a": rng.normal(size=900) + 2, "b": ["x", "y", "z"] * 300}))
    verdict = Verdict(findings=[*compare(before, now), *compare(before, now, comparison="skew")])
    anomalies = anomalies_pb2.Anomalies.FromString(to_anomalies(verdict).SerializeToString())
    assert set(anomalies.anomaly_info) == {"a"}
    types = {anomalies_pb2.AnomalyInfo.Type.Name(reason.type) for reason in anomalies.anomaly_info["a"].reason}
    assert types == {"COMPARATOR_L_INFTY_HIGH", "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH"}
    info = {i.path.step[0]: i for i in anomalies.drift_skew_info}
    assert set(info) == {"a", "b"}
    assert len(info["a"].drift_measurements) == len(info["a"].skew_measurements) == 2
    assert info["a"].drift_measurements[0].value > info["a"].drift_measurements[0].threshold > 0


def test_a_blessed_verdict_has_no_anomaly():
    same = profile_table(pa.table({"b": ["x", "y", "z"] * 300}))
    anomalies = to_anomalies(Verdict(findings=compare(same, same)))
    assert not anomalies.anomaly_info
    assert not anomalies.HasField("dataset_anomaly_info")


@pytest.mark.tfx
def test_tfdvs_statistics_and_the_rows_tell_the_same():
    from headrace.stats import StatsSpec, statistics

    rng = np.random.default_rng(1)

    def rows(shift):
        rate = rng.normal(150, 15, 20_000) + shift
        rate[: int(2000 * shift)] = 0
        hours = rng.integers(0, 24, 20_000)
        return pa.table({"hour": hours, "rate": rate.astype(np.float32), "route": (hours % 5).astype(str)})

    tables = rows(0.0), rows(1.0)
    made = [profiles(statistics(to_features(t).to_batches(), StatsSpec())) for t in tables]
    ours = {(f.feature, f.measure): f for f in compare(*(profile_table(t) for t in tables))}
    theirs = {(f.feature, f.measure): f for f in compare(*made)}
    assert ours.keys() == theirs.keys()
    for key, finding in ours.items():
        assert theirs[key].alarm == finding.alarm, key
        if finding.measure == "kolmogorov_smirnov":
            # The error of TFDV's quantiles is 1 % at the most, on each side.
            assert theirs[key].distance == pytest.approx(finding.distance, abs=0.02)
        if finding.measure == "linf":
            assert theirs[key].distance == pytest.approx(finding.distance, abs=1e-9)
