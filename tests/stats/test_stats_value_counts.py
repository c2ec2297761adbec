from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from headrace.stats.sketches.value_counts import count_values, merge_counts, top_counts

words = st.lists(st.none() | st.sampled_from([b"", b"a", b"b", "ä".encode(), b"\xff"]) | st.binary(max_size=2))


def counted(values):
    return count_values(pa.array(values, pa.binary()))


def as_dict(counts):
    values = counts["value"].to_pylist()
    assert len(values) == len(set(values))
    return dict(zip(values, counts["count"].to_pylist(), strict=True))


@given(words)
def test_counts_are_those_of_a_counter(values):
    assert as_dict(counted(values)) == Counter(value for value in values if value is not None)


@given(st.lists(words, min_size=1, max_size=5))
def test_counts_of_parts_merge_into_counts_of_the_whole(parts):
    whole = counted([value for part in parts for value in part])
    assert as_dict(merge_counts([counted(part) for part in parts])) == as_dict(whole)


@given(words, words, words)
def test_merging_is_associative(a, b, c):
    a, b, c = counted(a), counted(b), counted(c)
    assert as_dict(merge_counts([merge_counts([a, b]), c])) == as_dict(merge_counts([a, merge_counts([b, c])]))


@given(words, st.integers(1, 6))
def test_top_values_go_by_count_then_by_value_both_descending(values, limit):
    top = top_counts(counted(values), limit)
    expected = sorted(Counter(v for v in values if v is not None).items(), key=lambda x: (x[1], x[0]), reverse=True)
    assert list(zip(top["value"].to_pylist(), top["count"].to_pylist(), strict=True)) == expected[:limit]


def test_text_is_counted_as_bytes():
    assert as_dict(count_values(pa.array(["ä", "ä"]))) == {"ä".encode(): 2}


def test_a_slice_of_an_array_counts_only_its_rows():
    assert as_dict(count_values(pa.array([b"a", b"b", b"b"]).slice(1, 1))) == {b"b": 1}


@given(st.lists(st.tuples(st.none() | st.integers(-3, 3), st.integers(0, 8)), max_size=30), st.integers(0, 30))
def test_weights_are_summed_beside_counts_and_merge(rows, cut):
    def weighed(some):
        return count_values(pa.array([value for value, _ in some], pa.int64()), [weight / 4 for _, weight in some])

    merged = merge_counts([weighed(rows[:cut]), weighed(rows[cut:])])
    expected = {}
    for value, weight in rows:
        if value is not None:
            count, total = expected.get(value, (0, 0.0))
            expected[value] = (count + 1, total + weight / 4)
    found = zip(*(merged[name].to_pylist() for name in ("value", "count", "weight")), strict=True)
    assert {value: (count, weight) for value, count, weight in found} == expected
