"""Statistics of 300 slices, which need most of the memory."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.case import Case, Step
from benchmarks.cases import stats, stats_sides


def ours(work: Path) -> Callable[[], None]:
    from headrace.stats import StatsSpec

    return stats_sides.ours(work / stats.FOLDER, StatsSpec(slices=("city",)), "ours-sliced")


CASE = Case(
    data=stats.data,
    sizes=(1_000_000, 10_000_000),
    steps=(Step(what="**headrace Stats**, sliced by `city`", prepare=ours),),
)
