"""Outcomes joined to events as labels, keys of about 20 events: headrace against libraries that have an as-of join."""

from benchmarks import label_ours, label_peers
from benchmarks.case import Case, Step

CASE = Case(
    data=label_ours.data_of("runners"),
    sizes=(1_000_000, 10_000_000),
    steps=(
        Step(what="**headrace**, files to files", prepare=label_ours.files, of="runners"),
        Step(what="**headrace**, in memory", prepare=label_ours.memory, of="runners"),
        Step(what="**headrace LabelJoin**, the component", prepare=label_ours.component, of="runners"),
        Step(what="Feast on DuckDB, in memory", prepare=label_peers.feast_duckdb, of="runners", peer=True),
        Step(what="Feast on Dask (its default), in memory", prepare=label_peers.feast_dask, of="runners", peer=True),
        Step(what="pandas merge_asof, in memory", prepare=label_peers.pandas, of="runners", peer=True),
        Step(what="Polars join_asof, in memory", prepare=label_peers.polars, of="runners", peer=True),
        Step(what="DuckDB ASOF JOIN, in memory", prepare=label_peers.duckdb_asof, of="runners", peer=True),
        Step(what="DuckDB range join, in memory", prepare=label_peers.duckdb_range, of="runners", peer=True),
        Step(what="DuckDB ASOF JOIN, files to files", prepare=label_peers.duckdb_files, of="runners", peer=True),
    ),
    check=lambda work: label_ours.differ(work, "runners", unlike=("feast_dask",)),
)
