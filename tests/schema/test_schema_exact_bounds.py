"""Bounds of whole numbers beyond 2^53, which the floats of statistics can't tell from their neighbours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

pytest.importorskip("tensorflow_data_validation")

from headrace.examples.layout import to_features, write_parquet
from headrace.schema import Declarations, Feature, curate, validate
from headrace.schema.codes import VALUES_NOT_CHECKED
from headrace.stats import statistics

pytestmark = pytest.mark.tfx

LIMIT = 2**53


def faults(values: list[int], bounds: tuple[int | None, int | None], folder: Path | None = None) -> list[Any]:
    table = pa.table({"n": values})
    measured = statistics(to_features(table))
    schema = curate(measured, Declarations(features={"n": Feature(range=bounds)})).schema
    paths = None
    if folder is not None:
        write_parquet(table, str(folder / "rows.parquet"))
        paths = [str(folder / "rows.parquet")]
    return validate(measured, schema, environment="TRAINING", examples=paths)


@pytest.mark.parametrize("above", range(-2, 4))
@pytest.mark.parametrize("bound", [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 3, 2**60 + 7])
@pytest.mark.parametrize("sign", [1, -1])
def test_rows_decide_exactly(bound: int, above: int, sign: int, tmp_path: Path) -> None:
    bounds = (None, bound) if sign > 0 else (-bound, None)
    found = faults([0, 1, sign * (bound + above)], bounds, tmp_path)
    code = "INT_TYPE_BIG_INT" if sign > 0 else "INT_TYPE_SMALL_INT"
    expected = [(code, 1, (str(sign * (bound + above)),))] if above > 0 else []
    assert [(one.code, one.rows, one.examples) for one in found] == expected


@pytest.mark.parametrize(("bound", "value"), [(LIMIT + 3, LIMIT + 3), (LIMIT, LIMIT + 1), (LIMIT, LIMIT)])
def test_statistics_that_can_not_decide_say_so_and_are_no_error(bound: int, value: int) -> None:
    (fault,) = faults([0, value], (0, bound))
    assert (fault.code, fault.severity) == (VALUES_NOT_CHECKED, "WARNING")
    assert f"the largest value is about {bound}, the bound" in fault.words


@pytest.mark.parametrize(("bound", "codes"), [(LIMIT, ["INT_TYPE_BIG_INT"]), (2**63 - 1, []), (2**62, [])])
def test_statistics_that_decide_do(bound: int, codes: list[str]) -> None:
    assert [one.code for one in faults([0, LIMIT + 2], (0, bound))] == codes
    assert faults([0, LIMIT - 1], (-LIMIT, LIMIT + 2)) == []
