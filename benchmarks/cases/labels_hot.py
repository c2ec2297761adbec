"""Labels where one key has 20 % of the events."""

from benchmarks import label_ours, label_peers
from benchmarks.case import Case, Step

CASE = Case(
    data=label_ours.data_of("hot"),
    sizes=(1_000_000, 10_000_000),
    steps=(
        Step(what="**headrace**, files to files", prepare=label_ours.files, of="hot"),
        Step(what="**headrace**, in memory", prepare=label_ours.memory, of="hot"),
        Step(
            what="Feast on DuckDB, in memory",
            prepare=label_peers.feast_duckdb,
            of="hot",
            peer=True,
            most_rows=1_000_000,
        ),
        Step(what="Polars join_asof, in memory", prepare=label_peers.polars, of="hot", peer=True),
        Step(what="DuckDB ASOF JOIN, in memory", prepare=label_peers.duckdb_asof, of="hot", peer=True),
        Step(what="DuckDB ASOF JOIN, files to files", prepare=label_peers.duckdb_files, of="hot", peer=True),
    ),
    check=lambda work: label_ours.differ(work, "hot", unlike=("feast_dask",)),
)
