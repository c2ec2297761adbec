"""The types of columns go from node to node as a property of the artifacts, and SchemaCurator writes them down."""

from pathlib import Path
from typing import Any

import pytest

from headrace.ingest import Field, IngestSpec, RecordSpec, Source
from headrace.labels import Label, LabelSpec
from headrace.point_in_time import AsOfTable, PointInTimeSpec
from headrace.schema import Declarations
from headrace.skew import SkewPolicy
from headrace.stats import StatsSpec
from headrace.values import ColumnType, declared, epoch

pytestmark = pytest.mark.tfx

TIME, KM = epoch("us"), declared("quantity in km")
ROWS = 200


def artifact(kind: str, uri: Path) -> Any:
    from tfx.types import standard_artifacts

    import headrace_components.artifacts as own

    made = getattr(own, kind, None) or getattr(standard_artifacts, kind)
    one = made()
    one.uri = str(uri)
    return one


def run(folder: Path, node: str, inputs: dict[str, Any], outputs: dict[str, str], **properties: Any) -> dict[str, Any]:
    """Runs the executor of a node; gives its outputs by key."""
    import importlib

    from tfx.dsl.components.base import base_beam_executor

    executor = importlib.import_module(f"headrace_components.{node}.executor").Executor
    context = base_beam_executor.BaseBeamExecutor.Context(
        beam_pipeline_args=[], tmp_dir=str(folder / "tmp"), unique_id=node
    )
    made = {key: artifact(kind, folder / key) for key, kind in outputs.items()}
    executor(context).Do(
        {key: [one] for key, one in inputs.items()}, {key: [one] for key, one in made.items()}, properties
    )
    return made


def ingest(folder: Path, text: str, fields: tuple[Field, ...], **properties: Any) -> Any:
    folder.mkdir(parents=True)
    (folder / "in.csv").write_text(text)
    source = Source(name="app", pattern=str(folder / "in.csv"))
    spec = IngestSpec(sources=(source,), record=RecordSpec(fields=fields), splits={"all": 1})
    outputs = {"examples": "Examples", "rejects": "Rejects"}
    return run(folder, "ingest", {}, outputs, spec=spec.to_json(), span=3, **properties)["examples"]


def rides(folder: Path, **properties: Any) -> Any:
    rows = [f"r{n},2026-03-03T08:{n % 60:02}:00Z,{n % 9} km" for n in range(ROWS)]
    fields = (Field(name="id"), Field(name="at", kind="timestamp"), Field(name="far", kind="quantity", unit="km"))
    return ingest(folder, "\n".join(["id,at,far", *rows]) + "\n", fields, **properties)


def types(of: Any) -> dict[str, ColumnType]:
    from headrace_components import payload

    return payload.types_of(of)


def curated(folder: Path, examples: Any) -> Any:
    statistics = run(
        folder, "stats", {"examples": examples}, {"statistics": "ExampleStatistics"}, spec=StatsSpec().to_json()
    )["statistics"]
    assert types(statistics) == types(examples)
    outputs = {"schema": "Schema", "diff": "SchemaDiff", "effectiveness": "Effectiveness"}
    return run(folder, "schema_curator", {"statistics": statistics}, outputs, declarations=Declarations().to_json())[
        "schema"
    ], statistics


def features(schema: Any) -> dict[str, Any]:
    from headrace_components import payload

    return {feature.name: feature for feature in payload.read_schema(schema.uri).feature}


def test_from_tf_records_the_types_reach_the_schema_and_the_check(tmp_path: Path) -> None:
    examples = rides(tmp_path / "rides", payload_format="FORMAT_TF_EXAMPLE")
    assert types(examples) == {"id": declared("text"), "at": TIME, "far": KM}
    schema, statistics = curated(tmp_path, examples)
    found = features(schema)
    assert found["at"].time_domain.integer_format == found["at"].time_domain.UNIX_MICROSECONDS
    assert not found["at"].HasField("drift_comparator")
    assert not found["at"].HasField("skew_comparator")
    assert "unit: km" in found["far"].annotation.tag
    checked = run(
        tmp_path,
        "skew_check",
        {"statistics": statistics, "schema": schema, "baseline_statistics": statistics},
        {"anomalies": "ExampleAnomalies", "report": "ReportPage"},
        policy=SkewPolicy().to_json(),
    )
    assert checked["anomalies"].get_int_custom_property("blessed") == 1
    page = (tmp_path / "report" / "report.html").read_text()
    assert "2026-03-03T08:00:00Z to 2026-03-03T08:59:00Z before" in page
    assert "1772524800000000" not in page
    assert "1.77" not in page


def test_through_both_joins_the_types_reach_the_schema(tmp_path: Path) -> None:
    events = rides(tmp_path / "rides")
    answers = ingest(
        tmp_path / "answers",
        "id,done,ran\n" + "".join(f"r{n},2026-03-03T09:30:00Z,{n % 7} km\n" for n in range(ROWS)),
        (Field(name="id"), Field(name="done", kind="timestamp"), Field(name="ran", kind="quantity", unit="km")),
    )
    table = ingest(
        tmp_path / "table",
        "id,since,seen\n" + "".join(f"r{n},2026-01-01T00:00:00Z,2026-02-0{1 + n % 7}T00:00:00Z\n" for n in range(ROWS)),
        (Field(name="id"), Field(name="since", kind="timestamp"), Field(name="seen", kind="timestamp")),
    )
    labels = LabelSpec(
        keys=("id",),
        event_time="at",
        outcome_time="done",
        labels=(Label(name="ran", value="ran", window=(0, 86_400)),),
        as_of="2026-03-10T00:00Z",
    )
    labeled = run(
        tmp_path / "labeled",
        "label_join",
        {"events": events, "outcomes": answers},
        {"examples": "Examples", "unlabeled": "Unlabeled", "unused_outcomes": "UnusedOutcomes"},
        spec=labels.to_json(),
    )["examples"]
    assert types(labeled) == {**types(events), "ran": KM}
    lookup = AsOfTable(name="table", keys=("id",), time="since", features=("seen",))
    joined = run(
        tmp_path / "joined",
        "point_in_time_join",
        {"events": labeled, "table_table": table},
        {"examples": "Examples"},
        spec=PointInTimeSpec(event_time="at", tables=(lookup,)).to_json(),
    )["examples"]
    assert types(joined) == {**types(labeled), "seen": TIME}
    schema, _ = curated(tmp_path, joined)
    found = features(schema)
    assert {name for name, one in found.items() if one.HasField("time_domain")} == {"at", "seen"}
    assert {name for name, one in found.items() if "unit: km" in one.annotation.tag} == {"far", "ran"}


def test_examples_of_stock_components_have_no_types_and_are_no_fault(tmp_path: Path) -> None:
    from headrace_components import payload

    assert payload.types_of(artifact("Examples", tmp_path)) == {}
