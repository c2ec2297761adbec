"""Beam's own job service and worker pool in separate processes on loopback, in place of a cluster."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

START_S = 300
"""How long a process may take until it listens, seconds; importing Beam takes most of it on a busy machine."""


@contextlib.contextmanager
def job_service() -> Iterator[list[str]]:
    """Gives the options of a pipeline that name the service, without an environment for its workers."""
    port = _free_port()
    with _running(["-m", "apache_beam.runners.portability.local_job_service_main", "--port", str(port)], port):
        yield ["--runner=PortableRunner", f"--job_endpoint=127.0.0.1:{port}"]


@contextlib.contextmanager
def worker_pool(log: Path) -> Iterator[list[str]]:
    """Gives the options of a pipeline whose workers are started by a pool, which logs each of them to `log`."""
    port = _free_port()
    with _running([str(Path(__file__).with_name("worker_pool.py")), str(port)], port, log):
        yield ["--environment_type=EXTERNAL", f"--environment_config=127.0.0.1:{port}"]


@contextlib.contextmanager
def _running(words: list[str], port: int, log: Path = Path(os.devnull)) -> Iterator[None]:
    # The pool starts its workers by the command `python`, which must be this Python.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *words],
            env={**os.environ, "PATH": path},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_for(process, port, words)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # with the workers that it started
            process.wait(60)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, words: list[str]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{words} ended with {process.returncode}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{words} does not listen after {START_S} s")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
