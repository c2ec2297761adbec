"""The join from files to files: workers, ledgers, outputs in their place. Imports Beam only for a pipeline given."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headrace.alarms import Alarm
from headrace.errors import UsageError
from headrace.examples.shards import SUFFIXES
from headrace.files.outputs import whole_directory
from headrace.keyed.buckets import bucket_count
from headrace.keyed.schemas import find
from headrace.ledger import Ledger
from headrace.point_in_time.check import check_columns
from headrace.point_in_time.found import FeatureFacts, total
from headrace.point_in_time.join import EVENTS, alarms_of, ledgers_of
from headrace.point_in_time.shards import File, Job, counts_of
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.threads import join_here

if TYPE_CHECKING:
    import apache_beam as beam

LEDGER_NAME = "ledger.json"


@dataclass(frozen=True, kw_only=True)
class JoinResult:
    """What the join did.

    Attributes:
        ledgers: `events` = matched + unmatched; and for each table `<table>` = used + unused + no_key + no_time and
            `events.<table>` = matched + absent + expired + no_key + no_time.
        features: facts of each feature: coverage, and the age of what was found.
        rows: events by split.
        alarms: COVERAGE of each table that has something for too few events.
    """

    ledgers: Mapping[str, Ledger]
    features: Mapping[str, FeatureFacts]
    rows: Mapping[str, int]
    alarms: Sequence[Alarm]

    def to_json(self) -> str:
        """What `ledger.json` holds: `ledgers`, `features`, `rows` and `alarms`."""
        data = {
            "ledgers": {name: ledger.to_dict() for name, ledger in self.ledgers.items()},
            "features": {name: facts.to_dict() for name, facts in self.features.items()},
            "rows": dict(self.rows),
            "alarms": [alarm.to_dict() for alarm in self.alarms],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def join(
    spec: PointInTimeSpec,
    *,
    events: Mapping[str, Sequence[str]],
    tables: Mapping[str, Sequence[str]],
    examples_dir: str,
    make_pipeline: Callable[[], beam.Pipeline] | None = None,
    workers: int | None = None,
    payload: str = "parquet",
) -> JoinResult:
    """Gives events features from tables, from Parquet shards to Parquet shards, split by split.

    `examples_dir/Split-<name>/part-0000i-of-0000S.parquet` has the events of a split, features appended, in feature
    layout, and `ledger.json` beside the splits. Rows are spread over the shards by a hash of the keys of the events,
    and ordered by time, keys and a hash of the row: the same bytes at any order and cut of the input, any number of
    buckets and of workers. The folder appears whole or not at all.

    Args:
        spec: what to join and how.
        events: paths of Parquet shards, flat or in feature layout, by split.
        tables: likewise, by table: of one or several spans.
        examples_dir: where the examples go; what was there is replaced.
        make_pipeline: the Beam pipeline to run on; by default threads of this process do the work.
        workers: how many threads; by default one a core, four at the most, since each holds a bucket.
        payload: of the examples: `parquet`, or `tf_example`, which writes gzipped TFRecords and needs tfx-bsl.

    Raises:
        UsageError: the columns are not what the spec says, there are no files, or the payload is neither.
        DataError: files can't be read, or values can't be what the spec says.
        LedgerError: rows were lost.
    """
    if payload not in SUFFIXES:
        raise UsageError(f"payload must be one of {', '.join(SUFFIXES)}, got {payload!r}")
    of_events = find(EVENTS, [path for paths in events.values() for path in paths])
    of_tables = {name: find(name, paths) for name, paths in tables.items()}
    check_columns(spec, of_events.schema, {name: found.schema for name, found in of_tables.items()})
    cells_of_events = of_events.rows * len(of_events.schema)
    cells = cells_of_events + sum(found.rows * len(found.schema) for found in of_tables.values())
    files = _files(events, tables)
    with whole_directory(examples_dir) as out:
        job = Job(
            spec=spec,
            buckets=spec.buckets or bucket_count(cells),
            shards=spec.shards or bucket_count(cells_of_events),
            schemas={EVENTS: of_events.schema, **{name: found.schema for name, found in of_tables.items()}},
            splits=list(events),
            staging=os.path.join(out, ".staging"),
            examples_dir=out,
            payload=payload,
        )
        if make_pipeline is None:
            join_here(files, job, workers)
        else:
            _join_on(make_pipeline, files, job)
        totals = {EVENTS: of_events.rows, **{name: found.rows for name, found in of_tables.items()}}
        result = _result(job, totals)
        shutil.rmtree(job.staging)
        with open(os.path.join(out, LEDGER_NAME), "w") as file:
            file.write(result.to_json())
    return result


def _join_on(make_pipeline: Callable[[], beam.Pipeline], files: Sequence[File], job: Job) -> None:
    from headrace.point_in_time.beam import JoinFeatures

    with make_pipeline() as pipeline:
        _ = pipeline | "JoinFeatures" >> JoinFeatures(files, job)


def _files(events: Mapping[str, Sequence[str]], tables: Mapping[str, Sequence[str]]) -> list[File]:
    files: list[File] = []
    for is_events, sources in ((True, events), (False, tables)):
        for name, paths in sources.items():
            for index, path in enumerate(paths):
                files.append(File(is_events=is_events, name=name, index=index, number=len(files), path=path))
    return files


def _result(job: Job, totals: Mapping[str, int]) -> JoinResult:
    """Adds up what was written, and holds it against the rows that the footers of the input told of."""
    spec = job.spec
    shards: list[Any] = counts_of(job, "shard", map(str, range(job.shards)))
    parts: dict[str, Mapping[str, int]] = {EVENTS: _sum(count["parts"] for count in shards)}
    of_events, facts = {}, {}
    for group, tables in enumerate(spec.groups):
        buckets: list[Any] = counts_of(job, "bucket", (f"{group}-{bucket}" for bucket in range(job.buckets)))
        for table in tables:
            counts = [count[table.name] for count in buckets]
            parts[table.name] = _sum(count["rows"] for count in counts)
            of_events[table.name] = _sum(count["events"] for count in counts)
            for name in table.feature_columns:
                facts[name] = total(FeatureFacts(**count["facts"][name]) for count in counts)
    ledgers = ledgers_of(spec, parts, of_events, totals)
    rows = _sum(count["splits"] for count in shards)
    return JoinResult(
        ledgers=ledgers,
        features={name: facts[name] for name in spec.features},
        rows={name: rows[name] for name in job.splits},
        alarms=alarms_of(spec, ledgers),
    )


def _sum(counts: Any) -> Counter[str]:
    return sum((Counter(count) for count in counts), Counter())
