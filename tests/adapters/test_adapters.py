"""Each adapter on its orchestrator: the file that it writes runs a pipeline and does not import headrace."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis_server
from ingest import postgres_server
from nodes import rides_pipeline

from headrace_pipelines.adapters import airflow, argo, celery, luigi
from headrace_pipelines.adapters.target import Target
from headrace_pipelines.nodes.ir import Dag, read_dag

pytestmark = pytest.mark.tfx

HEADRACE = str(Path(sys.executable).with_name("headrace"))
AIRFLOW = Path(__file__).parents[2] / ".venv-airflow" / "bin" / "airflow"
ORCHESTRATORS = {"airflow": airflow, "luigi": luigi, "celery": celery}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pipeline and its data: two days, of which a run takes one."""
    from headrace_pipelines.nodes.ir import write_ir

    folder = tmp_path_factory.mktemp("adapters")
    rides_pipeline.write_data(folder / "data")
    pipeline = rides_pipeline.create(str(folder / "data"), str(folder / "artifacts"))
    write_ir(pipeline, str(folder / "pipeline.json"))
    return folder


@pytest.fixture(scope="module")
def metadata() -> Iterator[str]:
    """URI of ML Metadata on a server, as nodes that run on several machines need it."""
    programs = postgres_server.programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with postgres_server.running(programs) as server:
        yield f"postgresql://{postgres_server.USER}@127.0.0.1:{server.port}/metadata"


@pytest.fixture
def environment(metadata: str) -> dict[str, str]:
    return {**os.environ, "HEADRACE_METADATA": metadata, "PGPASSWORD": postgres_server.PASSWORD}


def _written(folder: Path, kind: str, **settings: Any) -> Path:
    """The adapter's file, as `headrace compile` writes it."""
    path = folder / kind / f"rides_{kind}.py"
    path.parent.mkdir(exist_ok=True)
    path.with_suffix(".json").write_text((folder / "pipeline.json").read_text())
    target = Target(dag=read_dag(str(folder / "pipeline.json")), command=(HEADRACE,), **settings)
    path.write_text(ORCHESTRATORS[kind].render(target))
    return path


def _rows(folder: Path) -> list[int]:
    """How many rows each run's statistics counted."""
    from tensorflow_metadata.proto.v0 import statistics_pb2

    found = []
    for path in sorted((folder / "artifacts").rglob("FeatureStats.pb")):
        found.append(statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes()).datasets[0].num_examples)
    return found


@pytest.fixture(autouse=True)
def _fresh(folder: Path) -> None:
    subprocess.run(["rm", "-rf", str(folder / "artifacts")], check=True)


@pytest.mark.parametrize("kind", ORCHESTRATORS)
def test_the_file_imports_its_orchestrator_and_not_headrace(folder: Path, kind: str) -> None:
    tree = ast.parse(_written(folder, kind).read_text())
    found = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    found |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert found - set(sys.stdlib_module_names) == {kind}


