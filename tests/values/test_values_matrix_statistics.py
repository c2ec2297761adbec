"""The table of statistics and schemas in docs/types.md: what TFDV is given of each kind of column.

HEADRACE_WRITE_MATRIX=1 pytest -n0 tests/values/test_values_matrix_statistics.py      writes it
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matrix_columns import columns
from matrix_commands import REFUSED, TOLD, WORKS, Place, RefusedError, meaning, run
from test_values_matrix import chunked, hold

from headrace.schema import Declarations, curate, validate

pytestmark = pytest.mark.tfx


@pytest.mark.parametrize("name", columns())
def test_statistics_count_the_values_that_there_are_and_a_schema_holds_for_them(name: str, tmp_path: Path) -> None:
    import tensorflow_data_validation as tfdv

    column = chunked(columns()[name])
    data, out = Place(tmp_path).written("data", x=column, y=range(len(column))), tmp_path / "out.pb"
    if pq.read_metadata(data).num_rows != len(column):
        pytest.skip("Parquet has no such type")
    try:
        _, text = run("stats", data, "--statistics", out, "--no-report")
    except RefusedError:
        hold("statistics", [name, REFUSED, REFUSED])
        return
    statistics = tfdv.load_stats_binary(str(out))
    (dataset,) = statistics.datasets
    found = {feature.path.step[0]: feature for feature in dataset.features}
    assert dataset.num_examples == len(column)
    if "x" not in found:
        assert "x" in text
        hold("statistics", [name, TOLD, TOLD])
        return
    _hold_values(found["x"], column)
    schema = curate(statistics, Declarations()).schema
    assert [fault for fault in validate(statistics, schema) if fault.feature == "x"] == []
    hold("statistics", [name, WORKS, WORKS])


def _hold_values(feature: Any, column: pa.ChunkedArray) -> None:
    numbers = feature.WhichOneof("stats") == "num_stats"
    common = feature.num_stats.common_stats if numbers else feature.string_stats.common_stats
    assert common.num_non_missing == len(column) - column.null_count
    values = [one for one in meaning(column) if isinstance(one, (int, float))]
    if numbers and values:
        assert feature.num_stats.min == pytest.approx(min(values))
        assert feature.num_stats.max == pytest.approx(max(values))
