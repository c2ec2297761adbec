"""The check of one span: what it says of what it did not look at."""

import pytest

pytest.importorskip("tensorflow_data_validation")

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from headrace.skew import Rule, SkewPolicy
from headrace.skew.run import check
from headrace.skew.verdict.anomalies import to_anomalies

pytestmark = pytest.mark.tfx


def statistics(rows=400):
    made = statistics_pb2.DatasetFeatureStatisticsList()
    dataset = made.datasets.add(num_examples=rows)
    if rows:
        route = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
        route.path.step.append("route")
        common = route.string_stats.common_stats
        common.num_non_missing = common.tot_num_values = rows
        common.min_num_values = common.max_num_values = 1
        route.string_stats.unique = 2
        for label in ("x", "y"):
            route.string_stats.rank_histogram.buckets.add(label=label, sample_count=rows / 2)
            route.string_stats.top_values.add(value=label, frequency=rows / 2)
    return made


SCHEMA = tfdv.infer_schema(statistics())


def said(**options):
    checked = check(statistics=options.pop("statistics", statistics()), schema=SCHEMA, **options)
    return checked, {(f.comparison, f.code): f for f in checked.verdict.findings}


def test_a_clean_schema_and_what_was_not_asked_leave_a_trace():
    checked, by_code = said()
    assert checked.verdict.blessed
    assert "training: conforms to the schema, in 1 feature" in by_code["schema", "CONFORMS"].reason
    assert by_code["drift", "NOT_ASKED"].reason == "no baseline was given: drift was not checked"
    assert by_code["skew", "NOT_ASKED"].reason == "no serving statistics were given: skew was not checked"


def test_what_is_asked_is_not_said_to_be_missing():
    checked, by_code = said(serving=statistics(), baseline=statistics(), policy=SkewPolicy(require=("drift", "skew")))
    assert checked.verdict.blessed
    assert not {code for _, code in by_code} & {"NOT_ASKED", "NOT_COMPARABLE"}
    assert sum(f.code == "CONFORMS" for f in checked.verdict.findings) == 2


def test_what_is_required_and_not_given_is_an_alarm():
    checked, by_code = said(policy=SkewPolicy(require=("drift",)))
    assert [(f.comparison, f.code) for f in checked.verdict.alarms] == [("drift", "NOT_COMPARABLE")]
    assert ("skew", "NOT_ASKED") in by_code
    assert "drift was not checked" in to_anomalies(checked.verdict).dataset_anomaly_info.description


@pytest.mark.parametrize(
    ("side", "whose"), [("statistics", "training"), ("serving", "serving"), ("baseline", "baseline")]
)
@pytest.mark.parametrize("empty", [statistics(0), statistics_pb2.DatasetFeatureStatisticsList()])
def test_statistics_of_no_rows_are_an_alarm_that_names_the_side(side, whose, empty):
    given = {"serving": statistics(), "baseline": statistics(), side: empty}
    checked, _ = said(**given)
    (alarm,) = checked.verdict.alarms
    assert alarm.code == "NO_ROWS"
    assert alarm.reason.startswith(f"{whose}: the statistics have no rows")


def test_every_finding_names_its_split():
    checked, _ = said(name="eval", baseline=statistics())
    assert {f.split for f in checked.verdict.findings} == {"eval"}


def declared(comparison):
    schema = schema_pb2.Schema()
    schema.CopyFrom(SCHEMA)
    getattr(schema.feature[0], f"{comparison}_comparator").infinity_norm.threshold = 0.1
    return schema


@pytest.mark.parametrize(
    ("comparison", "required", "word"),
    [("drift", (), "warning"), ("drift", ("drift",), "alarm"), ("skew", (), "warning"), ("skew", ("skew",), "alarm")],
)
def test_a_comparator_without_a_counterpart_is_an_anomaly_where_stock_is_silent(comparison, required, word):
    schema = declared(comparison)
    assert not tfdv.validate_statistics(statistics(), schema).anomaly_info
    checked = check(statistics=statistics(), schema=schema, policy=SkewPolicy(require=required))
    (found,) = [f for f in checked.verdict.findings if f.code == "NOT_COMPARABLE" and f.feature == "route"]
    assert (found.comparison, found.verdict) == (comparison, word)
    assert f"the schema declares a {comparison} comparator (linf), but no" in found.reason
    assert checked.verdict.blessed == int(word == "warning")
    info = to_anomalies(checked.verdict).anomaly_info["route"]
    assert info.severity == (info.ERROR if word == "alarm" else info.WARNING)
    assert info.reason[0].type == info.STATS_NOT_AVAILABLE


def test_a_rule_decides_what_a_comparator_without_a_baseline_comes_to():
    rules = (Rule(action="block", code="NOT_COMPARABLE"),)
    checked = check(statistics=statistics(), schema=declared("drift"), policy=SkewPolicy(rules=rules))
    assert [f.feature for f in checked.verdict.alarms] == ["route"]
