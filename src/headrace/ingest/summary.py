"""From the counts of all chunks to the result: ledgers by file and source, and every alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from headrace import ledger as ledgers
from headrace.alarms import Alarm
from headrace.errors import DataError, HeadraceError
from headrace.files.storage import open_file
from headrace.ingest.faults.null_field import NulledValues, merge_nulled
from headrace.ingest.formats.file_format import Chunk, InputFile
from headrace.ingest.health.alarms import health_alarms
from headrace.ingest.health.column_changes import column_changes, field_changes
from headrace.ingest.result import IngestResult, alarms, null_alarms
from headrace.ingest.spec.fields import Field, column_types
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.steps import ChunkCounts
from headrace.ledger import Ledger

NO_ROWS = Ledger(subject="rows", total=0, parts={"accepted": 0, "rejected": 0, "duplicate": 0, "withheld": 0})


def no_rows(spec: IngestSpec) -> Ledger:
    """An empty ledger; with a part for messages without a record where the spec unwraps those of a log collector."""
    return replace(NO_ROWS, parts={**NO_ROWS.parts, "control": 0}) if spec.unwraps else NO_ROWS


def by_file(chunks: Sequence[Chunk]) -> list[tuple[InputFile, list[Chunk]]]:
    """The chunks of each file, in order."""
    groups: list[tuple[InputFile, list[Chunk]]] = []
    for chunk in chunks:
        if not groups or groups[-1][0] is not chunk.file:
            groups.append((chunk.file, []))
        groups[-1][1].append(chunk)
    return groups


def summarized(
    spec: IngestSpec,
    chunks: Sequence[Chunk],
    counts: Sequence[ChunkCounts],
    rejects: pa.Table,
    *,
    fields: Sequence[Field],
    first_lines: Mapping[int, int],
    time_spans: Callable[[int], pa.Table],
    earlier: IngestResult | None = None,
) -> IngestResult:
    """The result of all chunks, parsed by `fields`; `counts`, `first_lines` and `time_spans` are by index of the chunk.

    Raises:
        LedgerError: rows were lost.
    """
    files: dict[str, Ledger] = {}
    sources = {source.name: no_rows(spec) for source in spec.sources}
    columns: dict[str, list[str]] = {}
    for file, members in by_file(chunks):
        ledger = ledgers.total(_ledger(counts[chunk.index], spec) for chunk in members)
        files[file.path] = files[file.path] + ledger if file.path in files else ledger
        sources[file.source] = sources[file.source] + ledger
        columns[file.source] = list(dict.fromkeys([*columns.get(file.source, []), *(file.all_columns or ())]))
    nulled = [one for chunk in chunks for one in _nulled(chunk, counts[chunk.index], first_lines[chunk.index])]
    kinds = {one.name: one.kind for one in fields}
    columns = {source: names for source, names in columns.items() if names}
    changes = []
    if earlier is not None:
        changes = [*field_changes(earlier.fields, kinds), *column_changes(earlier.columns, columns)]
    by_name: dict[str, dict[str, int]] = {}
    for one in merge_nulled(nulled):
        by_name.setdefault(one.field, {})[one.reason] = one.count
    return IngestResult(
        ledger=ledgers.total([no_rows(spec), *files.values()]),
        by_file=files,
        alarms=[
            *alarms(spec, sources, rejects),
            *(alarm for source in sources for alarm in _null_alarms(spec, source, sources[source], nulled)),
            *(alarm for source in spec.health for alarm in _health(spec, source, sources, chunks, counts, time_spans)),
            *changes,
        ],
        fields=kinds,
        rows={split: sum(count.rows[number] for count in counts) for number, split in enumerate(spec.splits)},
        nulled=by_name,
        columns=columns,
        types=column_types(fields),
    )


def earlier_result(path: str) -> IngestResult:
    """The result of an earlier span, from its `ledger.json`.

    Raises:
        DataError: it is not there or not the result of an ingest.
    """
    try:
        with open_file(path) as stream:
            return IngestResult.from_json(stream.read().decode())
    except (OSError, ValueError, KeyError, TypeError, HeadraceError) as error:
        raise DataError(f"earlier_ledger {path} is not the ledger.json of an ingest: {error}") from error


def _ledger(counts: ChunkCounts, spec: IngestSpec) -> Ledger:
    parts = {
        "accepted": sum(counts.rows),
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "withheld": counts.withheld,
        **({"control": counts.control} if spec.unwraps else {}),
    }
    return Ledger(subject="rows", total=counts.read, parts=parts)


def _nulled(chunk: Chunk, counts: ChunkCounts, first_line: int) -> Iterator[NulledValues]:
    for one in counts.nulled:
        yield replace(one, line=one.line + first_line, file=chunk.file.path, source=chunk.file.source)


def _null_alarms(spec: IngestSpec, source: str, ledger: Ledger, nulled: Sequence[NulledValues]) -> list[Alarm]:
    return null_alarms(spec, source, ledger, merge_nulled(one for one in nulled if one.source == source))


def _health(
    spec: IngestSpec,
    source: str,
    sources: Mapping[str, Ledger],
    chunks: Sequence[Chunk],
    counts: Sequence[ChunkCounts],
    time_spans: Callable[[int], pa.Table],
) -> list[Alarm]:
    health = spec.health[source]
    members = [chunk.index for chunk in chunks if chunk.file.source == source]
    same = spec.between is not None and spec.between.field == health.time_field
    return health_alarms(
        source,
        health,
        read=sources[source].total - sources[source]["withheld"] - sources[source].parts.get("control", 0),
        counts=[found for index in members if (found := counts[index].health)],
        time_spans=[time_spans(index) for index in members] if health.max_gap_us else [],
        ends=(spec.between.start_us, spec.between.end_us) if same and spec.between else None,
    )
