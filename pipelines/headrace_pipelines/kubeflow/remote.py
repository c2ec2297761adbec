"""What a parameter names in an object store, such as a baseline: Kubeflow's launcher fetches inputs, not parameters.

    baseline_uri = "minio://mlpipeline/v2/artifacts/.../statistics"   ->   <scratch>/baseline_uri, with the files

Credentials come from the environment (a secret of the pod): `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; for
`minio://` also `HEADRACE_MINIO_ENDPOINT`, by default the service that Kubeflow Pipelines installs.
"""

from __future__ import annotations

import os
from typing import Any

from headrace.errors import DataError
from headrace_pipelines.kubeflow import mounts

ENDPOINT_VARIABLE = "HEADRACE_MINIO_ENDPOINT"
ENDPOINT = "http://minio-service.kubeflow:9000"


def fetched(uri: str, into: str) -> str:
    """The path of a folder or file that a parameter names: where it is mounted, else where it was copied to.

    Args:
        uri: URI or path; one without a scheme of a store is given back as it is.
        into: where a copy goes.

    Raises:
        DataError: nothing is there, or the store can't be read.
    """
    path = mounts.to_path(uri)
    if path == uri or os.path.exists(path):
        return path
    from pyarrow import fs

    try:
        store, key = _store(uri)
        if store.get_file_info(key).type == fs.FileType.NotFound:
            raise DataError(f"{uri}: nothing is there; expected what an earlier run left, such as its statistics")
        fs.copy_files(key, into, source_filesystem=store, destination_filesystem=fs.LocalFileSystem())
    except OSError as error:
        raise DataError(f"{uri} can't be read: {error}; see that the task has the store's credentials") from error
    return into


def _store(uri: str) -> tuple[Any, str]:
    from pyarrow import fs

    scheme, _, key = uri.partition("://")
    if scheme == "minio":
        transport, _, host = os.environ.get(ENDPOINT_VARIABLE, ENDPOINT).rpartition("://")
        return fs.S3FileSystem(endpoint_override=host, scheme=transport or "http", region="us-east-1"), key
    if scheme == "s3":
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if endpoint:
            transport, _, host = endpoint.rpartition("://")
            return fs.S3FileSystem(endpoint_override=host, scheme=transport or "https"), key
        return fs.S3FileSystem(), key
    if scheme == "gs":
        return fs.GcsFileSystem(), key
    raise DataError(f"{uri}: expected a minio://, s3:// or gs:// URI, or a path")
