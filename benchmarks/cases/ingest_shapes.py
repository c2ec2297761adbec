"""What the cases of many small files, wide tables and long lines share: headrace's `ingest` itself, and one COPY."""

import shutil
from collections.abc import Callable
from pathlib import Path


def ours(pattern: Path, out: Path, **source: str) -> Callable[[], object]:
    """Declares only where the files are, and how they are laid out."""
    import pyarrow as pa

    from headrace.ingest import IngestSpec, Source, ingest
    from headrace.ingest.formats.registry import load_formats

    load_formats()
    pa.array([0])  # with its first array pyarrow imports pandas, and imports are not measured
    spec = IngestSpec(sources=(Source(name="rows", pattern=str(pattern), **source),))
    return lambda: ingest(spec, examples_dir=str(out / "examples"), rejects_dir=str(out / "rejects"))


def copy(relation: str, out: Path) -> Callable[[], None]:
    """DuckDB's own reader, and its own types, into one Parquet file: no rejects, no counts by file, no splits."""
    import duckdb

    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)

    def run() -> None:
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"COPY (SELECT * FROM {relation}) TO '{out / 'rows.parquet'}' (FORMAT parquet)")

    return run


def lacks(rows: int, *outputs: Path) -> str:
    """Which output has another number of rows."""
    import pyarrow.dataset as ds

    found = {one.parent.name: ds.dataset(one, format="parquet").count_rows() for one in outputs}
    return "" if set(found.values()) == {rows} else f"expected {rows:,} rows, got {found}"
