"""Columns of any type become features exactly, or are refused by name: never wrapped, rounded to infinity or moved."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.examples.layout import to_features, write_parquet

DAY_US = 86_400_000_000
FIT: list[tuple[pa.DataType, Any, Any]] = [
    (pa.uint64(), 2**63 - 1, 2**63 - 1),
    (pa.decimal128(20, 0), Decimal(2**62), 2**62),
    (pa.timestamp("s"), 1, 1_000_000),
    (pa.timestamp("ns"), 1_000, 1),
    (pa.date32(), datetime.date(1970, 1, 2), DAY_US),
    (pa.float64(), 1.5, 1.5),
    (pa.large_string(), "a", b"a"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), FIT)
def test_what_fits_is_exact(kind: pa.DataType, value: Any, expected: Any) -> None:
    column = pa.array([value, None], kind)
    assert to_features(pa.table({"x": column})).column("x").to_pylist() == [[expected], None]


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (pa.uint64(), 2**64 - 1, "18446744073709551615"),
        (pa.float64(), 1e300, "1e\\+300"),
        (pa.timestamp("s"), 2**50, "outside of the years 1 to 9999"),
        (pa.timestamp("ns"), 1, "below a microsecond"),
        (pa.decimal128(38, 0), Decimal(2**70), str(2**70)),
        (pa.struct([("a", pa.int64())]), {"a": 1}, "struct"),
    ],
)
def test_what_does_not_fit_is_refused_with_column_row_and_value(
    kind: pa.DataType, value: Any, words: str, tmp_path: Path
) -> None:
    table = pa.table({"price": pa.array([None, value], kind)})
    for convert in (to_features, lambda given: write_parquet(given, str(tmp_path / "x.parquet"))):
        with pytest.raises(DataError, match=words) as refused:
            convert(table)
        assert "price" in str(refused.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.tfx
def test_statistics_never_show_the_largest_unsigned_number_as_a_negative_one() -> None:
    pytest.importorskip("tensorflow_data_validation")
    from headrace.stats import statistics

    largest = pa.array([[1], [2**64 - 1]], pa.list_(pa.uint64()))
    with pytest.raises(DataError, match="18446744073709551615"):
        to_features(pa.table({"n": largest}))
    (dataset,) = statistics(pa.table({"n": largest})).datasets
    assert dataset.features[0].num_stats.max == 2.0**64
