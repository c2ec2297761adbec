"""Shards of examples in the two payloads that TFX knows: Parquet, and gzipped TFRecords (which need tfx-bsl)."""

from __future__ import annotations

import os

import pyarrow as pa

from headrace.errors import UsageError
from headrace.examples.layout import to_features, write_parquet
from headrace.files.outputs import whole_file

SUFFIXES = {"parquet": ".parquet", "tf_example": ".gz"}
BATCH_ROWS = 16_384


def write_shard(rows: pa.Table, path: str, payload: str) -> None:
    """Writes flat rows, or features, as one shard, whole or not at all."""
    with whole_file(path) as staging:
        if payload == "parquet":
            write_parquet(rows, staging)
        else:
            _write_tf_examples(rows, staging)


def shard_name(number: int, count: int, payload: str) -> str:
    """`part-00000-of-00003.parquet`; the name that TFX expects for TFRecords is `data_tfrecord-...`."""
    stem = "part" if payload == "parquet" else "data_tfrecord"
    return f"{stem}-{number:05d}-of-{count:05d}{SUFFIXES[payload]}"


def split_folder(examples_dir: str, split: str) -> str:
    """`Split-train`."""
    return os.path.join(examples_dir, f"Split-{split}")


def _write_tf_examples(rows: pa.Table, path: str) -> None:
    try:
        from headrace.examples.tf_examples import write_tf_examples
    except ImportError as error:
        raise UsageError("payload tf_example needs tfx-bsl: pip install 'headrace[tfx]'") from error
    write_tf_examples(to_features(rows), path, batch_rows=BATCH_ROWS)
