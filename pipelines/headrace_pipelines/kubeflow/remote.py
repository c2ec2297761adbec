"""Downloads what a parameter names in an object store, such as a baseline: the launcher fetches inputs only.

    baseline_uri = "minio://mlpipeline/v2/artifacts/.../statistics"   ->   <scratch>/baseline_uri, with the files

Credentials come from the environment (a secret of the pod): `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; for
`minio://` also `HEADRACE_MINIO_ENDPOINT`, by default the service that Kubeflow Pipelines installs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal, cast

from headrace.errors import DataError
from headrace_pipelines.kubeflow import mounts

if TYPE_CHECKING:
    from pyarrow import fs

ENDPOINT_VARIABLE = "HEADRACE_MINIO_ENDPOINT"
ENDPOINT = "http://minio-service.kubeflow:9000"


def fetch(uri: str, destination: str) -> str:
    """Makes the folder or file that a parameter names available locally.

    Args:
        uri: URI or path; one without the scheme of a store is returned unchanged.
        destination: path of the copy, where one has to be made.

    Returns:
        The path where the launcher has put the files, if it has; else `destination`, to which they were copied.

    Raises:
        DataError: there is nothing at the URI, or the store can't be read.
    """
    path = mounts.to_path(uri)
    if path == uri or os.path.exists(path):
        return path
    from pyarrow import fs

    try:
        store, key = _store(uri)
        if store.get_file_info(key).type == fs.FileType.NotFound:
            raise DataError(f"{uri}: nothing is there; expected an artifact of an earlier run, such as its statistics")
        fs.copy_files(key, destination, source_filesystem=store, destination_filesystem=fs.LocalFileSystem())
    except OSError as error:
        raise DataError(f"{uri} can't be read: {error}; see that the task has the store's credentials") from error
    return destination


def _store(uri: str) -> tuple[fs.FileSystem, str]:
    from pyarrow import fs

    scheme, _, key = uri.partition("://")
    if scheme == "minio":
        transport, host = _endpoint(os.environ.get(ENDPOINT_VARIABLE, ENDPOINT), "http")
        return fs.S3FileSystem(endpoint_override=host, scheme=transport, region="us-east-1"), key
    if scheme == "s3":
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if endpoint:
            transport, host = _endpoint(endpoint, "https")
            return fs.S3FileSystem(endpoint_override=host, scheme=transport), key
        return fs.S3FileSystem(), key
    if scheme == "gs":
        return fs.GcsFileSystem(), key
    raise DataError(f"{uri}: expected a minio://, s3:// or gs:// URI, or a path")


def _endpoint(url: str, default: Literal["http", "https"]) -> tuple[Literal["http", "https"], str]:
    transport, _, host = url.rpartition("://")
    if transport not in ("", "http", "https"):
        raise DataError(f"expected the endpoint of the store as http://HOST:PORT or https://HOST:PORT, got {url!r}")
    return cast("Literal['http', 'https']", transport or default), host
