"""Look-ups of two features of runners' profiles as of a time: headrace against Feast and a DuckDB script."""

from benchmarks import point_in_time_ours, point_in_time_peers
from benchmarks.case import Case, Step
from benchmarks.point_in_time_data import differ, make

TEXT = "coalesce({}::VARCHAR, '')".format

CASE = Case(
    data=make,
    steps=(
        Step(what="**headrace**, files to files", prepare=point_in_time_ours.files, of="as_of"),
        Step(what="**headrace**, in memory", prepare=point_in_time_ours.memory, of="as_of"),
        Step(what="**headrace PointInTimeJoin**, the component", prepare=point_in_time_ours.component, of="as_of"),
        Step(what="Feast on DuckDB, in memory", prepare=point_in_time_peers.feast_duckdb, peer=True),
        Step(what="Feast on Dask (its default), in memory", prepare=point_in_time_peers.feast_dask, peer=True),
        Step(what="DuckDB ASOF JOIN, in memory", prepare=point_in_time_peers.duckdb_as_of, peer=True),
    ),
    check=lambda work: differ(work, "as_of", {"city": TEXT, "age_group": TEXT}),
)
