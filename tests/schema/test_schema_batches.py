"""Many features are validated some at a time: what is found is what TFDV finds in all of them at once."""

import pyarrow as pa
import pytest

from headrace.examples.layout import to_features

pytestmark = pytest.mark.tfx

tfdv = pytest.importorskip("tensorflow_data_validation")
stats_impl = pytest.importorskip("tensorflow_data_validation.statistics.stats_impl")


def statistics_of(**columns):
    (batch,) = to_features(pa.table(columns)).combine_chunks().to_batches()
    return stats_impl.generate_statistics_in_memory(batch, tfdv.StatsOptions())


def test_features_in_batches_are_found_at_fault_as_all_at_once(monkeypatch):
    from headrace.schema import tfdv_anomalies as anomalies
    from headrace.schema import validate

    before = statistics_of(
        city=["Oslo", "Bergen"] * 50, km=[1.0, 2.0] * 50, n=[1, 2] * 50, gone=[1.0] * 100, band=["a", "b"] * 50
    )
    schema = tfdv.infer_schema(before)
    schema.dataset_constraints.min_examples_count = 1_000
    for name in ("city", "band"):
        tfdv.get_feature(schema, name).drift_comparator.infinity_norm.threshold = 0.01
    tfdv.get_feature(schema, "km").skew_comparator.jensen_shannon_divergence.threshold = 0.01
    now = statistics_of(
        city=["Oslo"] * 99 + ["Lillehammer"], km=["far"] * 100, n=[1.5] * 100, band=["b"] * 100, fresh=[1] * 100
    )

    def faults():
        return validate(now, schema, previous=before, serving=before)

    at_once = faults()
    assert {fault.feature for fault in at_once} >= {"", "city", "km", "n", "gone", "band", "fresh"}
    for batch in (1, 2, 3):
        monkeypatch.setattr(anomalies, "BATCH", batch)
        assert faults() == at_once
