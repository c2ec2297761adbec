"""SkewCheck and Report in pipelines: examples and history, modes, the webhook, the latest blessed baseline."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.tfx

ROWS = 1500


def write(folder: Path, seed: int, *, faulty: bool = False) -> None:
    """Rides as trained on and as served; faulty: served in miles, and evenings are no longer accepted."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    daypart = rng.choice(["morning", "evening"], ROWS)
    accepted = rng.random(ROWS) < np.where((daypart == "evening") & faulty, 0.2, 0.6)
    rows = [
        {"id": f"s{seed}-{i}", "pace": round(float(p), 3), "daypart": str(d), "accepted": bool(a)}
        for i, (p, d, a) in enumerate(zip(rng.normal(5, 0.5, ROWS), daypart, accepted, strict=True))
    ]
    (folder / "training.jsonl").write_text("\n".join(map(json.dumps, rows)))
    served = [{k: v for k, v in r.items() if k != "accepted"} for r in rows]
    served = [r | {"pace": round(r["pace"] * 1.609344, 4)} for r in served] if faulty else served
    (folder / "serving.jsonl").write_text("\n".join(map(json.dumps, served)))


def ingest(path: Path, *, label: bool):
    from headrace.ingest import Field, IngestSpec, RecordSpec, Source
    from headrace_components import Ingest

    fields = [Field(name="id", required=True), Field(name="pace", kind="float"), Field(name="daypart", kind="category")]
    fields += [Field(name="accepted", kind="boolean")] if label else []
    record = RecordSpec(fields=tuple(fields))
    spec = IngestSpec(sources=(Source(name="app", pattern=str(path)),), record=record, splits={"all": 1})
    return Ingest(spec, span=int(path.parent.name))


def run(root: Path, data: Path, **options):
    """Runs one span; returns the runs of its nodes by name."""
    from tfx.orchestration import metadata
    from tfx.orchestration import pipeline as tfx_pipeline

    from headrace.schema import Declarations, Feature
    from headrace.skew import SkewPolicy
    from headrace.skew.pairs import FeatureSkewSpec, Tolerance
    from headrace.skew.shift import ShiftSpec
    from headrace_components import Report, SchemaCurator, SkewCheck, Stats
    from headrace_pipelines import local

    training = ingest(data / "training.jsonl", label=True).with_id("IngestTraining")
    serving = ingest(data / "serving.jsonl", label=False).with_id("IngestServing")
    stats = Stats(training.outputs["examples"]).with_id("StatsTraining")
    schema = SchemaCurator(
        stats.outputs["statistics"],
        Declarations(labels=("accepted",), identifiers=("id",), features={"pace": Feature(drift=0.05)}),
    )
    downstream = options.pop("downstream", None)
    check = SkewCheck(
        statistics=stats.outputs["statistics"],
        schema=schema.outputs["schema"],
        examples=training.outputs["examples"],
        serving_examples=serving.outputs["examples"],
        feature_skew=FeatureSkewSpec(keys=("id",), tolerances={"*": Tolerance(relative=1e-6)}),
        shift=ShiftSpec(labels=("accepted",), ignore=("id",)),
        policy=SkewPolicy(ignore=("id",)),
        **options,
    )
    report = Report(
        {
            "training": check.outputs["report"],
            "ingested": training.outputs["rejects"],
            "schema": schema.outputs["diff"],
        }
    )
    after = Stats(serving.outputs["examples"]).with_id("After")
    if downstream == "data":
        after.add_upstream_node(check)
    nodes = [training, serving, stats, schema, check, report, after]
    pipeline = tfx_pipeline.Pipeline(
        pipeline_name="skew",
        pipeline_root=str(root / "artifacts"),
        components=nodes,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(str(root / "metadata.sqlite")),
    )
    return {one.node: one for one in local.run(pipeline)}


def alarms(ran) -> set[tuple[str, str]]:
    from headrace.skew import Verdict

    uri = ran["SkewCheck"].outputs["report"].uri
    return {(f.feature, f.code) for f in Verdict.from_json(Path(uri, "verdict.json").read_text()).alarms}


