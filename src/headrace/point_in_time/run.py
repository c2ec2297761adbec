"""The feature join from files to folders."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from headrace.alarms import Alarm
from headrace.execution import Engine, Observer, Results
from headrace.files.inputs import Inputs
from headrace.keyed.bucket_files import read_json
from headrace.keyed.buckets import bucket_count
from headrace.keyed.join_files import check_payload, output_folders, run_join, staging_of, sum_counts
from headrace.keyed.schemas import SideSchema, read_side_schema
from headrace.keyed.side_names import EVENTS
from headrace.ledger import Ledger
from headrace.point_in_time.check import check_columns, refuse_other_tables
from headrace.point_in_time.join import alarms_of, ledgers_of
from headrace.point_in_time.lookup_result import EVENT_STATUSES, ROW_STATUSES, FeatureFacts, total
from headrace.point_in_time.plan import FINISH, JOIN, join_plan
from headrace.point_in_time.spec import PointInTimeSpec
from headrace.point_in_time.steps import File, Job
from headrace.values import ColumnType

_log = logging.getLogger("headrace.point_in_time")


@dataclass(frozen=True, kw_only=True)
class FeatureJoinResult:
    """What a join of feature files did.

    Attributes:
        ledgers: `events` = matched + unmatched; and for each table `<table>` = used + unused + no_key + no_time and
            `events.<table>` = matched + absent + expired + no_key + no_time.
        features: facts of each feature: coverage, and the age of what was found.
        rows: events by split.
        alarms: COVERAGE of each table that has something for too few events.
        types: of the columns of the examples, as far as the shards say what these hold.
        remarks: in which unit times were read that are whole numbers, where that was found by their range.
    """

    ledgers: Mapping[str, Ledger]
    features: Mapping[str, FeatureFacts]
    rows: Mapping[str, int]
    alarms: Sequence[Alarm]
    types: Mapping[str, ColumnType]
    remarks: Sequence[str]

    def to_json(self) -> str:
        """The text of `ledger.json`: `ledgers`, `features`, `rows`, `alarms` and `remarks`."""
        data = {
            "ledgers": {name: ledger.to_dict() for name, ledger in self.ledgers.items()},
            "features": {name: facts.to_dict() for name, facts in self.features.items()},
            "rows": dict(self.rows),
            "alarms": [alarm.to_dict() for alarm in self.alarms],
            "remarks": list(self.remarks),
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def join_feature_files(
    spec: PointInTimeSpec,
    *,
    events: Mapping[str, Sequence[str]],
    tables: Mapping[str, Sequence[str]],
    examples_dir: str,
    engine: Engine | Executor | str | None = None,
    payload: str = "parquet",
    on_progress: Observer | None = None,
) -> FeatureJoinResult:
    """Gives events features from tables, from Parquet shards to Parquet shards, split by split.

    `examples_dir/Split-<name>/part-0000i-of-0000S.parquet` has the events of a split, features appended, in feature
    layout, and `ledger.json` beside the splits. A hash of the keys of the events decides about the shard of a row;
    rows of a shard are ordered by time, keys and a hash of the row. So the same rows give the same bytes, whatever
    their order, the files they came in, the number of buckets, the engine and its number of workers. The folder
    appears whole or not at all.

    Args:
        spec: what to join and how.
        events: paths of Parquet shards, flat or in feature layout, by split.
        tables: likewise, by table: of one or several spans.
        examples_dir: where the examples go; what was there is replaced.
        engine: what runs the work: an engine, its name (`threads:4`, `dask://host:8786`) or an executor; None: what
            `HEADRACE_ENGINE` names, else threads of this process, one a core and four at the most, since each holds a
            bucket.
        payload: of the examples: `parquet`, or `tf_example`, which writes gzipped TFRecords and needs tfx-bsl.
        on_progress: called with a step's name, and how many of its elements are done, of how many.

    Raises:
        UsageError: the columns are not what the spec says, there are no files, or payload or engine are unknown.
        DataError: files can't be read or change while they are, or values can't be what the spec says.
        LedgerError: rows were lost.
    """
    check_payload(payload)
    refuse_other_tables(spec, tables)
    inputs = Inputs(path for side in (events, tables) for paths in side.values() for path in paths)
    sides = _read_sides(events, tables, spec)
    of_events = sides[EVENTS]
    check_columns(spec, of_events.schema, {name: sides[name].schema for name in tables})
    totals = {name: side.rows for name, side in sides.items()}
    buckets = spec.buckets or bucket_count(sum(side.cells for side in sides.values()))
    shards = spec.shards or bucket_count(of_events.cells)
    counts = {"rows": totals, "buckets": buckets, "shards": shards}
    added: dict[str, ColumnType] = {}
    for table in spec.tables:
        added.update(table.feature_types(sides[table.name].types))
    _log.info("joining features in %d buckets to %d shards", buckets, shards, extra=counts)
    with output_folders(examples_dir) as (examples_out,), inputs.unchanged():
        job = Job(
            spec=spec,
            buckets=buckets,
            shards=shards,
            sides=sides,
            added_types=added,
            splits=list(events),
            staging=staging_of(examples_out),
            examples_dir=examples_out,
            payload=payload,
        )

        def summarize(results: Results) -> FeatureJoinResult:
            return _summary(results, job, totals)

        plan = join_plan(_files(events, tables), job)
        result = run_join(plan, examples_out, summarize, engine=engine, log=_log, observe=on_progress)
    for name, ledger in result.ledgers.items():
        _log.info("%s", ledger, extra={"ledger": name, "parts": dict(ledger.parts)})
    for remark in result.remarks:
        _log.warning("%s", remark)
    for alarm in result.alarms:
        _log.warning("%s", alarm, extra={"alarm": alarm.code, "share": alarm.share})
    return result


def _read_sides(
    events: Mapping[str, Sequence[str]], tables: Mapping[str, Sequence[str]], spec: PointInTimeSpec
) -> dict[str, SideSchema]:
    own = [name for table in spec.tables for name in table.own_columns]
    paths = [path for of_split in events.values() for path in of_split]
    of_events = read_side_schema(
        EVENTS, paths, keys=[*spec.event_keys, *own], times=[spec.event_time], declared=spec.times
    )
    of_tables = {
        table.name: read_side_schema(
            table.name,
            tables[table.name],
            keys=[*table.key_columns.values(), *table.own_columns.values()],
            times=table.time_columns,
            declared=spec.times_of(table),
        )
        for table in spec.tables
    }
    return {EVENTS: of_events, **of_tables}


def _files(events: Mapping[str, Sequence[str]], tables: Mapping[str, Sequence[str]]) -> list[File]:
    files: list[File] = []
    for is_events, sources in ((True, events), (False, tables)):
        for name, paths in sources.items():
            for index, path in enumerate(paths):
                files.append(File(is_events=is_events, name=name, index=index, number=len(files), path=path))
    return files


def _summary(results: Results, job: Job, totals: Mapping[str, int]) -> FeatureJoinResult:
    """Adds up what was written; ledgers compare it with the number of rows that the footers of the input state."""
    spec = job.spec
    shards = [read_json(job.staging, path) for path in results[FINISH]]
    buckets = [read_json(job.staging, joined.counts) for joined in results[JOIN]]
    parts = {EVENTS: sum_counts([count["parts"] for count in shards], ("matched", "unmatched"))}
    of_events, facts = {}, {}
    for table in spec.tables:
        counts = [count[table.name] for count in buckets if table.name in count]
        parts[table.name] = sum_counts([count["rows"] for count in counts], ROW_STATUSES)
        of_events[table.name] = sum_counts([count["events"] for count in counts], EVENT_STATUSES)
        for name in table.feature_columns:
            facts[name] = total(FeatureFacts(**count["facts"][name]) for count in counts)
    ledgers = ledgers_of(spec, parts, of_events, totals)
    return FeatureJoinResult(
        ledgers=ledgers,
        features={name: facts[name] for name in spec.features},
        rows=sum_counts([count["splits"] for count in shards], tuple(job.splits)),
        alarms=alarms_of(spec, ledgers),
        types={**job.sides[EVENTS].types, **job.added_types},
        remarks=[remark for side in job.sides.values() for remark in side.remarks],
    )
