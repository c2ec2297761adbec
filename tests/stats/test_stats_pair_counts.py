from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches.pair_counts import count_labels, count_pairs, merge_pairs

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
def test_lift_is_the_rate_among_the_rows_with_a_value_over_the_rate_among_all():
    pytest.importorskip("tensorflow_data_validation")
    from stats_data import generated

    from headrace.stats import Override, StatsSpec, statistics

    table = generated(500).select(["city", "tags", "hour", "pace", "id"])
    spec = StatsSpec(label="city", lift=True, identifiers=("id",), overrides={"hour": Override(categorical=True)})
    (found,) = statistics(table.to_batches(90), spec).datasets
    rows = table.to_pylist()
    assert {cross.path_x.step[0] for cross in found.cross_features} == {"hour", "tags"}
    for cross in found.cross_features:
        name = cross.path_x.step[0]
        values = {x for row in rows for x in row[name] or []}
        for series in cross.categorical_cross_stats.lift.lift_series:
            with_y = [row for row in rows if series.y_string.encode() in (row["city"] or [])]
            assert series.y_count == len(with_y)
            assert len(series.lift_values) == len(values)
            for value in series.lift_values:
                x = value.x_int if name == "hour" else value.x_string.encode()
                with_x = sum(x in (row[name] or []) for row in rows)
                both = sum(x in (row[name] or []) for row in with_y)
                assert (value.x_count, value.x_and_y_count) == (with_x, both)
                assert value.lift == pytest.approx(both / with_x / (len(with_y) / 500))
