"""Clusters of processes on this machine, on loopback, which end with the block: Dask and Spark standalone."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 120
_PR_SET_PDEATHSIG = 1


class Cluster:
    """A cluster whose workers, of one core each, can be killed and started."""

    def __init__(self, engine: str, start_worker: Callable[[int], subprocess.Popen[bytes]]) -> None:
        self.engine = engine
        """Its name as an engine."""
        self._start_worker = start_worker
        self._workers: dict[int, subprocess.Popen[bytes]] = {}

    def start_worker(self) -> int:
        """Starts one more worker; gives its number."""
        number = len(self._workers)
        self._workers[number] = self._start_worker(number)
        return number

    def group(self, number: int) -> int:
        """The group of processes of a worker: itself and all that it has started."""
        return self._workers[number].pid


@contextmanager
def dask(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A scheduler, and workers that a nanny starts again when they die; two deaths are enough to give a task up."""
    environment = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with _processes(folder, environment) as start:
        start("scheduler", [*_dask("scheduler"), "--host", HOST, "--port", "0", "--no-dashboard"])
        address = _wait(folder / "scheduler.log", r"Scheduler at:\s+tcp://(\S+)")

        def start_worker(number: int) -> subprocess.Popen[bytes]:
            name = f"worker-{number}"
            options = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(folder / name), "--host", HOST]
            return start(name, [*_dask("worker"), f"tcp://{address}", *options])

        yield _with_workers(Cluster(f"dask://{address}", start_worker), folder, workers, r"Registered to:")


def _dask(what: str) -> list[str]:
    return [sys.executable, "-m", "dask", what]


@contextmanager
def spark(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """A master and workers of Spark's own cluster manager. Needs Java."""
    import pyspark
    from pyspark.sql import SparkSession

    home = Path(pyspark.__file__).parent
    environment = {"SPARK_HOME": str(home), "SPARK_DAEMON_MEMORY": "512m", "SPARK_WORKER_DIR": str(folder / "work")}
    os.environ["SPARK_LOCAL_IP"] = HOST  # of the process that submits, too
    spark_class = str(home / "bin" / "spark-class")
    with _processes(folder, environment) as start:
        ports = ["--host", HOST, "--port", "0", "--webui-port", "0"]
        start("master", [spark_class, "org.apache.spark.deploy.master.Master", *ports])
        address = _wait(folder / "master.log", r"Starting Spark master at spark://(\S+)")

        def start_worker(number: int) -> subprocess.Popen[bytes]:
            options = ["--host", HOST, "--cores", "1", "--memory", "1g", "--webui-port", "0"]
            command = [spark_class, "org.apache.spark.deploy.worker.Worker", f"spark://{address}", *options]
            return start(f"worker-{number}", command)

        yield _with_workers(Cluster(f"spark://{address}", start_worker), folder, workers, "Successfully registered")
        if session := SparkSession.getActiveSession():
            session.stop()


def _with_workers(cluster: Cluster, folder: Path, workers: int, registered: str) -> Cluster:
    for number in [cluster.start_worker() for _ in range(workers)]:
        _wait(folder / f"worker-{number}.log", f"({registered})")
    return cluster


@contextmanager
def _processes(
    folder: Path, environment: Mapping[str, str]
) -> Iterator[Callable[[str, list[str]], subprocess.Popen[bytes]]]:
    """Starts processes, each in a group of its own and with a log in the folder; ends all of them."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with open(folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in reversed(started):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _end_with_parent() -> None:
    """Asks Linux to kill this process when the one that started it ends, however it does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(log: Path, pattern: str) -> str:
    """The first group of the pattern, as soon as the log has it."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise TimeoutError(f"{log} has no {pattern!r} after {START_SECONDS} s:\n{log.read_text(errors='replace')[-2000:]}")
