"""The pipeline for an orchestrator that runs it every day: what changes from run to run is a parameter of the run.

headrace compile kubeflow --pipeline examples.runner_suggestions.kubeflow:pipeline --image ... -o pipeline.yaml

day                           the day whose suggestions are labeled
data                          folder or URI of the logs
span                          number of the day
labels                        the definition of the labels with their attribution windows, as JSON
training_statistics_uri, ...  artifacts of the day to compare with; empty on the first day
"""

from __future__ import annotations

from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.data_types import RuntimeParameter

from examples.runner_suggestions import records
from examples.runner_suggestions.generate import START
from examples.runner_suggestions.pipeline import Baseline, nodes_of_a_day
from headrace_components import Ingest

DATA, DAY = "{DATA}", "{DAY}"


def pipeline(root: str = "minio://mlpipeline/v2/artifacts", data: str = "s3://runner-logs") -> tfx_pipeline.Pipeline:
    """The pipeline of any day.

    Args:
        root: folder or URI for the artifacts.
        data: default of the parameter of that name.
    """
    day = RuntimeParameter("day", str)
    placeholders = {"day": day, "data": RuntimeParameter("data", str, data)}
    # Profiles and runs of earlier days are selected by time from all files, so that the pipeline is the same every day.
    profiles = Ingest(records.profiles_so_far(DATA, DAY), **placeholders).with_id("IngestProfiles")
    history = [
        Ingest(records.run_history(DATA), **placeholders).with_id("IngestRunHistory"),
        Ingest(records.earlier_runs(DATA, DAY), **placeholders).with_id("IngestEarlierRuns"),
    ]
    names = ("training_examples", "training_statistics", "training_schema", "runs_statistics", "runs_schema")
    return tfx_pipeline.Pipeline(
        pipeline_name="runner_suggestions",
        pipeline_root=root,
        components=nodes_of_a_day(
            data=DATA,
            day=DAY,
            profiles=profiles,
            history=history,
            baseline=Baseline(**{name: RuntimeParameter(f"{name}_uri", str, "") for name in names}),
            # This default contains the times of the first day; `label_times` replaces them by those of the run's day.
            labels=RuntimeParameter("labels", str, records.labels(START).to_json()),
            ingest_parameters={"span": RuntimeParameter("span", int, 1), **placeholders},
            label_times={"as_of": records.as_of(DAY), "matured_after": records.matured_after(DAY), "day": day},
        ),
    )
