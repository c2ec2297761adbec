"""The label join from files to folders."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from headrace.alarms import Alarm
from headrace.config.templates import refuse_placeholders
from headrace.execution import Engine, Observer, Results
from headrace.files.inputs import Inputs
from headrace.keyed.bucket_files import read_json
from headrace.keyed.buckets import bucket_count
from headrace.keyed.join_files import check_payload, output_folders, run_join, staging_of, sum_counts
from headrace.keyed.schemas import SideSchema, read_side_schema
from headrace.keyed.side_names import EVENTS
from headrace.labels import facts
from headrace.labels.alarms import alarms_of
from headrace.labels.check import check_columns
from headrace.labels.event_status import EVENT_PARTS
from headrace.labels.facts import LabelFacts
from headrace.labels.join import added_types, by_name
from headrace.labels.outcome_status import OUTCOME_PARTS
from headrace.labels.plan import JOIN, join_plan
from headrace.labels.spec import LabelSpec
from headrace.labels.steps import Job, Shard
from headrace.ledger import Ledger
from headrace.times.zones import database_version
from headrace.values import ColumnType

_log = logging.getLogger("headrace.labels")


@dataclass(frozen=True, kw_only=True)
class LabelJoinResult:
    """What a join of label files did.

    Attributes:
        ledgers: `events` = labeled + immature + excluded; and for each source, `outcomes` where there is one, = used +
            superseded + orphan + duplicate + late + held_back.
        details: the same rows by detail.
        labels: facts of each label: coverage, balance, delays.
        rows: labeled events by split.
        alarms: what is wrong with the whole: ORPHANS, LATE, COVERAGE, NOTHING_LABELED.
        types: of the columns of the examples, as far as the shards say what these hold.
        remarks: in which unit times were read that are whole numbers, where that was found by their range.
    """

    ledgers: Mapping[str, Ledger]
    details: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, LabelFacts]
    rows: Mapping[str, int]
    alarms: Sequence[Alarm]
    types: Mapping[str, ColumnType]
    remarks: Sequence[str]

    def to_json(self) -> str:
        """The text of `ledger.json`: `ledgers`, `details`, `labels`, `rows`, `alarms` and `remarks`."""
        data = {
            "ledgers": {name: ledger.to_dict() for name, ledger in self.ledgers.items()},
            "details": {name: dict(sorted(counts.items())) for name, counts in self.details.items()},
            "labels": {name: of_label.to_dict() for name, of_label in self.labels.items()},
            "rows": dict(self.rows),
            "alarms": [alarm.to_dict() for alarm in self.alarms],
            "remarks": list(self.remarks),
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def join_label_files(
    spec: LabelSpec,
    *,
    events: Sequence[str],
    outcomes: Sequence[str] | Mapping[str, Sequence[str]],
    examples_dir: str,
    unlabeled_dir: str,
    unused_dir: str,
    engine: Engine | Executor | str | None = None,
    payload: str = "parquet",
    on_progress: Observer | None = None,
) -> LabelJoinResult:
    """Joins Parquet shards of outcomes to those of events, and writes what becomes of every row.

    `examples_dir/Split-<name>/part-0000i-of-0000B.parquet` has the labeled events in feature layout, labels
    appended, and `ledger.json` beside the splits. `unlabeled_dir` and `unused_dir` have shards of the events that are
    held back or excluded and of the outcomes that became no label: columns in feature layout, with flat texts `reason`
    and `detail`; with several sources these outcomes have a folder for each. Shard i holds bucket i, ordered by time,
    keys and a hash of the row: the same bytes for the same rows, whatever their order, the files they came in, the
    engine and its number of workers. The folders appear whole or not at all.

    Args:
        spec: what to join and how.
        events: paths of Parquet shards, flat or in feature layout.
        outcomes: likewise; by name where the spec has several sources.
        examples_dir: where the examples go; what was there is replaced, as in the other two.
        unlabeled_dir: where events without label go.
        unused_dir: where outcomes go that became no label.
        engine: what runs the work: an engine, its name (`threads:4`, `dask://host:8786`) or an executor; None: what
            `HEADRACE_ENGINE` names, else threads of this process, one a core and four at the most, since each holds a
            bucket.
        payload: of the examples: `parquet`, or `tf_example`, which writes gzipped TFRecords named
            `data_tfrecord-0000i-of-0000B.gz` and needs tfx-bsl. All else is Parquet.
        on_progress: called with a step's name, and how many of its elements are done, of how many.

    Raises:
        UsageError: the columns are not what the spec says, it has placeholders without a value, there are no files, or
            payload or engine are unknown.
        DataError: files can't be read or change while they are, or values can't be what the spec says.
        LedgerError: rows were lost.
    """
    check_payload(payload)
    refuse_placeholders(spec.to_json())
    sides: dict[str, Sequence[str]] = {EVENTS: events, **by_name(outcomes, spec)}
    inputs = Inputs(path for paths in sides.values() for path in paths)
    found = _read_sides(sides, spec)
    schemas = {side: of_side.schema for side, of_side in found.items()}
    check_columns(spec, schemas[EVENTS], schemas)
    shards = [
        Shard(side=side, index=index, path=path) for side, paths in sides.items() for index, path in enumerate(paths)
    ]
    buckets = spec.buckets or bucket_count(sum(one.cells for one in found.values()))
    totals = {side: of_side.rows for side, of_side in found.items()}
    counts = {"rows": totals, "buckets": buckets, "time_zones": database_version()}
    _log.info("joining labels in %d buckets", buckets, extra=counts)
    with (
        output_folders(examples_dir, unlabeled_dir, unused_dir) as (examples_out, unlabeled_out, unused_out),
        inputs.unchanged(),
    ):
        job = Job(
            spec=spec,
            buckets=buckets,
            sides=found,
            added_types=added_types(spec, {side: of_side.types for side, of_side in found.items()}),
            staging=staging_of(examples_out),
            examples_dir=examples_out,
            unlabeled_dir=unlabeled_out,
            unused_dir=unused_out,
            payload=payload,
        )

        def summarize(results: Results) -> LabelJoinResult:
            return _summary(results, job, totals)

        result = run_join(join_plan(shards, job), examples_out, summarize, engine=engine, log=_log, observe=on_progress)
    for name, ledger in result.ledgers.items():
        _log.info("%s", ledger, extra={"ledger": name, "parts": dict(ledger.parts)})
    for remark in result.remarks:
        _log.warning("%s", remark)
    for alarm in result.alarms:
        _log.warning("%s", alarm, extra={"alarm": alarm.code, "share": alarm.share})
    return result


def _read_sides(sides: Mapping[str, Sequence[str]], spec: LabelSpec) -> dict[str, SideSchema]:
    found = {
        EVENTS: read_side_schema(
            EVENTS, sides[EVENTS], keys=spec.event_keys, times=[spec.event_time], declared=spec.times
        )
    }
    for source in spec.outcome_sources:
        found[source.name] = read_side_schema(
            source.name,
            sides[source.name],
            keys=spec.compared(source),
            times=source.time_columns,
            declared=spec.times_of(source),
        )
    return found


def _summary(results: Results, job: Job, totals: Mapping[str, int]) -> LabelJoinResult:
    """Adds up what was written; ledgers compare it with the number of rows that the footers of the input state."""
    spec = job.spec
    counts = [read_json(job.staging, path) for path in results[JOIN]]
    rows = sum_counts([count["splits"] for count in counts], tuple(spec.splits))
    ledgers = {}
    for side, total in totals.items():
        names = EVENT_PARTS if side == EVENTS else OUTCOME_PARTS
        parts = sum_counts([count["parts"][side] for count in counts], names)
        if side == EVENTS:
            parts["labeled"] = sum(rows.values())
        ledgers[side] = Ledger(subject=side, total=total, parts=parts)
    labels = {
        label.name: facts.total(LabelFacts(**count["labels"][label.name]) for count in counts) for label in spec.labels
    }
    details = {side: sum_counts([count["details"][side] for count in counts]) for side in totals}
    return LabelJoinResult(
        ledgers=ledgers,
        details=details,
        labels=labels,
        rows=rows,
        alarms=alarms_of(spec, ledgers, labels, details),
        types={**job.sides[EVENTS].types, **job.added_types},
        remarks=[remark for side in job.sides.values() for remark in side.remarks],
    )
