"""Labels where each event has a key of its own, like a suggestion that gets a response or none."""

from benchmarks import label_ours, label_peers
from benchmarks.case import Case, Step

CASE = Case(
    data=label_ours.data_of("ids"),
    sizes=(1_000_000, 10_000_000),
    steps=(
        Step(what="**headrace**, files to files", prepare=label_ours.files, of="ids"),
        Step(what="**headrace**, in memory", prepare=label_ours.memory, of="ids"),
        Step(what="Feast on DuckDB, in memory", prepare=label_peers.feast_duckdb, of="ids", peer=True),
        Step(what="Polars join_asof, in memory", prepare=label_peers.polars, of="ids", peer=True),
        Step(what="DuckDB ASOF JOIN, in memory", prepare=label_peers.duckdb_asof, of="ids", peer=True),
        Step(what="DuckDB ASOF JOIN, files to files", prepare=label_peers.duckdb_files, of="ids", peer=True),
    ),
    check=lambda work: label_ours.differ(work, "ids", unlike=("feast_dask",)),
)
