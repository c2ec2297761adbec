"""Smoke test for the inside of the image: compiles a pipeline of one node and runs it as Kubeflow's launcher would."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tfx.orchestration import pipeline as tfx_pipeline

from headrace.ingest import IngestSpec, Source
from headrace_components import Ingest
from headrace_pipelines.kubeflow.compile import compile_pipeline

work = Path(tempfile.mkdtemp())
(work / "rides.csv").write_text("id,pace\n1,5.5\n2,6\n")
spec = IngestSpec(sources=(Source(name="rides", pattern=str(work / "rides.csv")),))
pipeline = tfx_pipeline.Pipeline(
    pipeline_name="smoke", pipeline_root=str(work / "artifacts"), components=[Ingest(spec)]
)
compiled = compile_pipeline(pipeline, image="this")
container = compiled["deploymentSpec"]["executors"]["Ingest_executor"]["container"]
outputs = compiled["components"]["comp-Ingest"]["outputDefinitions"]["artifacts"]
constants = compiled["root"]["dag"]["tasks"]["Ingest"]["inputs"]["parameters"]
task = {
    "inputs": {"parameterValues": {name: one["runtimeValue"]["constant"] for name, one in constants.items()}},
    "outputs": {
        "outputFile": str(work / "output.json"),
        "artifacts": {
            name: {"artifacts": [{"name": name, "uri": str(work / name), "type": one["artifactType"]}]}
            for name, one in outputs.items()
        },
    },
}
words = [word.replace("{{$}}", json.dumps(task)) for word in [*container["command"], *container.get("args", [])]]
subprocess.run([sys.executable if word == "python" else word for word in words], check=True)
assert list((work / "examples").rglob("*.parquet")), "the node wrote no examples"
metrics = json.loads((work / "output.json").read_text())["artifacts"]["metrics"]["artifacts"][0]["metadata"]
print(f"the node ran: its metrics are {metrics}")
