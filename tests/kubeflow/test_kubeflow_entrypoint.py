"""How the entrypoint converts the input and output of a task, without TFX; `test_kubeflow_runs` runs it with TFX."""

import json
from pathlib import Path
from typing import Any

import pytest

from headrace.errors import DataError
from headrace_pipelines.kubeflow import entrypoint, remote, views

EXAMPLES = {"instanceSchema": "title: tfx.Examples\ntype: object\n"}
SPEC = {"artifacts": {"examples": {"artifactType": EXAMPLES}}}


def _task(**output_types: dict[str, str]) -> dict[str, Any]:
    return {
        "inputs": {
            "artifacts": {"examples": {"artifacts": [{"uri": "minio://b/examples", "type": {"instanceSchema": ""}}]}},
            "parameterValues": {"span": 3.0, "baseline_uri": ""},
        },
        "outputs": {
            "artifacts": {
                name: {"artifacts": [{"name": name, "uri": f"minio://b/{name}", "type": kind}]}
                for name, kind in output_types.items()
            },
            "outputFile": "/tmp/kfp_outputs/output_metadata.json",
        },
    }


@pytest.mark.parametrize("sent", [{}, {"type": {"instanceSchema": ""}}, {"type": {"schemaTitle": "system.Artifact"}}])
def test_inputs_get_the_types_that_the_pipeline_declared(tmp_path: Path, sent: dict[str, Any]) -> None:
    task = _task()
    task["inputs"]["artifacts"]["examples"]["artifacts"] = [{"uri": "minio://b/examples", **sent}]
    local = entrypoint.input_for_tfx(task, SPEC, scratch=str(tmp_path))
    assert local["inputs"]["artifacts"]["examples"]["artifacts"] == [{"uri": "/minio/b/examples", "type": EXAMPLES}]


def test_what_was_sent_stays_as_it_was(tmp_path: Path) -> None:
    task = _task(report={"schemaTitle": views.REPORT}, report_html={"schemaTitle": views.HTML})
    before = json.dumps(task)
    entrypoint.input_for_tfx(task, SPEC, scratch=str(tmp_path))
    assert json.dumps(task) == before


def test_views_are_removed_for_the_executor_and_written_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_MOUNTS", str(tmp_path))
    task = _task(
        report={"schemaTitle": views.REPORT},
        report_html={"schemaTitle": views.HTML},
        metrics={"schemaTitle": views.METRICS},
    )
    local = entrypoint.input_for_tfx(task, SPEC, scratch=str(tmp_path / "scratch"))
    assert list(local["outputs"]["artifacts"]) == ["report"]

    folder = tmp_path / "minio" / "b" / "report"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>blessed</p>")
    written = {
        "artifacts": {"report": {"artifacts": [{"uri": str(folder), "metadata": {"blessed": 1.0, "ledger": "{}"}}]}}
    }
    sent_back = entrypoint.output_for_kubeflow(written, task)["artifacts"]
    assert sent_back["report"]["artifacts"][0]["uri"] == "minio://b/report"
    assert sent_back["metrics"]["artifacts"][0]["metadata"] == {"blessed": 1.0}
    assert sent_back["report_html"]["artifacts"][0]["uri"] == "minio://b/report_html"
    assert (tmp_path / "minio" / "b" / "report_html").read_text() == "<p>blessed</p>"


def test_a_parameter_that_is_a_uri_is_where_it_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_MOUNTS", str(tmp_path))
    (tmp_path / "minio" / "b" / "statistics").mkdir(parents=True)
    task = _task()
    task["inputs"]["parameterValues"]["baseline_uri"] = "minio://b/statistics"
    local = entrypoint.input_for_tfx(task, SPEC, scratch=str(tmp_path / "scratch"))
    assert local["inputs"]["parameterValues"]["baseline_uri"] == str(tmp_path / "minio" / "b" / "statistics")


def test_a_store_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_MOUNTS", str(tmp_path))
    monkeypatch.setenv(remote.ENDPOINT_VARIABLE, "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    with pytest.raises(DataError, match=r"minio://b/statistics can't be read.*credentials"):
        remote.fetch("minio://b/statistics", str(tmp_path / "copy"))


def test_a_failed_task_exits_with_1_and_writes_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = _task()
    task["outputs"]["outputFile"] = str(tmp_path / "output.json")
    arguments = ["--executor_class_path", "nowhere.Executor", "--json_serialized_invocation_args"]
    assert entrypoint.main([*arguments, "{not json"]) == 1
    assert "Error" in capsys.readouterr().err
    assert not (tmp_path / "output.json").exists()
