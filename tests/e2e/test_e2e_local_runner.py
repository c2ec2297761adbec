"""The local runner: a node that fails, fails the run, which names it; it leaves no partial output."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.tfx


def pipeline_of(tmp_path: Path, *components):
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    return tfx_pipeline.Pipeline(
        pipeline_name="small",
        pipeline_root=str(tmp_path / "artifacts"),
        components=list(components),
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(tmp_path / "metadata.sqlite")),
    )


def ingest_of(tmp_path: Path, text: str, **settings):
    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace_components import Ingest

    (tmp_path / "rides.csv").write_text(text)
    record = RecordSpec(fields=(Field(name="id", kind="integer", required=True), Field(name="pace", kind="float")))
    sources = (Source(name="rides", pattern=str(tmp_path / "rides.csv")),)
    return Ingest(IngestSpec(sources=sources, record=record, **settings), span=1)


def test_a_run_reports_each_node_and_its_outputs(tmp_path: Path) -> None:
    from headrace_pipelines import local

    events = []
    (ran,) = local.run(pipeline_of(tmp_path, ingest_of(tmp_path, "id,pace\n1,5.5\nx,6\n")), on_node=events.append)
    assert [(event.node, event.status) for event in events] == [("Ingest", "started"), ("Ingest", "finished")]
    assert str(ran.ledgers["rows"]) == "2 rows = 1 accepted + 1 rejected + 0 duplicate + 0 withheld"
    assert {"examples", "rejects"} == set(ran.outputs)
    assert [alarm.code for alarm in ran.alarms] == ["REJECTS"]


def test_a_failing_node_fails_the_run_with_its_name_and_reason_and_leaves_nothing(tmp_path: Path) -> None:
    from headrace_pipelines import local

    with pytest.raises(local.PipelineFailedError, match=r"(?s)Ingest failed: .*rides\.csv.*id.*'x'"):
        local.run(pipeline_of(tmp_path, ingest_of(tmp_path, "id,pace\n1,5.5\nx,6\n", policy="fail")))
    assert not list((tmp_path / "artifacts").rglob("*.parquet"))


def test_the_cache_notices_other_rows_in_a_file_of_the_same_name(tmp_path: Path) -> None:
    from headrace_pipelines import local

    def accepted(text: str) -> int:
        pipeline = pipeline_of(tmp_path, ingest_of(tmp_path, text))
        pipeline.enable_cache = True
        (ran,) = local.run(pipeline)
        return ran.ledgers["rows"]["accepted"]

    assert accepted("id,pace\n1,5\n") == 1
    assert accepted("id,pace\n1,5\n2,6\n") == 2


def checked(tmp_path: Path, **settings):
    """Ingest to SkewCheck on rows of which the pace is 5, 6 and 7, where 6 to 8 is declared."""
    from headrace.schema import Declarations, Feature
    from headrace_components import SchemaCurator, SkewCheck, Stats

    rows = "".join(f"{n},{5 + n % 3}\n" for n in range(200))
    ingest = ingest_of(tmp_path, f"id,pace\n{rows}")
    stats = Stats(ingest.outputs["examples"], union="all")
    schema = SchemaCurator(
        stats.outputs["statistics"], Declarations(identifiers=("id",), features={"pace": Feature(range=(6, 8))})
    )
    check = SkewCheck(stats.outputs["statistics"], schema.outputs["schema"], **settings)
    return ingest, stats, schema, check


def test_a_check_in_mode_fail_stops_the_pipeline(tmp_path: Path) -> None:
    from headrace_pipelines import local

    with pytest.raises(local.PipelineFailedError, match=r"(?s)SkewCheck failed: .*not blessed.*pace"):
        local.run(pipeline_of(tmp_path, *checked(tmp_path, mode="fail")))
    # TFX drops the outputs of a node that failed; the report is what is looked at then.
    (report,) = (tmp_path / "artifacts").rglob("report.html")
    assert "Not blessed" in report.read_text()


@pytest.mark.parametrize("blessed", [0, 1])
def test_a_condition_on_blessed_runs_or_skips_what_is_downstream(tmp_path: Path, blessed: int) -> None:
    from tfx.dsl.experimental.conditionals.conditional import Cond

    from headrace_components import Stats
    from headrace_pipelines import local

    ingest, stats, schema, check = checked(tmp_path)
    with Cond(check.outputs["anomalies"].future()[0].custom_property("blessed") == blessed):
        after = Stats(ingest.outputs["examples"]).with_id("After")
    ran = {run.node: run for run in local.run(pipeline_of(tmp_path, ingest, stats, schema, check, after))}
    assert ran["SkewCheck"].blessed == 0
    assert ran["After"].skipped == (blessed == 1)
    assert bool(ran["After"].outputs) == (blessed == 0)


def test_a_node_whose_input_does_not_exist_fails_the_run_which_names_it(tmp_path: Path) -> None:
    from tfx.dsl.components.common.resolver import Resolver
    from tfx.dsl.input_resolution.strategies.latest_artifact_strategy import LatestArtifactStrategy
    from tfx.types import Channel, standard_artifacts

    from headrace_components import SchemaCurator
    from headrace_pipelines import local

    nowhere = Channel(type=standard_artifacts.ExampleStatistics)
    latest = Resolver(strategy_class=LatestArtifactStrategy, statistics=nowhere).with_id("Latest")
    curator = SchemaCurator(latest.outputs["statistics"])
    with pytest.raises(local.PipelineFailedError, match="SchemaCurator failed"):
        local.run(pipeline_of(tmp_path, latest, curator))


@pytest.mark.parametrize("rows", ["", "x,6\n"])
def test_an_alarm_of_ingest_reaches_the_verdict_on_the_data(tmp_path: Path, rows: str) -> None:
    from headrace.schema import Declarations
    from headrace.skew import Verdict
    from headrace_components import SchemaCurator, SkewCheck, Stats
    from headrace_pipelines import local

    ingest = ingest_of(tmp_path, "id,pace\n" + "".join(f"{n},{5 + n % 3}\n" for n in range(200)) + rows)
    stats = Stats(ingest.outputs["examples"])
    schema = SchemaCurator(stats.outputs["statistics"], Declarations(identifiers=("id",)))
    check = SkewCheck(stats.outputs["statistics"], schema.outputs["schema"])
    ran = {run.node: run for run in local.run(pipeline_of(tmp_path, ingest, stats, schema, check))}
    report = Path(ran["SkewCheck"].outputs["report"].uri)
    alarms = Verdict.from_json((report / "verdict.json").read_text()).alarms
    assert ran["SkewCheck"].blessed == (0 if rows else 1)
    # Two splits, one alarm: it is of the data as a whole.
    found = [(alarm.comparison, alarm.code, alarm.split) for alarm in alarms]
    assert found == ([("source", "REJECTS", "")] if rows else [])
    assert ("1 of 201 rows of rides were rejected" in (report / "report.html").read_text()) == bool(rows)
