"""A PostgreSQL server of the tests' own: a new cluster in a temporary folder, on loopback, gone afterwards."""

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PASSWORD = "s3cret/of the test"
USER = "reader"


@dataclass(frozen=True)
class Server:
    """Where it listens; `run` executes SQL as its owner."""

    port: int
    psql: str

    @property
    def uri(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def run(self, sql: str) -> None:
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        command = [self.psql, "-q", "-v", "ON_ERROR_STOP=1", "-d", self.uri, "-c", sql]
        subprocess.run(command, check=True, env=environment, capture_output=True, text=True)


def programs() -> str | None:
    """The folder of initdb and its like: distributions keep them off the path."""
    folders = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    found = [folder for folder in folders if os.path.exists(f"{folder}/initdb")]
    which = shutil.which("initdb")
    return found[0] if found else os.path.dirname(which) if which else None


@contextlib.contextmanager
def running(folder: str) -> Iterator[Server]:
    """Starts a server from the programs in `folder`, and stops it."""
    # PostgreSQL refuses to run as root.
    other = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    root = Path(tempfile.mkdtemp(prefix="headrace-postgres-"))
    try:
        (root / "password").write_text(PASSWORD)
        if other:
            for path in (root, root / "password"):
                shutil.chown(path, "nobody", "nogroup")
        data = str(root / "data")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def call(program: str, *arguments: str) -> None:
            with open(root / "output", "a+") as output:
                done = subprocess.run(
                    [f"{folder}/{program}", "-D", data, *arguments],
                    stdout=output, stderr=output, cwd=root, env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, **other,
                )  # fmt: skip
            assert done.returncode == 0, (root / "output").read_text()

        call("initdb", "-U", USER, "-A", "scram-sha-256", "--pwfile", str(root / "password"), "--no-sync", "-E", "UTF8")
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        call("pg_ctl", "start", "-w", "-t", "300", "-o", settings, "-l", f"{data}/log")
        try:
            yield Server(port=port, psql=f"{folder}/psql")
        finally:
            call("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(root, ignore_errors=True)
