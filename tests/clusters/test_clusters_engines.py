"""Plans on real clusters of Dask and Spark: the results, errors and bytes of one process. `make clusters` runs them."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from headrace.errors import DataError, UsageError, WorkError
from headrace.execution import engine_named
from headrace.execution.threads import Threads
from headrace.execution.versions import versions

pytest.importorskip("dask", reason="needs Dask: make clusters")
pytest.importorskip("pyspark", reason="needs Spark: make clusters")

from clusters.cluster_work import KillingOnce, end_worker, wait_for, work_until
from execution import example_plan as example

from examples.cluster import pipeline, servers
from examples.runner_suggestions.generate import START, generate

CLUSTERS = {"dask": servers.dask, "spark": servers.spark}


@pytest.fixture(scope="module", params=CLUSTERS)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Cluster]:
    if request.param == "spark" and not shutil.which("java"):
        pytest.skip("Spark needs Java: apt-get install openjdk-17-jre-headless")
    # Workers unpickle the work of these tests by name.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    with CLUSTERS[request.param](tmp_path_factory.mktemp(request.param)) as started:
        yield started
    del os.environ["PYTHONPATH"]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The logs of a day, and what one thread makes of them."""
    data, out = tmp_path_factory.mktemp("day") / "data", tmp_path_factory.mktemp("expected")
    generate(str(data), runners=100, days=1)
    pipeline.join(data, START, out, Threads(1))
    return data, out


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_results_order_and_files_are_those_of_one_process(cluster: servers.Cluster, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.mkdir()
    expected = Threads(1).run(example.example_plan(str(one)))
    seen: list[tuple[str, int, int]] = []
    results = engine_named(cluster.engine).run(example.example_plan(str(other)), lambda *one: seen.append(one))
    assert dict(results) == dict(expected)
    assert files(other) == files(one)
    last = {step: (done, total) for step, done, total in seen}
    assert last == {"write words": (6, 6), "count words": (11, 11), "nothing": (0, 0), "total": (1, 1)}


def test_both_workers_work(cluster: servers.Cluster, tmp_path: Path) -> None:
    plan = example.one_step(partial(wait_for, folder=str(tmp_path), many=2), [0, 1])
    assert len(set(engine_named(cluster.engine).run(plan)["one"])) == 2


def test_ingest_and_joins_write_the_bytes_of_one_process_though_each_step_loses_a_worker(
    cluster: servers.Cluster, day: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data, expected = day
    kills = tmp_path / "kills"
    kills.mkdir()
    with caplog.at_level(logging.INFO, "headrace"):
        pipeline.join(data, START, tmp_path / "out", KillingOnce(engine_named(cluster.engine), str(kills)))
    assert files(tmp_path / "out") == files(expected)
    assert {path.name for path in kills.iterdir()} >= {
        *("ingest-parse", "ingest-mark duplicates", "ingest-finish", "join features-write buckets"),
        *("join features-join buckets", "join features-finish shards", "join labels-write buckets"),
        "join labels-join buckets",
    }
    assert {"join labels: join buckets, 0 of 4", "join labels: join buckets, 4 of 4"} <= set(caplog.messages)


@pytest.mark.tfx
def test_statistics_are_the_bytes_of_one_process_though_a_worker_is_lost(
    cluster: servers.Cluster, day: tuple[Path, Path], tmp_path: Path
) -> None:
    # Every worker that dies has to import TFDV again, which takes most of the time: so one does.
    _, joined = day
    engine = KillingOnce(engine_named(cluster.engine), str(tmp_path), steps=("sketch parts",))
    pipeline.measure(joined, tmp_path / "clusters", engine)
    pipeline.measure(joined, tmp_path / "one", Threads(1))
    assert files(tmp_path / "clusters") == files(tmp_path / "one")
    assert (tmp_path / "statistics-sketch parts").exists()


def test_a_worker_that_is_lost_in_the_middle_changes_nothing(cluster: servers.Cluster, tmp_path: Path) -> None:
    marks = [tmp_path / f"begun-{number}" for number in range(2)]  # one on each worker, which has one core
    killer = threading.Thread(target=_kill_when, args=(marks, cluster.group(0), tmp_path / "go"))
    killer.start()
    plan = example.one_step(partial(work_until, folder=str(tmp_path), name="go"), range(6))
    assert engine_named(cluster.engine).run(plan)["one"] == list(range(6))
    killer.join()
    cluster.start_worker()


def _kill_when(there: Sequence[Path], group: int, then: Path) -> None:
    while not all(path.exists() for path in there):
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    then.touch()


def test_errors_are_those_of_one_process(cluster: servers.Cluster) -> None:
    engine = engine_named(cluster.engine)
    with pytest.raises(DataError, match=r"^3 is refused \(step 'one', bytes 3 of a.csv\)$"):
        engine.run(example.one_step(example.refuse_three, range(6), describe="bytes {} of a.csv".format))
    with pytest.raises(WorkError, match=r"^ZeroDivisionError: division by zero \(step 'one', 2\)$"):
        engine.run(example.one_step(example.divide_by_zero, [1, 2, 3]))


def test_an_element_that_ends_its_workers_is_named(cluster: servers.Cluster) -> None:
    plan = example.one_step(end_worker, range(3), describe="bytes {} of a.csv".format)
    words = r"^every worker that was given bytes 1 of a.csv died \(step 'one'\).*lack of memory.*`buckets`"
    with pytest.raises(WorkError, match=words):
        engine_named(cluster.engine).run(plan)


def test_an_interrupt_cancels_what_is_not_begun_and_waits_for_what_runs(
    cluster: servers.Cluster, tmp_path: Path
) -> None:
    def interrupt(step: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    items = range(20)
    (tmp_path / "go").touch()
    plan = example.one_step(partial(work_until, folder=str(tmp_path), name="go"), items)
    with pytest.raises(KeyboardInterrupt):
        engine_named(cluster.engine).run(plan, interrupt)
    there = set(files(tmp_path))
    time.sleep(1)
    assert set(files(tmp_path)) == there
    assert len([name for name in there if name.startswith("begun")]) < len(items)


def test_workers_of_other_versions_are_refused(cluster: servers.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.execution.outcomes.versions", lambda: {**versions(), "numpy": "1.0"})
    words = rf"^the worker on \S+ has numpy {np.__version__} instead of 1.0: .*install.*step 'one', 1\)$"
    with pytest.raises(UsageError, match=words):
        engine_named(cluster.engine).run(example.one_step(abs, [1]))


def test_the_lines_of_the_guide_run_a_step_of_ones_own(cluster: servers.Cluster) -> None:
    assert example.of_the_guide(cluster.engine) == [1, 3]


def test_a_relative_output_is_refused(cluster: servers.Cluster) -> None:
    with pytest.raises(UsageError, match=r"^out is a relative path.*absolute"):
        engine_named(cluster.engine).run(example.example_plan("out/.staging"))
