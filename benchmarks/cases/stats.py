"""Statistics of Examples: headrace Stats against stock StatisticsGen, and against TFDV without TFX.

Stock reads our Parquet as well, which shows the effect of the payload format alone.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pcsv

from benchmarks.case import Case, Step
from benchmarks.cases import stats_sides
from benchmarks.data import make_csv

CSV = Path("data", "rides.csv")
FOLDER = "rides"
SHARD_ROWS = 1_000_000


def data(work: Path, rows: int) -> None:
    make_csv(work / CSV, rows)
    stats_sides.write(work / FOLDER, _tables(work / CSV), rows)


def ours(work: Path) -> Callable[[], None]:
    return stats_sides.ours(work / FOLDER)


def stock(work: Path) -> Callable[[], None]:
    return stats_sides.stock(work / FOLDER, "tf_example")


def stock_on_parquet(work: Path) -> Callable[[], None]:
    return stats_sides.stock(work / FOLDER, "parquet")


def from_csv(work: Path) -> Callable[[], object]:
    return stats_sides.from_csv(work / CSV)


def in_memory(work: Path) -> Callable[[], object]:
    return stats_sides.in_memory(work / FOLDER)


def check(work: Path) -> str:
    return stats_sides.differ(work / FOLDER)


def _tables(csv: Path) -> Iterator[pa.Table]:
    options = pcsv.ConvertOptions(strings_can_be_null=True)
    batches: list[pa.RecordBatch] = []
    rows = 0
    for batch in pcsv.open_csv(csv, convert_options=options, read_options=pcsv.ReadOptions(block_size=1 << 24)):
        batches.append(batch)
        rows += batch.num_rows
        if rows >= SHARD_ROWS:
            table = pa.Table.from_batches(batches)
            yield table.slice(0, SHARD_ROWS)
            batches = table.slice(SHARD_ROWS).to_batches()
            rows -= SHARD_ROWS
    if rows:
        yield pa.Table.from_batches(batches)


CASE = Case(
    data=data,
    sizes=(1_000_000, 10_000_000),
    steps=(
        Step(what="**headrace Stats**", prepare=ours),
        Step(what="stock StatisticsGen on tf.Example", prepare=stock, most_rows=stats_sides.MOST_RECORDS),
        Step(what="stock StatisticsGen on our Parquet", prepare=stock_on_parquet),
        Step(what="`tfdv.generate_statistics_from_csv`", prepare=from_csv, most_rows=stats_sides.MOST_RECORDS),
        Step(what="TFDV in memory, over one batch", prepare=in_memory, most_rows=stats_sides.MOST_RECORDS),
    ),
    check=check,
)
