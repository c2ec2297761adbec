"""Six aggregates over trailing windows of 7 and 30 days: headrace against a DuckDB script."""

from benchmarks import point_in_time_ours, point_in_time_peers
from benchmarks.case import Case, Step
from benchmarks.point_in_time_data import differ, make

# Our output is in single precision, and sums in DuckDB depend on the order of rows.
NEARLY = "round(coalesce({}, -1)::DOUBLE, 2)".format

CASE = Case(
    data=make,
    steps=(
        Step(what="**headrace**, files to files", prepare=point_in_time_ours.files, of="windows"),
        Step(what="**headrace**, in memory", prepare=point_in_time_ours.memory, of="windows"),
        Step(what="**headrace PointInTimeJoin**, the component", prepare=point_in_time_ours.component, of="windows"),
        Step(what="DuckDB range join and GROUP BY, in memory", prepare=point_in_time_peers.duckdb_windows, peer=True),
    ),
    check=lambda work: differ(
        work,
        "windows",
        {
            "runs_7d": "{}".format,
            **dict.fromkeys(("km_7d", "km_30d", "longest_30d"), NEARLY),
            "finished_30d": "round(coalesce({}, -1)::DOUBLE, 3)".format,
        },
    ),
)
