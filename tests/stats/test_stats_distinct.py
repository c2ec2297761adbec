"""Distinct whole numbers: exact below a bound, close above it, however the values are cut, and in the statistics."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.stats.sketches.distinct_values import NONE, merged_hashes, with_values
from headrace.stats.sketches.frequent_values import MOST_HASHES, distinct_of
from headrace.stats.spec.stats_spec import DISTINCT, DISTINCT_EXACT_BELOW

INT64 = st.integers(-(2**63), 2**63 - 1)


@settings(deadline=None)
@given(values=st.lists(st.one_of(INT64, st.integers(0, 5)), max_size=60), cuts=st.lists(st.integers(0, 60), max_size=3))
def test_few_values_are_counted_exactly_however_they_are_cut(values: list[int], cuts: list[int]) -> None:
    ends = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    parts = [pa.array(values[low:high], pa.int64()) for low, high in itertools.pairwise(ends)]
    hashes = merged_hashes([with_values(NONE, part) for part in parts])
    one_by_one = NONE
    for part in parts:
        one_by_one = with_values(one_by_one, part)
    assert distinct_of(hashes) == distinct_of(one_by_one) == len(set(values))
    assert (hashes == one_by_one).all()


@pytest.mark.parametrize("distinct", [MOST_HASHES - 1, 50_000, 300_000])
@pytest.mark.parametrize("first", [0, -(2**63), 2**40])
def test_many_values_are_counted_within_four_standard_errors(distinct: int, first: int) -> None:
    values = np.random.default_rng(1).permutation(np.repeat(np.arange(distinct) + first, 2))
    found = distinct_of(with_values(NONE, pa.array(values)))
    assert found == distinct if distinct < MOST_HASHES else abs(found / distinct - 1) < 4 * 0.008
    assert DISTINCT_EXACT_BELOW == MOST_HASHES


def measured(table: pa.Table, **spec: Any) -> dict[str, dict[str, float]]:
    """Custom statistics by feature."""
    from headrace.examples.layout import to_features
    from headrace.stats import StatsSpec, statistics

    (dataset,) = statistics(to_features(table), StatsSpec(**spec)).datasets
    return {one.path.step[0]: {each.name: each.num for each in one.custom_stats} for one in dataset.features}


@pytest.mark.tfx
def test_statistics_have_it_of_whole_numbers_and_of_nothing_else() -> None:
    pytest.importorskip("tensorflow_data_validation")
    table = pa.table(
        {
            "n": [1, 2, 2, None],
            "big": pa.array([2**63 - 1, -(2**63), None, 2**63 - 2]),
            "x": [1.5, 2.5, 2.5, 3.0],
            "text": ["a", "b", "b", "c"],
            "code": [1, 2, 2, 3],
            "none": pa.array([None] * 4, pa.int64()),
        }
    )
    found = measured(table, overrides={"code": {"categorical": True}})
    assert found["n"][DISTINCT] == 2
    assert found["big"][DISTINCT] == 3
    assert found["none"].get(DISTINCT, 0) == 0
    assert not any(DISTINCT in found[name] for name in ("x", "text", "code"))
