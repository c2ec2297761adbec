"""Servers of object stores for tests, on this machine alone: S3 (versitygw), Google (fake-gcs-server), Azure (azurite).

`make stores` builds them into `.stores`, with Go and npm. Each has a bucket `races`, and ends with the block.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / ".stores"
BUCKET = "races"
STARTS_WITHIN_S = 60
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key that azurite documents for its account `devstoreaccount1`."""


@dataclass(frozen=True)
class Store:
    """A server that runs: the path of its bucket, and the variables by which clients find it."""

    root: str
    variables: Mapping[str, str]


def why_missing(name: str) -> str | None:
    """Why a server can't be started here; None if it can."""
    return None if PROGRAMS[name].exists() else f"{PROGRAMS[name].name} is not there: `make stores` builds it"


@contextlib.contextmanager
def s3(folder: Path) -> Iterator[Store]:
    """An S3 server over a folder."""
    port = _free_port()
    (folder / "data" / BUCKET).mkdir(parents=True)
    (folder / "sidecar").mkdir()
    words = [str(PROGRAMS["s3"]), "--port", f"127.0.0.1:{port}", "--region", "us-east-1", "--health", "/health",
             "posix", "--sidecar", str(folder / "sidecar"), str(folder / "data")]  # fmt: skip
    secrets = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "of-tests-only"}
    own = {"ROOT_ACCESS_KEY": secrets["AWS_ACCESS_KEY_ID"], "ROOT_SECRET_KEY": secrets["AWS_SECRET_ACCESS_KEY"]}
    with _running(words, folder, f"http://127.0.0.1:{port}/health", own):
        yield Store(f"s3://{BUCKET}", {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", **secrets})


@contextlib.contextmanager
def gs(folder: Path) -> Iterator[Store]:
    """A server of Google Cloud Storage in memory."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    words = [str(PROGRAMS["gs"]), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory",
             "-public-host", f"127.0.0.1:{port}", "-external-url", url]  # fmt: skip
    with _running(words, folder, f"{url}/storage/v1/b?project=tests"):
        request = urllib.request.Request(
            f"{url}/storage/v1/b?project=tests",
            data=json.dumps({"name": BUCKET}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()
        yield Store(f"gs://{BUCKET}", {"STORAGE_EMULATOR_HOST": url})


@contextlib.contextmanager
def az(folder: Path) -> Iterator[Store]:
    """A server of Azure Blob Storage over a folder."""
    from azure.storage.blob import BlobServiceClient

    port = _free_port()
    url = f"http://127.0.0.1:{port}/devstoreaccount1"
    words = [str(PROGRAMS["az"]), "--disableTelemetry", "--skipApiVersionCheck", "--silent", "--blobHost", "127.0.0.1",
             "--blobPort", str(port), "--location", str(folder)]  # fmt: skip
    connection = (
        f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AZURE_KEY};BlobEndpoint={url};"
    )
    with _running(words, folder, url):
        BlobServiceClient.from_connection_string(connection).create_container(BUCKET)
        yield Store(f"az://{BUCKET}", {"AZURE_STORAGE_CONNECTION_STRING": connection})


PROGRAMS = {
    "s3": TOOLS / "bin" / "versitygw",
    "gs": TOOLS / "bin" / "fake-gcs-server",
    "az": TOOLS / "node_modules" / ".bin" / "azurite-blob",
}
SERVERS = {"s3": s3, "gs": gs, "az": az}


@contextlib.contextmanager
def _running(words: list[str], folder: Path, url: str, variables: Mapping[str, str] | None = None) -> Iterator[None]:
    with open(folder / "server.log", "wb") as log:
        server = subprocess.Popen(
            words, stdout=log, stderr=log, env={**os.environ, **(variables or {})}, cwd=folder, start_new_session=True
        )
        try:
            until = time.monotonic() + STARTS_WITHIN_S
            while not _answers(url):
                if server.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"{words[0]} did not start: {(folder / 'server.log').read_text()[-2000:]}")
                time.sleep(0.05)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            shutil.rmtree(folder / "data", ignore_errors=True)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
