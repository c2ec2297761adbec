"""TFX's own AirflowDagRunner with a pipeline of ours: Airflow, TFX and headrace in one environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from nodes import rides_pipeline

pytestmark = pytest.mark.tfx

ROOT = Path(__file__).parents[2]
AIRFLOW = ROOT / ".venv-tfx-airflow" / "bin" / "airflow"
SOURCES = ("src", "components", "pipelines", "tests")

DAG = """
import pendulum
from nodes import rides_pipeline
from tfx.orchestration.airflow.airflow_dag_runner import AirflowDagRunner, AirflowPipelineConfig

pipeline = rides_pipeline.create(
    {data!r}, {artifacts!r}, {metadata!r}, day="{{{{ ds }}}}", beam_args=["--runner=FnApiRunner"]
)
start = pendulum.datetime(2026, 3, 1, tz="UTC")
dag = AirflowDagRunner(AirflowPipelineConfig({{"schedule": "@daily", "start_date": start}})).run(pipeline)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tfx-airflow")
    rides_pipeline.write_data(folder / "data")
    (folder / "dags").mkdir()
    places = {name: str(folder / name) for name in ("data", "artifacts")}
    dag = DAG.format(**places, metadata=str(folder / "metadata.sqlite"))
    (folder / "dags" / "rides.py").write_text(dag)
    return folder


@pytest.fixture(scope="module")
def airflow(folder: Path) -> Callable[..., str]:
    if not AIRFLOW.exists():
        pytest.skip("Airflow with TFX has an environment of its own: make airflow")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / source) for source in SOURCES),
        "AIRFLOW_HOME": str(folder / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",  # seconds; importing TFX takes more than Airflow's 30
    }

    def call(*words: str) -> str:
        done = subprocess.run([AIRFLOW, *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    call("db", "migrate")
    return call


def test_a_pipeline_of_ours_runs_with_the_day_of_its_run(folder: Path, airflow: Callable[..., str]) -> None:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    log = airflow("dags", "test", "rides", "2026-03-04")
    found = list((folder / "artifacts").rglob("FeatureStats.pb"))
    assert len(found) == 1, log[-6000:]
    statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(found[0].read_bytes())
    assert statistics.datasets[0].num_examples == rides_pipeline.DAYS["2026-03-04"]
