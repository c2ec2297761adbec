"""A pipeline node by node: the same files as in one run, its state in ML Metadata, and a true outcome."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rides_pipeline
from ingest import postgres_server

from headrace.errors import UsageError

pytestmark = pytest.mark.tfx

DAY = {"day": "2026-03-03"}


@pytest.fixture
def ir(tmp_path: Path) -> str:
    return _written(tmp_path)


def _written(folder: Path, **settings: Any) -> str:
    from headrace_pipelines.nodes.ir import write_ir

    rides_pipeline.write_data(folder / "data")
    pipeline = rides_pipeline.create(
        str(folder / "data"), str(folder / "artifacts"), str(folder / "metadata.sqlite"), **settings
    )
    write_ir(pipeline, str(folder / "pipeline.json"))
    return str(folder / "pipeline.json")


def _launch(ir: str, node: str, run_id: str = "r1", **settings: Any) -> str:
    from headrace_pipelines.nodes.ir import read_ir
    from headrace_pipelines.nodes.launch import launch

    return launch(read_ir(ir), node=node, run_id=run_id, **{"parameters": DAY, **settings}).name


def _files(root: Path, kind: str) -> dict[str, bytes]:
    return {"/".join(path.parts[-3:]): path.read_bytes() for path in root.rglob(kind)}


def test_nodes_one_by_one_write_what_one_run_writes(tmp_path: Path, ir: str) -> None:
    from headrace_pipelines import local

    assert [_launch(ir, node) for node in ("Ingest", "Stats")] == ["COMPLETE", "COMPLETE"]
    (tmp_path / "whole").mkdir()
    whole = rides_pipeline.create(
        str(tmp_path / "data"), str(tmp_path / "whole"), str(tmp_path / "whole" / "metadata.sqlite")
    )
    for component in whole.components:
        for name, value in component.exec_properties.items():
            if name == "day" and value is not None:
                component.exec_properties[name] = DAY["day"]
    local.run(whole)
    one_by_one = _files(tmp_path / "artifacts", "*.parquet")
    assert one_by_one
    assert one_by_one == _files(tmp_path / "whole", "*.parquet")


def test_a_complete_node_is_not_run_again_in_its_run_but_in_another(tmp_path: Path, ir: str) -> None:
    assert _launch(ir, "Ingest") == "COMPLETE"
    (tmp_path / "data" / "2026-03-03.csv").unlink()
    assert _launch(ir, "Ingest") == "ALREADY"
    assert _launch(ir, "Ingest", run_id="r2", parameters={"day": "2026-03-04"}) == "COMPLETE"


def test_a_node_fails_before_its_inputs_exist_and_succeeds_afterwards(ir: str) -> None:
    assert _launch(ir, "Stats") == "UNRESOLVED"
    assert _launch(ir, "Ingest") == "COMPLETE"
    assert _launch(ir, "Stats") == "COMPLETE"
    assert _launch(ir, "Stats", run_id="r2") == "UNRESOLVED", "the examples belong to another run"


def test_a_node_whose_executor_raises_has_failed_and_leaves_nothing(tmp_path: Path, ir: str) -> None:
    from headrace_pipelines.nodes.launch import NodeOutcome

    data = tmp_path / "data" / "2026-03-03.csv"
    good = data.read_text()
    data.unlink()
    assert _launch(ir, "Ingest") == "FAILED"
    assert NodeOutcome.FAILED.is_failure
    assert not list((tmp_path / "artifacts").rglob("*.parquet"))
    data.write_text(good)
    assert _launch(ir, "Ingest") == "COMPLETE"


def test_a_node_that_was_killed_runs_when_it_is_tried_again(ir: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from headrace_components.ingest import executor

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(executor.Executor, "Do", killed)
        with pytest.raises(KeyboardInterrupt):
            _launch(ir, "Ingest")
    assert _launch(ir, "Ingest") == "COMPLETE"


def test_a_node_whose_condition_does_not_hold_is_skipped_which_is_not_a_failure(tmp_path: Path) -> None:
    from headrace_pipelines.nodes.launch import NodeOutcome

    ir = _written(tmp_path, counted="50")
    assert [_launch(ir, node) for node in ("Ingest", "Counted")] == ["COMPLETE", "SKIPPED"]
    assert not NodeOutcome.SKIPPED.is_failure
    fuller = {"run_id": "r2", "parameters": {"day": "2026-03-04"}}
    assert [_launch(ir, node, **fuller) for node in ("Ingest", "Counted")] == ["COMPLETE", "COMPLETE"]


def test_an_importer_publishes_once(tmp_path: Path) -> None:
    from tfx.dsl.components.common.importer import Importer
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline
    from tfx.types import standard_artifacts

    from headrace_pipelines.nodes.ir import write_ir

    node = Importer(source_uri=str(tmp_path), artifact_type=standard_artifacts.Schema).with_id("Before")
    connection = metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite"))
    pipeline = tfx_pipeline.Pipeline(
        pipeline_name="p",
        pipeline_root=str(tmp_path),
        components=[node],
        metadata_connection_config=connection,
    )
    write_ir(pipeline, str(tmp_path / "pipeline.json"))
    assert _launch(str(tmp_path / "pipeline.json"), "Before", parameters={}) == "COMPLETE"
    assert _launch(str(tmp_path / "pipeline.json"), "Before", parameters={}) == "ALREADY"
    with metadata.Metadata(connection) as mlmd:
        assert len(mlmd.store.get_executions()) == len(mlmd.store.get_artifacts()) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"node": "Statistics"}, r"no node 'Statistics'; it has: Ingest, Stats"),
        ({"parameters": {}}, r"no value is given for day; use --set day=VALUE"),
        ({"parameters": {**DAY, "dya": "1"}}, r"no parameter dya; it has: day, pipeline-root"),
        ({"run_id": ""}, r"a run needs an id"),
        ({"metadata_uri": "file.sqlite"}, r"expected ML Metadata's URI"),
    ],
)
def test_a_wrong_call_is_refused_with_its_cure(ir: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _launch(ir, **{"node": "Ingest", **given})


def test_a_pipeline_without_a_connection_to_ml_metadata_needs_its_uri(tmp_path: Path) -> None:
    from headrace_pipelines.nodes.ir import write_ir

    rides_pipeline.write_data(tmp_path / "data")
    ir = str(tmp_path / "pipeline.json")
    write_ir(rides_pipeline.create(str(tmp_path / "data"), str(tmp_path / "artifacts")), ir)
    with pytest.raises(UsageError, match=r"HEADRACE_METADATA says where ML Metadata is"):
        _launch(ir, "Ingest")
    assert _launch(ir, "Ingest", metadata_uri=f"sqlite://{tmp_path}/state/metadata.sqlite") == "COMPLETE"
    assert (tmp_path / "state" / "metadata.sqlite").exists()


def test_the_nodes_of_a_compiled_pipeline_are_read_without_tfx(ir: str) -> None:
    from headrace_pipelines.nodes.ir import read_dag

    dag = read_dag(ir)
    assert dict(dag.nodes) == {"Ingest": (), "Stats": ("Ingest",)}
    assert dict(dag.parameters) == {"day": None}


@pytest.fixture
def server() -> Iterator[postgres_server.Server]:
    folder = postgres_server.programs()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with postgres_server.running(folder) as running:
        yield running


def test_state_may_be_in_postgresql_and_no_password_in_the_pipeline(
    tmp_path: Path, server: postgres_server.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ml_metadata.proto import metadata_store_pb2

    from headrace_pipelines.nodes.ir import write_ir

    rides_pipeline.write_data(tmp_path / "data")
    pipeline = rides_pipeline.create(str(tmp_path / "data"), str(tmp_path / "artifacts"))
    pipeline.metadata_connection_config = metadata_store_pb2.ConnectionConfig(
        postgresql=metadata_store_pb2.PostgreSQLDatabaseConfig(
            host="127.0.0.1",
            port=str(server.port),
            user=postgres_server.USER,
            password=postgres_server.PASSWORD,
            dbname="metadata",
        )
    )
    ir = tmp_path / "pipeline.json"
    write_ir(pipeline, str(ir))
    assert postgres_server.PASSWORD not in ir.read_text()
    monkeypatch.setenv("PGPASSWORD", postgres_server.PASSWORD)
    # The error contains backslashes, which ML Metadata can't write to PostgreSQL. The node has failed nevertheless.
    assert _launch(str(ir), "Stats") in ("FAILED", "UNRESOLVED")
    assert [_launch(str(ir), node) for node in ("Ingest", "Stats", "Stats")] == ["COMPLETE", "COMPLETE", "ALREADY"]
