"""Paths on the command line as Parquet shards: folders that `headrace ingest` wrote, or plain files.

out                      out/examples/Split-*/*.parquet
out/examples             out/examples/Split-*/*.parquet
shards                   shards/*.parquet
day-*.parquet            each of them
answers.csv              typed by the rules of `headrace infer-spec` and written as a shard
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from headrace.errors import DataError, UsageError
from headrace.files.storage import exists, is_folder, is_remote, matches, open_file

IN_FOLDERS = ("examples/Split-*/*.parquet", "Split-*/*.parquet", "*.parquet")
RECORDS = ("examples/Split-*/*.gz", "Split-*/*.gz")
SPLIT = "Split-"
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class ShardFolder:
    """A folder of shards that are made of plain files; `made`: the file of each shard."""

    folder: str
    made: dict[str, str] = field(default_factory=dict)

    def shards_of(self, paths: Sequence[str]) -> list[str]:
        """Paths of Parquet shards with the rows of `paths`; plain files are written as shards into the folder.

        Raises:
            UsageError: a path does not exist, or holds nothing that can be read.
            DataError: a plain file has rows that can't be read; only `headrace ingest` can set them aside.
        """
        files = _listed(paths)
        shards = [_as_shard(file, self.folder) for file in files]
        self.made.update({shard: file for shard, file in zip(shards, files, strict=True) if shard != file})
        return shards


@contextmanager
def shard_folder() -> Iterator[ShardFolder]:
    """A folder for shards, which is removed at the end. Errors name the files that shards were made of.

    Raises:
        DataError, UsageError: as raised inside; a row is counted in the records of the file.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
        shards = ShardFolder(folder=folder)
        try:
            yield shards
        except (DataError, UsageError) as error:
            words = str(error)
            for shard, file in shards.made.items():
                words = words.replace(shard, file)
            if words == str(error):
                raise
            raise (DataError if isinstance(error, DataError) else UsageError)(words) from error


def _listed(paths: Sequence[str]) -> list[str]:
    """The files that paths and patterns name, each once."""
    files = [file for path in paths for file in (_in_folder(path) if is_folder(path) else _files(path))]
    places = [file if is_remote(file) else os.path.realpath(file) for file in files]
    twice = sorted({file for file, place in zip(files, places, strict=True) if places.count(place) > 1})
    if twice:
        raise UsageError(f"named twice: {', '.join(twice)}")
    return files


def _in_folder(path: str) -> list[str]:
    for pattern in IN_FOLDERS:
        if found := matches(os.path.join(glob.escape(path), pattern)):
            return found
    if any(matches(os.path.join(glob.escape(path), pattern)) for pattern in RECORDS):
        raise UsageError(f"{path} holds tf.Example records: ingest with --payload parquet")
    raise UsageError(f"{path} holds no Parquet shards: expected what `headrace ingest --out` wrote, or *.parquet")


def _files(path: str) -> list[str]:
    if exists(path):
        return [path]
    found = matches(path)
    if not found:
        raise UsageError(f"no such file: {path}")
    return found


def _as_shard(path: str, folder: str) -> str:
    with open_file(path) as stream:
        if stream.read(4) == b"PAR1":
            return path
    import pyarrow.parquet as pq

    from headrace.ingest import read_table
    from headrace.ingest.infer_spec import infer

    record = infer([path]).spec.record
    if record is not None:
        # To floor parts below a microsecond would bring an outcome before its event: such times are rejects here.
        record = replace(record, fields=tuple(replace(field, finer="refuse") for field in record.fields))
    rows, rejects, ledger = read_table(path, record=record)
    if rejects.num_rows:
        lines = [f"line {row['line']}: {row['words']}" for row in rejects.slice(0, SHOWN).to_pylist()]
        raise DataError(
            f"{path}: {rejects.num_rows:,} of {ledger.total:,} rows can't be read ({'; '.join(lines)}): "
            "fix them, or run `headrace ingest` on the file, which writes them to rejects"
        )
    shard = os.path.join(folder, f"{len(os.listdir(folder)):05d}.parquet")
    pq.write_table(rows, shard)  # as they are: features hold fewer digits, and no times with fractions
    return shard


def by_split(shards: Sequence[str]) -> dict[str, list[str]]:
    """Shards by split: that of a folder `Split-<name>`, or `all` for shards in any other folder."""
    splits: dict[str, list[str]] = {}
    for path in shards:
        folder = os.path.basename(os.path.dirname(path if is_remote(path) else os.path.abspath(path)))
        splits.setdefault(folder[len(SPLIT) :] if folder.startswith(SPLIT) else "all", []).append(path)
    return splits
