"""The example on an imitation of Kubeflow's back end, each task in a process of its own, against a local run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from kubeflow_backend import Run, run

from headrace_pipelines.lineage import NodeRun

pytestmark = pytest.mark.tfx

ROOT = "minio://mlpipeline/v2/artifacts"
KFP = Path(__file__).parents[2] / ".venv-kfp" / "bin" / "python"
FIRST_DAY = "2026-03-03"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("kubeflow")


@pytest.fixture(scope="module")
def data(work: Path) -> Path:
    from examples.runner_suggestions.generate import generate

    generate(str(work / "data"), seed=7, runners=300, days=2)
    return work / "data"


@pytest.fixture(scope="module")
def compiled(work: Path) -> Path:
    from examples.runner_suggestions.kubeflow import pipeline
    from headrace_pipelines.kubeflow.compile import compile_pipeline

    output = work / "pipeline.yaml"
    compile_pipeline(pipeline(), image="headrace:test", output=str(output))
    return output


@pytest.fixture(scope="module")
def cluster(compiled: Path, work: Path, data: Path) -> Run:
    return run(compiled, work / "cluster", parameters={"day": FIRST_DAY, "data": str(data)})


def _one_by_one(work: Path, run_id: str, parameters: dict[str, str]) -> dict[str, NodeRun]:
    """The same pipeline in this process."""
    from tfx.orchestration import metadata

    from examples.runner_suggestions.kubeflow import pipeline
    from headrace_pipelines.lineage import read_run
    from headrace_pipelines.nodes.ir import read_ir, write_ir
    from headrace_pipelines.nodes.launch import launch

    ir = str(work / "pipeline.json")
    dag = write_ir(pipeline(root=str(work / "artifacts")), ir)
    for node in dag.nodes:
        outcome = launch(
            read_ir(ir),
            node=node,
            run_id=run_id,
            parameters=parameters,
            metadata_uri=f"sqlite://{work}/metadata.sqlite",
        )
        assert not outcome.is_failure, node
    config = metadata.sqlite_metadata_connection_config(str(work / "metadata.sqlite"))
    with metadata.Metadata(config) as mlmd:
        runs, _ = read_run(mlmd.store, run_id, dict.fromkeys(dag.nodes, 0.0))
    return {one.node: one for one in runs}


@pytest.fixture(scope="module")
def first_day(work: Path, data: Path) -> dict[str, NodeRun]:
    return _one_by_one(work, "first", {"day": FIRST_DAY, "data": str(data)})


def test_the_yaml_parses_as_a_pipeline_spec_and_the_sdk_compiles_it_again(compiled: Path, tmp_path: Path) -> None:
    from google.protobuf import json_format
    from kfp import compiler, components
    from kfp.pipeline_spec import pipeline_spec_pb2

    spec = yaml.safe_load(compiled.read_text())
    parsed = json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    assert parsed.schema_version == "2.1.0"
    again = tmp_path / "again.yaml"
    compiler.Compiler().compile(components.load_component_from_file(str(compiled)), str(again))
    assert set(yaml.safe_load(again.read_text())["root"]["dag"]["tasks"]) == set(spec["root"]["dag"]["tasks"])


def test_every_node_succeeds(cluster: Run) -> None:
    failed = {name: task.log[-2000:] for name, task in cluster.tasks.items() if task.state != "SUCCEEDED"}
    assert not failed


def test_the_cluster_writes_what_one_process_writes(cluster: Run, first_day: dict[str, NodeRun]) -> None:
    assert set(first_day) == set(cluster.tasks)
    for name, node in first_day.items():
        for key, output in node.outputs.items():
            there, here = cluster.folder(name, key), Path(output.uri)
            assert _files(there, here) == _files(here, here), f"{name}.{key}"
            metadata = cluster.tasks[name].outputs[key]["metadata"]
            numbers = {k: v for k, v in output.properties.items() if k in metadata and isinstance(v, int)}
            assert {k: metadata[k] for k in numbers} == numbers


def _python_with_local_pipelines() -> str:
    """The Python of a KFP SDK that runs whole pipelines locally; TFX 1.16 requires an older SDK."""
    import importlib.util

    if importlib.util.find_spec("kfp.local.pipeline_orchestrator"):
        return sys.executable
    if not KFP.exists():
        pytest.skip("a KFP SDK that runs pipelines locally has an environment of its own: make kfp")
    return str(KFP)


def test_the_sdk_runs_it_locally_with_the_same_result(
    compiled: Path, work: Path, data: Path, first_day: dict[str, NodeRun]
) -> None:
    again, root = work / "again-by-a-newer-sdk.yaml", work / "kfp-local"
    parameters = json.dumps({"day": FIRST_DAY, "data": str(data)})
    words = [_python_with_local_pipelines(), str(Path(__file__).with_name("kfp_local.py"))]
    words += [str(compiled), str(root), sys.executable, parameters, str(again)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    tasks = yaml.safe_load(compiled.read_text())["root"]["dag"]["tasks"]
    assert set(yaml.safe_load(again.read_text())["root"]["dag"]["tasks"]) == set(tasks)
    (ran,) = root.iterdir()
    assert {folder.name for folder in ran.iterdir()} == set(tasks)
    for name, node in first_day.items():
        for key, output in node.outputs.items():
            here = Path(output.uri)
            assert _files(ran / name / key, here) == _files(here, here), f"{name}.{key}"
    assert (ran / "CheckRuns" / "report_html").read_text().startswith("<!DOCTYPE html>")


def test_another_day_with_its_baseline_and_windows_needs_no_other_pipeline(
    work: Path, data: Path, first_day: dict[str, NodeRun]
) -> None:
    from examples.runner_suggestions import records
    from examples.runner_suggestions.generate import START

    labels = records.labels(START)
    hour = {"accepted": (0, 3600), "rejection_reason": (0, 3600)}
    shorter = replace(
        labels, labels=tuple(replace(one, window=hour.get(one.name, one.window)) for one in labels.labels)
    )
    second = _one_by_one(
        work,
        "second",
        {
            "day": "2026-03-04",
            "data": str(data),
            "span": "2",
            "labels": shorter.to_json(),
            **{
                f"{name}_uri": first_day[node].outputs[key].uri
                for name, node, key in (
                    ("training_statistics", "StatsTraining", "statistics"),
                    ("training_schema", "CurateTraining", "schema"),
                    ("runs_statistics", "StatsRuns", "statistics"),
                    ("runs_schema", "CurateRuns", "schema"),
                )
            },
        },
    )
    examples = second["LabelJoin"].outputs["examples"]
    assert examples.properties["events.labeled"] > 0
    before = first_day["LabelJoin"].outputs["examples"].properties
    # With a window of an hour instead of a day, fewer suggestions have an answer.
    assert examples.properties["label.rejection_reason.coverage"] < before["label.rejection_reason.coverage"]
    verdict = json.loads((Path(second["CheckRuns"].outputs["report"].uri) / "verdict.json").read_text())
    assert "drift" in {finding["comparison"] for finding in verdict["findings"]}


def test_the_interface_is_given_a_page_and_numbers(cluster: Run) -> None:
    for name in ("CheckRuns", "CheckTraining"):
        outputs = cluster.tasks[name].outputs
        assert outputs["report_html"]["type"]["schemaTitle"] == "system.HTML"
        assert cluster.folder(name, "report_html").read_text().startswith("<!DOCTYPE html>")
        assert outputs["metrics"]["metadata"]["blessed"] == 1
    assert cluster.tasks["LabelJoin"].outputs["metrics"]["metadata"]["events.labeled"] > 0


def test_the_log_of_a_node_names_executor_inputs_and_outcome(cluster: Run) -> None:
    log = cluster.tasks["LabelJoin"].log
    assert "executor headrace_components.label_join.executor.Executor" in log
    assert "input events: " in log
    assert "succeeded in" in log


def _files(folder: Path, like: Path) -> dict[str, bytes]:
    """The files of a folder that must be equal. Protos and pages contain paths or times: they need only exist."""
    names = sorted(str(path.relative_to(like)) for path in like.rglob("*") if path.is_file())
    exact = (".parquet", "verdict.json", "diff.json", "schema.pbtxt")
    found = {name: folder / name for name in names}
    missing = [name for name, path in found.items() if not path.exists()]
    assert not missing, missing
    return {name: path.read_bytes() for name, path in found.items() if name.endswith(exact)}


class TestFaults:
    """A pipeline whose check blocks the nodes after it."""

    @pytest.fixture(scope="class")
    def blocking(self, work: Path) -> Path:
        from tfx.dsl.experimental.conditionals import conditional
        from tfx.orchestration import pipeline as tfx_pipeline

        from headrace.ingest import IngestSpec, Source
        from headrace.schema import Declarations, Feature
        from headrace_components import Ingest, SchemaCurator, SkewCheck, Stats
        from headrace_pipelines.kubeflow.compile import compile_pipeline
        from headrace_pipelines.kubeflow.settings import NodeSettings

        folder = work / "blocking"
        folder.mkdir()
        (folder / "pace.csv").write_text("runner,pace\n" + "".join(f"r{i},{4 + i % 5}\n" for i in range(500)))
        ingest = Ingest(IngestSpec(sources=(Source(name="app", pattern=str(folder / "*.csv")),), splits={"all": 1}))
        stats = Stats(ingest.outputs["examples"])
        schema = SchemaCurator(stats.outputs["statistics"], Declarations(features={"pace": Feature(range=(4, 6))}))
        check = SkewCheck(stats.outputs["statistics"], schema.outputs["schema"])
        with conditional.Cond(check.outputs["report"].future()[0].custom_property("blessed") == 1):
            after = Stats(ingest.outputs["examples"]).with_id("After")
        pipeline = tfx_pipeline.Pipeline(
            pipeline_name="blocking", pipeline_root=ROOT, components=[ingest, stats, schema, check, after]
        )
        output = folder / "pipeline.yaml"
        settings = {"Ingest": NodeSettings(retries=1, cpu=1, memory="2Gi")}
        compile_pipeline(pipeline, image="headrace:test", output=str(output), settings=settings)
        return output

    def test_a_killed_node_is_tried_again_and_a_blocked_verdict_stops_what_follows(
        self, blocking: Path, work: Path
    ) -> None:
        def kill_the_first(task: str, attempt: int) -> list[str]:
            return ["timeout", "-s", "KILL", "3"] if (task, attempt) == ("Ingest", 1) else []

        ran = run(blocking, work / "retried", before=kill_the_first)
        assert {name: task.state for name, task in ran.tasks.items()} == {
            **dict.fromkeys(("Ingest", "Stats", "SchemaCurator", "SkewCheck"), "SUCCEEDED"),
            "After": "SKIPPED",
        }
        assert ran.tasks["SkewCheck"].outputs["report"]["metadata"]["blessed"] == 0

    def test_a_node_that_is_killed_every_time_fails_the_run(self, blocking: Path, work: Path) -> None:
        def kill_always(task: str, attempt: int) -> list[str]:
            return ["timeout", "-s", "KILL", "3"] if task == "Ingest" else []

        ran = run(blocking, work / "killed", before=kill_always)
        assert ran.tasks["Ingest"].state == "FAILED"
        assert {task.state for name, task in ran.tasks.items() if name != "Ingest"} == {"SKIPPED"}

    def test_settings_are_in_the_yaml(self, blocking: Path) -> None:
        spec = yaml.safe_load(blocking.read_text())
        container = spec["deploymentSpec"]["executors"]["Ingest_executor"]["container"]
        assert container["resources"] == {"cpuLimit": 1.0, "memoryLimit": pytest.approx(2.147, abs=1e-3)}
        assert spec["root"]["dag"]["tasks"]["Ingest"]["retryPolicy"] == {"maxRetryCount": 1}


def test_the_documented_settings_are_in_the_yaml_with_the_names_of_secrets_only(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from examples.runner_suggestions.kubeflow import pipeline

    page = (Path(__file__).parents[2] / "docs" / "kubeflow.md").read_text()
    (block,) = [one for one in re.findall(r"^```python\n(.*?)^```", page, re.S | re.M) if "NodeSettings(" in one]
    folder = work / "documented"
    folder.mkdir()
    monkeypatch.chdir(folder)
    from headrace_pipelines.kubeflow.compile import compile_pipeline

    exec(block, {"pipeline": pipeline(), "image": "headrace:test", "compile_pipeline": compile_pipeline})
    spec, platform = yaml.safe_load_all((folder / "pipeline.yaml").read_text())
    tasks, executors = spec["root"]["dag"]["tasks"], spec["deploymentSpec"]["executors"]
    for name, task in tasks.items():
        own = name == "IngestRuns"
        assert task["retryPolicy"] == {"maxRetryCount": 2}
        assert (task.get("cachingOptions") == {"enableCache": False}) == own
        resources = executors[f"{name}_executor"]["container"]["resources"]
        assert resources["memoryLimit"] == pytest.approx((8 if own else 2) * 1.073741824)
        assert resources.get("cpuLimit") == (2 if own else None)
    executor = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["IngestRuns_executor"]
    assert executor["secretAsEnv"][0]["secretName"] == "runs-db"
    assert executor["secretAsEnv"][0]["keyToEnv"] == [{"secretKey": "password", "envVar": "PGPASSWORD"}]


def test_settings_of_an_unknown_node_are_refused(work: Path) -> None:
    from examples.runner_suggestions.kubeflow import pipeline
    from headrace.errors import UsageError
    from headrace_pipelines.kubeflow.compile import compile_pipeline
    from headrace_pipelines.kubeflow.settings import NodeSettings

    with pytest.raises(UsageError, match=r"no node of the pipeline: IngestRun; it has: .*IngestRuns"):
        compile_pipeline(pipeline(), image="i", settings={"IngestRun": NodeSettings(retries=1)})
