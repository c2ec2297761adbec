"""Every component on Beam's portable runner, as on Flink or Spark: the same rows as in one process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from job_service import job_service, worker_pool

pytestmark = pytest.mark.tfx


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distributed")
    shown = [
        {"id": f"s{i}", "who": f"r{i % 50}", "shown_at": f"2026-03-03T{i % 24:02}:{i % 60:02}:00Z", "pace": 4 + i % 7}
        for i in range(2000)
    ]
    (folder / "shown.jsonl").write_text("".join(json.dumps(row) + "\n" for row in shown))
    answers = [f"s{i},2026-03-04T0{i % 10}:00:00Z,{str(i % 3 == 0).lower()}\n" for i in range(0, 2000, 2)]
    (folder / "answers.csv").write_text("id,answered_at,accepted\n" + "".join(answers))
    runs = [f"r{i % 50},2026-03-0{1 + i % 2}T10:{i % 60:02}:00Z,{i % 9}\n" for i in range(500)]
    (folder / "runs.csv").write_text("who,started_at,km\n" + "".join(runs))
    return folder


@pytest.fixture(scope="module")
def service() -> Iterator[list[str]]:
    with job_service() as options:
        yield options


@pytest.fixture(scope="module")
def in_process(data: Path) -> dict[str, Any]:
    return _run(data, "in-process", [])


def _run(data: Path, name: str, beam_args: list[str]) -> dict[str, Any]:
    """By node and output, the rows or the verdict."""
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace.labels import Label, LabelSpec
    from headrace.point_in_time import Aggregate, EventStream, PointInTimeSpec
    from headrace.schema import Declarations
    from headrace_components import Ingest, LabelJoin, PointInTimeJoin, SchemaCurator, SkewCheck, Stats
    from headrace_pipelines import local

    time = {"kind": "timestamp", "required": True}
    key, who = Field(name="id", required=True), Field(name="who", required=True)

    def ingest(file: str, *fields: Field) -> Ingest:
        spec = IngestSpec(
            sources=(Source(name="app", pattern=str(data / file)),), record=RecordSpec(fields=fields), splits={"all": 1}
        )
        return Ingest(spec, span=1).with_id(file.split(".")[0])

    shown = ingest("shown.jsonl", key, who, Field(name="shown_at", **time), Field(name="pace", kind="float"))
    answers = ingest("answers.csv", key, Field(name="answered_at", **time), Field(name="accepted", kind="boolean"))
    runs = ingest("runs.csv", who, Field(name="started_at", **time), Field(name="km", kind="float"))
    km = Aggregate(name="km_7d", function="sum", value="km", window="7d")
    stream = EventStream(name="runs", keys=("who",), time="started_at", aggregates=(km,))
    known = PointInTimeJoin(
        shown.outputs["examples"],
        {"runs": runs.outputs["examples"]},
        PointInTimeSpec(event_time="shown_at", tables=(stream,), buckets=3, shards=3),
    )
    label = Label(name="accepted", value="accepted", window=(0, 172_800), absence="negative")
    labels = LabelSpec(
        keys=("id",),
        event_time="shown_at",
        outcome_time="answered_at",
        labels=(label,),
        as_of="2026-03-06T00:00Z",
        buckets=3,
    )
    training = LabelJoin(known.outputs["examples"], answers.outputs["examples"], labels)
    stats = Stats(training.outputs["examples"])
    schema = SchemaCurator(stats.outputs["statistics"], Declarations(labels=("accepted",)))
    check = SkewCheck(stats.outputs["statistics"], schema.outputs["schema"])
    root = data / name
    root.mkdir()
    pipeline = tfx_pipeline.Pipeline(
        pipeline_name="distributed",
        pipeline_root=str(root),
        components=[shown, answers, runs, known, training, stats, schema, check],
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite")),
        beam_pipeline_args=beam_args,
    )
    return {
        f"{node.node}.{key}": (_content(Path(output.uri)), output.properties.get("blessed"))
        for node in local.run(pipeline)
        for key, output in node.outputs.items()
    }


def _content(folder: Path) -> Any:
    import pyarrow.parquet as pq
    from tensorflow_metadata.proto.v0 import statistics_pb2

    content: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".parquet":
            content[name] = pq.read_table(path).to_pylist()
        elif path.name == "FeatureStats.pb":
            content[name] = statistics_pb2.DatasetFeatureStatisticsList.FromString(path.read_bytes())
        elif path.name in ("schema.pbtxt", "diff.json"):
            content[name] = path.read_text()
    return content


def _assert_same(distributed: dict[str, Any], in_process: dict[str, Any]) -> None:
    assert set(distributed) == set(in_process)
    assert sum(len(rows) for rows, _ in in_process.values()) > 10
    for output, expected in in_process.items():
        assert distributed[output] == expected, output


def test_workers_in_the_submitting_process_give_its_rows(
    data: Path, service: list[str], in_process: dict[str, Any]
) -> None:
    _assert_same(_run(data, "loopback", [*service, "--environment_type=LOOPBACK"]), in_process)


def test_workers_of_an_external_pool_give_the_rows_of_one_process(
    data: Path, service: list[str], in_process: dict[str, Any]
) -> None:
    log = data / "pool.log"
    with worker_pool(log) as environment:
        distributed = _run(data, "external", [*service, *environment])
    assert log.read_text().count("Starting worker with command") >= 4  # Beam's stages of four kinds of nodes
    _assert_same(distributed, in_process)
