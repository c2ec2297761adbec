"""The pipeline for an orchestrator that starts it every day: what changes from run to run is a parameter of the run.

headrace compile kubeflow --pipeline examples.runner_suggestions.kubeflow:pipeline --image ... -o pipeline.yaml

day                           the day whose suggestions are labeled
data                          where the logs are
span                          number of the day
labels                        what a label is, its attribution windows among it, as JSON
training_statistics_uri, ...  the day to compare with; empty on the first
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
        root: where the artifacts go.
        data: where the logs are, unless a run says otherwise.
    """
    day = RuntimeParameter("day", str)
    places = {"day": day, "data": RuntimeParameter("data", str, data)}
    # Which day's runners and runs there are is for the files to say: a compiled pipeline is the same every day.
    profiles = Ingest(records.profiles_so_far(DATA, DAY), **places).with_id("IngestProfiles")
    history = [
        Ingest(records.run_history(DATA), **places).with_id("IngestRunHistory"),
        Ingest(records.earlier_runs(DATA, DAY), **places).with_id("IngestEarlierRuns"),
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
            # The times in this default are those of the first day; every run has its own by its day.
            labels=RuntimeParameter("labels", str, records.labels(START).to_json()),
            of_the_run={"span": RuntimeParameter("span", int, 1), **places},
            label_times={"as_of": records.as_of(DAY), "matured_after": records.matured_after(DAY), "day": day},
        ),
    )
