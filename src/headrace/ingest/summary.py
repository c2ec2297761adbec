"""From the counts of all chunks to the result: ledgers by file and source, and every alarm."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from headrace import ledger as ledgers
from headrace.alarms import Alarm
from headrace.errors import DataError, HeadraceError, LedgerError
from headrace.files.storage import open_file
from headrace.ingest.faults.null_field import NulledValues, merge_nulled
from headrace.ingest.formats.file_format import Chunk, InputFile
from headrace.ingest.health.alarms import health_alarms
from headrace.ingest.health.column_changes import column_changes, field_changes
from headrace.ingest.result import IngestResult, alarms, null_alarms
from headrace.ingest.spec.fields import Field, column_types
from headrace.ingest.spec.ingest_spec import IngestSpec
from headrace.ingest.steps import ChunkCounts, PartCounts
from headrace.ledger import Ledger

NO_ROWS = Ledger(subject="rows", total=0, parts={"accepted": 0, "rejected": 0, "duplicate": 0, "withheld": 0})


def no_rows(spec: IngestSpec) -> Ledger:
    """An empty ledger; with a part for messages without a record where the spec unwraps those of a log collector."""
    return replace(NO_ROWS, parts={**NO_ROWS.parts, "control": 0}) if spec.unwraps else NO_ROWS


def by_file(chunks: Sequence[Chunk], counts: Sequence[ChunkCounts]) -> list[tuple[InputFile, list[PartCounts]]]:
    """The counts of each file, in order; `counts` are by index of the chunk.

    Raises:
        LedgerError: the rows of a chunk are not those of its files.
    """
    groups: list[tuple[InputFile, list[PartCounts]]] = []
    for chunk in chunks:
        found = counts[chunk.index]
        left = found.staged - sum(part.duplicate for part in found.parts)
        if left != sum(found.rows):
            raise LedgerError(f"{chunk.file.path}: {left:,} rows were to be written, {sum(found.rows):,} were")
        for part, count in zip(chunk.parts, found.parts, strict=True):
            if not groups or groups[-1][0] is not part.file:
                groups.append((part.file, []))
            groups[-1][1].append(count)
    return groups


def first_lines(chunks: Sequence[Chunk], counts: Sequence[ChunkCounts]) -> list[tuple[int, ...]]:
    """By index of the chunk, what is added, for each of its files, to a line that counts from the chunk's start.

    That is known only when the lines of the chunks before are counted.
    """
    found: list[tuple[int, ...]] = []
    file, line = None, 0
    for chunk in chunks:
        added, before = [], 0
        for part, count in zip(chunk.parts, counts[chunk.index].parts, strict=True):
            if part.file is not file:
                file, line = part.file, part.file.first_line
            added.append(line - before)
            line, before = line + count.lines, before + count.lines
        found.append(tuple(added))
    return found


def summarized(
    spec: IngestSpec,
    chunks: Sequence[Chunk],
    counts: Sequence[ChunkCounts],
    rejects: pa.Table,
    *,
    fields: Sequence[Field],
    lines: Sequence[tuple[int, ...]],
    time_spans: Callable[[int], pa.Table],
    earlier: IngestResult | None = None,
) -> IngestResult:
    """The result of all chunks, parsed by `fields`; `counts`, `lines` and `time_spans` are by index of the chunk.

    `lines` are those of `first_lines`.

    Raises:
        LedgerError: rows were lost.
    """
    files: dict[str, Ledger] = {}
    sources = {source.name: no_rows(spec) for source in spec.sources}
    columns: dict[str, list[str]] = {}
    for file, members in by_file(chunks, counts):
        ledger = ledgers.total(_ledger(count, spec) for count in members)
        files[file.path] = files[file.path] + ledger if file.path in files else ledger
        sources[file.source] = sources[file.source] + ledger
        columns[file.source] = list(dict.fromkeys([*columns.get(file.source, []), *(file.all_columns or ())]))
    nulled = [one for chunk in chunks for one in _nulled(chunk, counts[chunk.index], lines[chunk.index])]
    kinds = {one.name: one.kind for one in fields}
    # By field and reason, however the files are cut into chunks; of each the first in the order of the input first.
    place = {name: number for number, name in enumerate(kinds)}
    nulled.sort(key=lambda one: (place[one.field], one.reason))
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


def _ledger(counts: PartCounts, spec: IngestSpec) -> Ledger:
    parts = {
        "accepted": counts.rows - counts.duplicate,
        "rejected": counts.rejected,
        "duplicate": counts.duplicate,
        "withheld": counts.withheld,
        **({"control": counts.control} if spec.unwraps else {}),
    }
    return Ledger(subject="rows", total=counts.records + counts.control, parts=parts)


def _nulled(chunk: Chunk, counts: ChunkCounts, lines: Sequence[int]) -> Iterator[NulledValues]:
    if not counts.nulled:
        return
    ends = list(itertools.accumulate(part.lines for part in counts.parts[:-1]))
    for one in counts.nulled:
        at = bisect.bisect_right(ends, one.line)
        file = chunk.parts[at].file
        yield replace(one, line=one.line + lines[at], file=file.path, source=file.source)


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
