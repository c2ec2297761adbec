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
from headrace.config.templates import refuse_unfilled
from headrace.errors import LedgerError, UsageError
from headrace.examples.shards import SUFFIXES
from headrace.files.outputs import whole_directory
from headrace.keyed.buckets import bucket_count
from headrace.keyed.schemas import find
from headrace.labels import facts
from headrace.labels.alarms import alarms_of
from headrace.labels.columns import check_columns
from headrace.labels.facts import LabelFacts
from headrace.labels.fates import EVENT_PARTS, OUTCOME_PARTS
from headrace.labels.join import EVENTS, by_name
from headrace.labels.shards import Job, Shard, counts_path
from headrace.labels.spec import LabelSpec
from headrace.labels.threads import join_here
from headrace.ledger import Ledger

if TYPE_CHECKING:
    import apache_beam as beam

LEDGER_NAME = "ledger.json"


@dataclass(frozen=True, kw_only=True)
class JoinResult:
    """What the join did.

    Attributes:
        ledgers: `events` = labeled + immature + excluded; and by source, `outcomes` where there is one, = used +
            superseded + orphan + duplicate + late + held_back.
        details: the same rows by detail.
        labels: facts of each label: coverage, balance, delays.
        rows: labeled events by split.
        alarms: what is wrong with the whole: ORPHANS, LATE, COVERAGE, NOTHING_LABELED.
    """

    ledgers: Mapping[str, Ledger]
    details: Mapping[str, Mapping[str, int]]
    labels: Mapping[str, LabelFacts]
    rows: Mapping[str, int]
    alarms: Sequence[Alarm]

    def to_json(self) -> str:
        """What `ledger.json` holds: `ledgers`, `details`, `labels`, `rows` and `alarms`."""
        data = {
            "ledgers": {name: ledger.to_dict() for name, ledger in self.ledgers.items()},
            "details": {name: dict(sorted(counts.items())) for name, counts in self.details.items()},
            "labels": {name: of_label.to_dict() for name, of_label in self.labels.items()},
            "rows": dict(self.rows),
            "alarms": [alarm.to_dict() for alarm in self.alarms],
        }
        return json.dumps(data, indent=2, ensure_ascii=False)


def join(
    spec: LabelSpec,
    *,
    events: Sequence[str],
    outcomes: Sequence[str] | Mapping[str, Sequence[str]],
    examples_dir: str,
    unlabeled_dir: str,
    unused_dir: str,
    make_pipeline: Callable[[], beam.Pipeline] | None = None,
    workers: int | None = None,
    payload: str = "parquet",
) -> JoinResult:
    """Joins Parquet shards of outcomes to those of events, and writes what becomes of every row.

    `examples_dir/Split-<name>/part-0000i-of-0000B.parquet` has the labeled events in feature layout, labels
    appended, and `ledger.json` beside the splits. `unlabeled_dir` and `unused_dir` have shards of the events that are
    held back or excluded and of the outcomes that became no label: columns in feature layout, with flat texts `reason`
    and `detail`; with several sources these outcomes have a folder for each. Shard i holds bucket i, ordered by time,
    keys and a hash of the row: the same bytes at any order and cut of the input and any number of workers. The folders
    appear whole or not at all.

    Args:
        spec: what to join and how.
        events: paths of Parquet shards, flat or in feature layout.
        outcomes: likewise; by name where the spec has several sources.
        examples_dir: where the examples go; what was there is replaced, as in the other two.
        unlabeled_dir: where events without label go.
        unused_dir: where outcomes go that became no label.
        make_pipeline: the Beam pipeline to run on; by default threads of this process do the work.
        workers: how many threads; by default one a core, four at the most, since each holds a bucket.
        payload: of the examples: `parquet`, or `tf_example`, which writes gzipped TFRecords named
            `data_tfrecord-0000i-of-0000B.gz` and needs tfx-bsl. All else is Parquet.

    Raises:
        UsageError: the columns are not what the spec says, it has places that nothing fills, there are no files, or the
            payload is neither.
        DataError: files can't be read, or values can't be what the spec says.
        LedgerError: rows were lost.
    """
    if payload not in SUFFIXES:
        raise UsageError(f"payload must be one of {', '.join(SUFFIXES)}, got {payload!r}")
    refuse_unfilled(spec.to_json())
    sides: dict[str, Sequence[str]] = {EVENTS: events, **by_name(outcomes, spec)}
    found = {side: find(side, paths) for side, paths in sides.items()}
    schemas = {side: of_side.schema for side, of_side in found.items()}
    check_columns(spec, schemas[EVENTS], schemas)
    shards = [
        Shard(side=side, index=index, path=path) for side, paths in sides.items() for index, path in enumerate(paths)
    ]
    with (
        whole_directory(unused_dir) as unused_out,
        whole_directory(unlabeled_dir) as unlabeled_out,
        whole_directory(examples_dir) as examples_out,
    ):
        job = Job(
            spec=spec,
            buckets=spec.buckets or bucket_count(sum(one.rows * len(one.schema) for one in found.values())),
            schemas=schemas,
            staging=os.path.join(examples_out, ".staging"),
            examples_dir=examples_out,
            unlabeled_dir=unlabeled_out,
            unused_dir=unused_out,
            payload=payload,
        )
        if make_pipeline is None:
            join_here(shards, job, workers)
        else:
            _join_on(make_pipeline, shards, job)
        result = _result(job, {side: of_side.rows for side, of_side in found.items()})
        shutil.rmtree(job.staging)
        with open(os.path.join(examples_out, LEDGER_NAME), "w") as file:
            file.write(result.to_json())
    return result


def _join_on(make_pipeline: Callable[[], beam.Pipeline], shards: Sequence[Shard], job: Job) -> None:
    from headrace.labels.beam import JoinShards

    with make_pipeline() as pipeline:
        _ = pipeline | "JoinLabels" >> JoinShards(shards, job)


def _result(job: Job, totals: Mapping[str, int]) -> JoinResult:
    """Adds up what was written, and holds it against the rows that the footers of the input told of."""
    spec = job.spec
    counts = [_counts(job, bucket) for bucket in range(job.buckets)]
    rows = _sum(count["splits"] for count in counts)
    parts = {side: _sum(count["parts"][side] for count in counts) for side in totals}
    parts[EVENTS]["labeled"] = sum(rows.values())
    ledgers = {
        side: Ledger(
            subject=side,
            total=total,
            parts={part: parts[side][part] for part in (EVENT_PARTS if side == EVENTS else OUTCOME_PARTS)},
        )
        for side, total in totals.items()
    }
    labels = {
        label.name: facts.total(LabelFacts(**count["labels"][label.name]) for count in counts) for label in spec.labels
    }
    details = {side: dict(_sum(count["details"][side] for count in counts)) for side in totals}
    return JoinResult(
        ledgers=ledgers,
        details=details,
        labels=labels,
        rows={name: rows[name] for name in spec.splits},
        alarms=alarms_of(spec, ledgers, labels, details),
    )


def _counts(job: Job, bucket: int) -> dict[str, Any]:
    path = counts_path(job, bucket)
    if not os.path.exists(path):
        raise LedgerError(f"bucket {bucket} was handed to a worker and lost")
    with open(path) as file:
        counts: dict[str, Any] = json.load(file)
    return counts


def _sum(counts: Any) -> Counter[str]:
    return sum((Counter(count) for count in counts), Counter())
