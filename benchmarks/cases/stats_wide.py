"""Statistics of many columns: headrace Stats against stock StatisticsGen on 500 columns."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.case import Case, Step
from benchmarks.cases import stats_sides

FOLDER = "wide"
COLUMNS = 500


def data(work: Path, rows: int) -> None:
    stats_sides.write(work / FOLDER, _tables(rows), rows)


def ours(work: Path) -> Callable[[], None]:
    return stats_sides.ours(work / FOLDER)


def stock(work: Path) -> Callable[[], None]:
    return stats_sides.stock(work / FOLDER, "tf_example")


def stock_on_parquet(work: Path) -> Callable[[], None]:
    return stats_sides.stock(work / FOLDER, "parquet")


def in_memory(work: Path) -> Callable[[], object]:
    return stats_sides.in_memory(work / FOLDER)


def check(work: Path) -> str:
    return stats_sides.differ(work / FOLDER)


def _tables(rows: int) -> Iterator[pa.Table]:
    draw = np.random.default_rng(0)
    columns = {}
    for number in range(COLUMNS):
        name, kind = f"f{number:03}", number % 5
        if kind < 2:  # 200 fractions, half of them with a tenth missing
            values = draw.normal(number, 3, rows).astype(np.float32)
            columns[name] = pa.array(values, mask=draw.random(rows) < 0.1 * kind)
        elif kind == 2:  # 100 whole numbers, to ten or to a million
            columns[name] = pa.array(draw.integers(0, 10 ** (1 + number % 6), rows))
        else:  # 200 texts, of 10 or of 2,000 values
            words = np.array([f"v{word}" for word in range(10 if kind == 3 else 2_000)], dtype=object)
            columns[name] = pa.array(words[draw.integers(0, len(words), rows)])
    yield pa.table(columns)


CASE = Case(
    data=data,
    sizes=(100_000,),
    steps=(
        Step(what="**headrace Stats**", prepare=ours),
        Step(what="stock StatisticsGen on tf.Example", prepare=stock),
        Step(what="stock StatisticsGen on our Parquet", prepare=stock_on_parquet),
        Step(what="TFDV in memory, over one batch", prepare=in_memory),
    ),
    check=check,
)
