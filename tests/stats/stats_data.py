"""Rows to make statistics of: real ones from beside the repository, and generated ones with what is hard."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pytest

from headrace.examples.layout import to_features
from headrace.stats import statistics

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def real(name: str) -> pa.Table:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"the real data are not here: {path}")
    table = pcsv.read_csv(path, convert_options=pcsv.ConvertOptions(strings_can_be_null=True))
    return to_features(table)


def generated(rows: int = 3000, seed: int = 0) -> pa.Table:
    """Nulls, empty lists, several values a row, text that is not ASCII or not UTF-8, NaN; identifiers."""
    draw = np.random.default_rng(seed)
    words = np.array(["Köln", "", "東京", "a", "b|c"], dtype=object)
    lengths = draw.integers(0, 4, rows)
    total = int(lengths.sum())
    tags = pa.ListArray.from_arrays(
        pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32()),
        pa.array([word.encode() for word in words[draw.integers(0, 5, total)]], pa.binary()),
    )
    pace = draw.normal(5, 1, rows)
    pace[::97] = np.nan
    table = pa.table(
        {
            "id": pa.array([f"e{i}" for i in range(rows)]),
            "city": pa.array(words[draw.zipf(1.4, rows) % 5], mask=draw.random(rows) < 0.1),
            "raw": pa.array([bytes([b]) for b in draw.integers(120, 140, rows)], pa.binary()),
            "tags": tags,
            "hour": pa.array(draw.integers(0, 24, rows), mask=draw.random(rows) < 0.2),
            "pace": pa.array(pace, mask=draw.random(rows) < 0.05),
            "never": pa.nulls(rows, pa.float64()),
        }
    )
    return to_features(table).set_column(
        3, "tags", pc.if_else(pa.array(lengths == 3), pa.scalar(None, tags.type), tags)
    )


def ours():
    """The modules that import TFDV, as one."""
    pytest.importorskip("tensorflow_data_validation")
    from headrace.stats.tfdv import context, files, options, partials

    return SimpleNamespace(
        StatsContext=context.StatsContext,
        ALL_ROWS=partials.ALL_ROWS,
        partials_of=partials.partials_of,
        refuse_many_slices=partials.refuse_many_slices,
        merge=partials.merge,
        extract=partials.extract,
        in_order=partials.in_order,
        options=options.options,
        read_statistics=files.read_statistics,
        statistics=statistics,
    )


def stock_statistics(batches, options, path):
    """What TFDV's own Beam transform makes of some batches, by way of the file `path`."""
    import apache_beam as beam
    import tensorflow_data_validation as tfdv

    with beam.Pipeline(runner="FnApiRunner") as pipeline:
        _ = (
            pipeline
            | beam.Create(list(batches), reshuffle=False)
            | tfdv.GenerateStatistics(options)
            | tfdv.WriteStatisticsToBinaryFile(str(path))
        )
    return tfdv.load_stats_binary(str(path))