def test_luigi_runs_every_node_and_none_twice(folder: Path, environment: dict[str, str]) -> None:
    path = _written(folder, "luigi", retries=0)
    day = json.dumps({"day": "2026-03-03"})
    words = [sys.executable, "-m", "luigi", "--module", path.stem, "Pipeline", "--local-scheduler", "--workers", "2"]
    words += ["--run-id", "luigi-1", "--parameters", day]
    for expected in ("Scheduled 3 tasks", "1 complete ones were encountered"):
        done = subprocess.run(words, cwd=path.parent, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        assert expected in done.stderr
    assert _rows(folder) == [40]
    output = (path.with_suffix(".runs") / "luigi-1" / "Stats.log").read_text()
    assert output.startswith("Stats: complete")


def _started(path: Path, environment: dict[str, str], run_id: str) -> subprocess.CompletedProcess[str]:
    """Sends a run to the workers and waits for its end."""
    return subprocess.run(
        [sys.executable, path.name, run_id, "day=2026-03-04"],
        cwd=path.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )


def test_celery_runs_every_node_on_a_worker_and_a_failed_node_stops_what_follows(
    folder: Path, environment: dict[str, str]
) -> None:
    if redis_server.program() is None:
        pytest.skip("no Redis server is installed: apt-get install redis-server")
    path = _written(folder, "celery", retries=0)
    with redis_server.running() as broker:
        environment |= {"HEADRACE_BROKER": broker}
        words = [sys.executable, "-m", "celery", "-A", path.stem, "worker", "--concurrency", "2", "--loglevel", "INFO"]
        with (folder / "worker.log").open("w") as log:
            worker = subprocess.Popen(words, cwd=path.parent, env=environment, stdout=log, stderr=log)
            try:
                good = _started(path, environment, "celery-1")
                path.with_suffix(".json").unlink()  # now a node fails, and fast
                bad = _started(path, environment, "celery-2")
            finally:
                worker.terminate()
                worker.wait(60)
    output = (folder / "worker.log").read_text()
    assert good.returncode == 0, good.stderr[-2000:] + output[-4000:]
    assert _rows(folder) == [60]
    assert bad.returncode != 0
    assert "'Ingest', '--run-id', 'celery-2'" in output
    assert "'Stats', '--run-id', 'celery-2'" not in output


def test_airflow_runs_the_dag_with_the_day_of_its_run(folder: Path, environment: dict[str, str]) -> None:
    if not AIRFLOW.exists():
        pytest.skip("Airflow has an environment of its own: make airflow")
    path = _written(folder, "airflow", defaults={"day": "{{ ds }}"}, schedule="@daily")
    home = folder / "airflow-home"
    environment |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(path.parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    }

    def call(*words: str) -> str:
        done = subprocess.run([AIRFLOW, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        return done.stdout + done.stderr

    call("db", "migrate")
    output = call("dags", "test", "rides", "2026-03-04")
    assert _rows(folder) == [60], output[-3000:]


class TestArgo:
    """The manifest against hera's models, which are generated from Argo's schema."""

    DAG = Dag(name="my_rides", nodes={"a.B": (), "C": ("a.B",)}, parameters={"day": None, "spans": 3})

    @pytest.mark.parametrize("schedule", [None, "0 3 * * *"])
    def test_the_manifest_is_what_argo_s_schema_says_and_holds_the_pipeline(self, schedule: str | None) -> None:
        import yaml
        from hera.workflows import models

        target = Target(dag=self.DAG, retries=2, schedule=schedule)
        manifest = yaml.safe_load(argo.render(target, image="registry/headrace:1", ir='{"nodes": []}'))
        model = models.Workflow if schedule is None else models.CronWorkflow
        # What the schema does not know would be left out.
        parsed = model.model_validate(manifest).model_dump(by_alias=True, exclude_none=True, mode="json")
        assert parsed == manifest
        spec = manifest["spec"] if schedule is None else manifest["spec"]["workflowSpec"]
        templates = {one["name"]: one for one in spec["templates"]}
        tasks = templates["pipeline"]["dag"]["tasks"]
        assert [(one["name"], one.get("dependencies", [])) for one in tasks] == [("a-B", []), ("C", ["a-B"])]
        assert [one["arguments"]["parameters"][0]["value"] for one in tasks] == ["a.B", "C"]
        artifact = templates["node"]["inputs"]["artifacts"][0]
        assert artifact["raw"]["data"] == '{"nodes": []}'
        assert spec["arguments"]["parameters"] == [{"name": "day"}, {"name": "spans", "value": "3"}]

    def test_the_command_of_the_container_is_one_of_run_node(self) -> None:
        import argparse

        from headrace_cli.commands import run_node

        workflow = argo.workflow(Target(dag=self.DAG), image="i", ir="{}")
        node = next(one for one in workflow.templates if one.name == "node")
        parser = argparse.ArgumentParser()
        run_node.add_arguments(parser)
        assert [*node.command, *node.args][:2] == ["headrace", "run-node"]
        parsed = parser.parse_args([*node.command, *node.args][2:])
        assert parsed.pipeline_ir == artifact_path(node)
        assert parsed.parameters == ["day={{workflow.parameters.day}}", "spans={{workflow.parameters.spans}}"]


def artifact_path(node: Any) -> str:
    return next(one.path for one in node.inputs if one.name == "pipeline")
