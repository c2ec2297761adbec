"""The example from logs to verdicts: no alarm on an ordinary day, and every planted fault found on the faulty day."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.tfx


def truth(demo) -> dict:
    return json.loads((demo["out"] / "data" / "truth.json").read_text())


def node(demo, span: int, name: str):
    return next(run for run in demo["days"][span - 1].nodes if run.node == name)


@pytest.mark.parametrize("span", [1, 2])
def test_no_alarm_rings_on_an_ordinary_day(demo, span: int) -> None:
    assert demo["days"][span - 1].alarms == []
    assert node(demo, span, "CheckTraining").blessed == 1
    assert node(demo, span, "CheckRuns").blessed == 1


def test_every_planted_fault_is_found_and_nothing_else_is_accused(demo) -> None:
    from examples.runner_suggestions.alarms import explain
    from examples.runner_suggestions.faults import FAULTS

    found, rest = explain(demo["days"][2].alarms, [fault.name for fault in FAULTS])
    assert [fault for fault, alarms in found.items() if not alarms] == []
    assert rest == []
    assert node(demo, 3, "CheckTraining").blessed == 0
    assert node(demo, 3, "CheckRuns").blessed == 0


@pytest.mark.parametrize("span", [1, 2, 3])
def test_every_row_of_every_file_is_accounted_for(demo, span: int) -> None:
    files = truth(demo)["files"]
    for name, table in (("IngestSuggestions", "suggestions"), ("IngestRuns", "runs"), ("IngestServing", "serving")):
        path = next(path for path in sorted(files) if path.startswith(f"{table}/") and f"-0{span + 2}." in path)
        rows = node(demo, span, name).ledgers["rows"]
        assert rows.total == files[path]["lines"], path
        assert rows["rejected"] == files[path].get("spoiled", 0), path
        assert rows["duplicate"] == files[path].get("duplicates", 0), path


@pytest.mark.parametrize("span", [1, 2, 3])
def test_a_node_reads_all_rows_that_the_node_before_it_wrote(demo, span: int) -> None:
    ledgers = {run.node: run.ledgers for run in demo["days"][span - 1].nodes}
    assert ledgers["PointInTimeJoin"]["events"].total == ledgers["IngestSuggestions"]["rows"]["accepted"]
    assert ledgers["PointInTimeJoin"]["profiles"].total == ledgers["IngestProfiles"]["rows"]["accepted"]
    assert ledgers["LabelJoin"]["events"].total == ledgers["PointInTimeJoin"]["events"].total
    assert ledgers["LabelJoin"]["outcomes"].total == ledgers["IngestResponses"]["rows"]["accepted"]
    assert ledgers["StatsTraining"]["rows"].total == ledgers["LabelJoin"]["events"]["labeled"]
    assert ledgers["StatsServing"]["rows"].total == ledgers["IngestServing"]["rows"]["accepted"]
    assert ledgers["StatsRuns"]["rows"].total == ledgers["IngestRuns"]["rows"]["accepted"]


@pytest.mark.parametrize("span", [1, 2, 3])
def test_trailing_features_are_computed_from_all_runs_up_to_the_day(demo, span: int) -> None:
    days = [{run.node: run.ledgers for run in day.nodes} for day in demo["days"]]
    before = days[0]["IngestRunHistory"]["rows"]["accepted"]
    runs = sum(day["IngestRuns"]["rows"]["accepted"] for day in days[:span])
    assert days[span - 1]["PointInTimeJoin"]["runs"].total == before + runs


def test_trailing_features_are_what_a_query_over_the_logs_says(demo) -> None:
    import duckdb

    examples = node(demo, 2, "LabelJoin").outputs["examples"].uri
    logs = [f"{demo['out']}/data/{name}" for name in ("run_history/runs.csv", "runs/*-03.csv", "runs/*-04.csv")]
    runs = " UNION ALL ".join(
        f"SELECT runner_id, epoch_us(started_at::TIMESTAMP) AS t, distance_km, finished FROM read_csv('{log}')"
        for log in logs
    )
    found = duckdb.sql(f"""
        WITH events AS (
            SELECT runner_id[1]::VARCHAR AS runner_id, shown_at[1] AS at, suggestion_id[1] AS id,
                   run_km_7d[1] AS km, run_completion_30d[1] AS share
            FROM '{examples}/*/*.parquet' USING SAMPLE 500 ROWS (reservoir, 7)
        )
        SELECT e.km, coalesce(sum(distance_km) FILTER (t >= e.at - 7 * 86400000000), 0) AS km_here,
               e.share, avg((finished::VARCHAR IN ('yes', 'true'))::INT) AS share_here
        FROM events e LEFT JOIN ({runs}) r
            ON e.runner_id = r.runner_id AND t >= e.at - 30 * 86400000000 AND t < e.at - 4 * 3600000000
        GROUP BY e.id, e.km, e.share
    """).fetchall()
    assert len(found) == 500
    for km, km_here, share, share_here in found:
        assert km == pytest.approx(km_here, rel=1e-6)
        assert share == pytest.approx(share_here, rel=1e-6)


def test_each_run_labels_all_suggestions_that_matured_since_the_one_before(demo) -> None:
    for day in demo["days"]:
        events = next(run for run in day.nodes if run.node == "LabelJoin").ledgers["events"]
        assert events["labeled"] == events.total


def test_no_runner_is_in_both_splits_of_the_training_data(demo) -> None:
    examples = node(demo, 3, "LabelJoin").outputs["examples"].uri
    runners = {}
    for split in ("train", "eval"):
        table = pq.read_table(f"{examples}/Split-{split}", columns=["runner_id"])
        runners[split] = {row[0] for row in table["runner_id"].to_pylist()}
        assert runners[split]
    assert not runners["train"] & runners["eval"]


def test_the_closing_table_says_so(demo) -> None:
    printed = demo["printed"]
    assert "day 2: an ordinary day, no alarm rang" in printed
    assert "not yet found" not in printed
    assert "evening_acceptance" in printed


def test_the_report_of_the_faulty_day_loads_nothing_from_elsewhere(demo) -> None:
    uri = node(demo, 3, "CheckTraining").outputs["report"].uri
    page = Path(uri, "report.html").read_text(encoding="utf-8")
    assert "Not blessed" in page
    assert not any(f'{attribute}="http' in page for attribute in ("src", "href"))