@pytest.fixture(scope="module")
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def days(tmp_path_factory, server):
    """Two ordinary spans and a faulty one, each compared with the spans that were blessed before."""
    from headrace_pipelines.lineage import latest_blessed

    root = tmp_path_factory.mktemp("skew")
    database = str(root / "metadata.sqlite")
    ran = []
    for span in (1, 2, 3):
        write(root / str(span), span, faulty=span == 3)
        history = latest_blessed(database, "SkewCheck", spans=7)
        examples = latest_blessed(database, "SkewCheck", key="examples")
        ran.append(
            run(
                root,
                root / str(span),
                history_uris=history,
                baseline_examples_uri=examples[0] if examples else "",
                mode="skip",
                downstream="data",
                webhook=f"http://127.0.0.1:{server.server_port}/",
            )
        )
    return root, ran, latest_blessed(database, "SkewCheck", spans=7)


def test_ordinary_spans_are_blessed_and_the_faulty_one_is_accused_by_name(days):
    _, ran, _ = days
    assert alarms(ran[0]) == alarms(ran[1]) == set()
    assert {("pace", "FEATURE_SKEW"), ("accepted", "CONCEPT_SHIFT")} <= alarms(ran[2])
    assert [one["SkewCheck"].blessed for one in ran] == [1, 1, 0]


def test_the_latest_blessed_spans_are_the_baseline_the_oldest_first(days):
    from headrace_pipelines.lineage import latest_blessed

    root, ran, history = days
    statistics = [one["StatsTraining"].outputs["statistics"].uri for one in ran]
    assert history == statistics[:2]
    assert latest_blessed(str(root / "metadata.sqlite"), "SkewCheck") == statistics[1:2]
    assert latest_blessed(str(root / "metadata.sqlite"), "SkewCheck", before_span=2) == statistics[:1]
    assert latest_blessed(str(root / "metadata.sqlite"), "SkewCheck", before_span=1, spans=7) == []
    assert latest_blessed(str(root / "nowhere.sqlite"), "SkewCheck") == []
    assert latest_blessed(str(root / "metadata.sqlite"), "Another") == []


def test_what_is_downstream_is_skipped_where_the_data_is_not_blessed_and_the_report_is_not(days):
    _, ran, _ = days
    assert [one["After"].skipped for one in ran] == [False, False, True]
    assert not any(one["Report"].skipped for one in ran)


def test_a_summary_is_posted_of_the_faulty_span_and_of_the_first_that_had_no_baseline(days, server):
    first, faulty = (posted["text"] for posted in server.got)
    assert "Span 1: blessed, 1 warning\n• pace: NOT_COMPARABLE: the schema declares a drift comparator" in first
    assert "not blessed" in faulty
    assert "pace: FEATURE_SKEW" in faulty


def test_the_report_of_the_run_shows_checks_ledgers_and_schema(days):
    _, ran, _ = days
    page = Path(ran[2]["Report"].outputs["report"].uri, "report.html").read_text(encoding="utf-8")
    assert ran[2]["Report"].blessed == 0
    for words in ("FEATURE_SKEW", "a constant factor of 1.609", "1,500 rows = 1,500 accepted", "Changes of the schema"):
        assert words in page
    assert len(page) < 1_500_000


def test_a_webhook_that_is_down_fails_nothing(days, tmp_path):
    root, _, _ = days
    ran = run(tmp_path, root / "1", webhook="env:HEADRACE_TEST_HOOK_THAT_IS_NOT_SET", mode="annotate")
    assert ran["SkewCheck"].blessed == 1


def test_what_does_not_go_together_is_refused_when_declared():
    from tfx.types import Channel, standard_artifacts

    from headrace.errors import UsageError
    from headrace.skew.pairs import FeatureSkewSpec
    from headrace.skew.shift import ShiftSpec
    from headrace_components import Report, SkewCheck

    given = {
        "statistics": Channel(type=standard_artifacts.ExampleStatistics),
        "schema": Channel(type=standard_artifacts.Schema),
    }
    with pytest.raises(UsageError, match="feature_skew needs examples and serving_examples"):
        SkewCheck(**given, feature_skew=FeatureSkewSpec(keys=("id",)))
    with pytest.raises(UsageError, match="shift needs examples"):
        SkewCheck(**given, shift=ShiftSpec(labels=("y",)))
    with pytest.raises(UsageError, match="one of baseline_statistics, baseline_uri, history_uris"):
        SkewCheck(**given, baseline_uri="/a", history_uris=["/b"])
    with pytest.raises(UsageError, match="mode must be one of annotate, skip, fail, got 'stop'"):
        SkewCheck(**given, mode="stop")
    with pytest.raises(UsageError, match="webhook must be"):
        SkewCheck(**given, webhook="hooks.example.com")
    with pytest.raises(UsageError, match="at least one output"):
        Report({})
