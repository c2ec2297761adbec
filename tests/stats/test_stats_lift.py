from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.lift import count_labels, count_pairs, merge_pairs

row = st.tuples(
    st.none() | st.lists(st.sampled_from([b"a", b"b", b"\xff"]), max_size=3),
    st.none() | st.lists(st.integers(0, 2), max_size=2),
)


def batch_of(rows):
    xs, ys = ([pair[side] for pair in rows] for side in (0, 1))
    return pa.RecordBatch.from_arrays(
        [pa.array(xs, pa.list_(pa.binary())), pa.array(ys, pa.list_(pa.int64()))], ["x", "y"]
    )


@given(st.lists(row, max_size=20), st.integers(0, 20))
def test_pairs_of_parts_add_up_to_those_of_a_counter(rows, cut):
    parts = [batch_of(part) for part in (rows[:cut], rows[cut:])]
    found = merge_pairs([count_pairs(part, "x", "y") for part in parts])
    expected, labels = Counter(), Counter()
    for xs, ys in rows:
        for x in set(xs or []):
            expected[x, None] += 1
            expected.update((x, y) for y in set(ys or []))
        labels.update(set(ys or []))
    keys = zip(found["x"].to_pylist(), found["y"].to_pylist(), strict=True)
    assert dict(zip(keys, found["count"].to_pylist(), strict=True)) == expected
    counted = merge_pairs([count_labels(part, "y") for part in parts])
    assert dict(zip(counted["y"].to_pylist(), counted["count"].to_pylist(), strict=True)) == labels


@pytest.mark.tfx
def test_lift_is_what_stock_computes(tmp_path):
    pytest.importorskip("tensorflow_data_validation")
    from stats_data import generated, stock_statistics
    from tensorflow_metadata.proto.v0 import schema_pb2

    from headrace.stats import Override, StatsSpec, tfdv

    table = generated(500).select(["city", "tags", "hour", "pace"])
    schema = schema_pb2.Schema()
    for name in ("city", "tags"):
        schema.feature.add(name=name, type=schema_pb2.BYTES)
    schema.feature.add(name="hour", type=schema_pb2.INT).int_domain.is_categorical = True
    spec = StatsSpec(label="city", lift=True, overrides={"hour": Override(categorical=True)})
    options = tfdv.options(spec, schema)
    (expected,) = stock_statistics(table.combine_chunks().to_batches(), options, tmp_path / "stock.pb").datasets
    (found,) = tfdv.statistics(table.to_batches(90), spec).datasets

    def lifts(dataset):
        return {cross.path_x.step[0]: cross.categorical_cross_stats for cross in dataset.cross_features}

    assert lifts(found).keys() == {"hour", "tags"}
    assert lifts(found) == lifts(expected)
