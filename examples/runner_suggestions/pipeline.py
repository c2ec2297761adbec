"""The DAG of one day.

profiles ----> Ingest ---.
runs --------> Ingest ---.
suggestions -> Ingest -> PointInTimeJoin -.
                          LabelJoin -> Stats -> SchemaCurator ---.
responses ---> Ingest ---'               '------------------------ SkewCheck -> blessed, report
serving -----> Ingest --------------> Stats ---------------------'
runs --------> Ingest --------------> Stats -> SchemaCurator ----- SkewCheck -> blessed, report
all of them -> Report
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.importer import Importer
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import BaseChannel, standard_artifacts

from examples.runner_suggestions import records
from headrace.labels import LabelSpec
from headrace_components import Ingest, LabelJoin, PointInTimeJoin, Report, SchemaCurator, SkewCheck, Stats
from headrace_pipelines.lineage import NodeRun


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """URIs of an earlier day's artifacts, to compare a later day with; empty on the first day.

    Each is a text, or a runtime parameter where a run gives it.
    """

    training_examples: str | RuntimeParameter = ""
    training_statistics: str | RuntimeParameter = ""
    training_schema: str | RuntimeParameter = ""
    runs_statistics: str | RuntimeParameter = ""
    runs_schema: str | RuntimeParameter = ""

    @classmethod
    def of(cls, nodes: Iterable[NodeRun]) -> Baseline:
        """The artifacts of a run."""
        uri = {(node.node, key): output.uri for node in nodes for key, output in node.outputs.items()}
        return cls(
            training_examples=uri["LabelJoin", "examples"],
            training_statistics=uri["StatsTraining", "statistics"],
            training_schema=uri["CurateTraining", "schema"],
            runs_statistics=uri["StatsRuns", "statistics"],
            runs_schema=uri["CurateRuns", "schema"],
        )


def runs_of(nodes: Iterable[NodeRun]) -> tuple[str, ...]:
    """URIs of the runs that a day ingested: those of that day, and on the first day also those of the days before."""
    return tuple(node.outputs["examples"].uri for node in nodes if node.node in ("IngestRuns", "IngestRunHistory"))


def create_pipeline(
    *,
    data: str,
    day: date,
    span: int,
    pipeline_root: str,
    metadata_path: str,
    baseline: Baseline,
    earlier_runs: Sequence[str] = (),
) -> tfx_pipeline.Pipeline:
    """The pipeline that creates and checks the training data of one day.

    Args:
        data: folder of the logs, as `generate` writes them.
        day: the day whose suggestions are labeled.
        span: number of the day, from 1.
        pipeline_root: folder for the artifacts.
        metadata_path: file of the SQLite database of ML Metadata.
        baseline: the day to compare with.
        earlier_runs: URIs of the runs of earlier days; if there are none, the export of the app's database is read.
    """
    first = day - timedelta(days=span - 1)
    profiles = Ingest(records.profiles(data, first, day), span=span).with_id("IngestProfiles")
    history = [_imported(uri, place) for place, uri in enumerate(earlier_runs, start=1)]
    history = history or [Ingest(records.run_history(data)).with_id("IngestRunHistory")]
    return tfx_pipeline.Pipeline(
        pipeline_name="runner_suggestions",
        pipeline_root=pipeline_root,
        components=nodes_of_a_day(
            data=data,
            day=day,
            profiles=profiles,
            history=history,
            baseline=baseline,
            labels=records.labels(day),
            ingest_parameters={"span": span},
        ),
        metadata_connection_config=metadata.sqlite_metadata_connection_config(metadata_path),
    )


def nodes_of_a_day(
    *,
    data: str,
    day: records.Day,
    profiles: BaseNode,
    history: Sequence[BaseNode],
    baseline: Baseline,
    labels: LabelSpec | RuntimeParameter,
    ingest_parameters: Mapping[str, Any],
    label_times: Mapping[str, Any] | None = None,
) -> list[BaseNode]:
    """The nodes of one day, in topological order.

    Args:
        data: folder of the logs, or the placeholder `{DATA}`.
        day: the day, or the placeholder `{DAY}`.
        profiles: the node that has the runners' profiles.
        history: the nodes that have the runs of earlier days.
        baseline: the day to compare with.
        labels: a `LabelSpec`, or a runtime parameter.
        ingest_parameters: parameters of every `Ingest`: the span, and the values of placeholders.
        label_times: parameters of `LabelJoin`: `as_of`, `matured_after` and `day`.
    """
    suggestions = Ingest(records.suggestions(data, day), **ingest_parameters).with_id("IngestSuggestions")
    responses = Ingest(records.responses(data, day), **ingest_parameters).with_id("IngestResponses")
    serving = Ingest(records.serving(data, day), **ingest_parameters).with_id("IngestServing")
    runs = Ingest(records.runs(data, day), **ingest_parameters).with_id("IngestRuns")

    known = PointInTimeJoin(
        events=suggestions.outputs["examples"],
        tables={
            "profiles": profiles.outputs["examples"],
            "runs": [*(_runs_from(node) for node in history), runs.outputs["examples"]],
        },
        spec=records.FEATURES_AT_THE_TIME,
    )
    training = LabelJoin(
        events=known.outputs["examples"],
        outcomes=responses.outputs["examples"],
        spec=labels,
        **(label_times or {}),
    )
    training_stats = Stats(training.outputs["examples"], records.TRAINING_STATS, union=records.WHOLE).with_id(
        "StatsTraining"
    )
    serving_stats = Stats(serving.outputs["examples"], records.SERVING_STATS).with_id("StatsServing")
    training_schema = SchemaCurator(
        training_stats.outputs["statistics"],
        records.TRAINING_SCHEMA,
        before_uri=baseline.training_schema,
        examples=training.outputs["examples"],
    ).with_id("CurateTraining")
    training_check = SkewCheck(
        statistics=training_stats.outputs["statistics"],
        schema=training_schema.outputs["schema"],
        serving_statistics=serving_stats.outputs["statistics"],
        baseline_uri=baseline.training_statistics,
        examples=training.outputs["examples"],
        serving_examples=serving.outputs["examples"],
        baseline_examples_uri=baseline.training_examples,
        feature_skew=records.TRAINING_PAIRS,
        shift=records.TRAINING_SHIFT,
        policy=records.TRAINING_POLICY,
    ).with_id("CheckTraining")

    runs_stats = Stats(runs.outputs["examples"], records.RUNS_STATS).with_id("StatsRuns")
    runs_schema = SchemaCurator(
        runs_stats.outputs["statistics"], records.RUNS_SCHEMA, before_uri=baseline.runs_schema
    ).with_id("CurateRuns")
    runs_check = SkewCheck(
        statistics=runs_stats.outputs["statistics"],
        schema=runs_schema.outputs["schema"],
        baseline_uri=baseline.runs_statistics,
        policy=records.RUNS_POLICY,
        examples=runs.outputs["examples"],
        offending_rows=True,
    ).with_id("CheckRuns")

    sections = {
        "training": training_check.outputs["report"],
        "runs": runs_check.outputs["report"],
        "ingested suggestions": suggestions.outputs["rejects"],
        "ingested responses": responses.outputs["rejects"],
        "ingested serving": serving.outputs["rejects"],
        "ingested runs": runs.outputs["rejects"],
        "label join": training.outputs["examples"],
        "training schema": training_schema.outputs["diff"],
        "runs schema": runs_schema.outputs["diff"],
    }
    report = Report(sections, title=f"Runner suggestions, {day}" if isinstance(day, date) else "Runner suggestions")

    return [
        *(suggestions, responses, serving, profiles, *history, runs, known, training),
        *(training_stats, serving_stats, training_schema, training_check),
        *(runs_stats, runs_schema, runs_check, report),
    ]


def _imported(uri: str, place: int) -> Importer:
    """A node that imports the runs that an earlier day ingested."""
    node = Importer(
        source_uri=uri,
        artifact_type=standard_artifacts.Examples,
        properties={"split_names": json.dumps([records.WHOLE])},
        custom_properties={"payload_format": "FORMAT_PARQUET"},
    )
    return node.with_id(f"EarlierRuns{place}")


def _runs_from(node: BaseNode) -> BaseChannel:
    return node.outputs["result" if isinstance(node, Importer) else "examples"]
