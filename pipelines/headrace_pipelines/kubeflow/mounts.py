"""URIs of a cluster's object store, and the folders of a container in which KFP's launcher puts their files.

    minio://mlpipeline/v2/artifacts/a   <->   /minio/mlpipeline/v2/artifacts/a
    gs://bucket/a                       <->   /gcs/bucket/a

The launcher downloads a task's inputs to these folders before its container starts and uploads its outputs from them
afterwards (`LocalPathForURI` in kubeflow/pipelines, backend/src/v2/component), so that a task works on local files
only.
"""

from __future__ import annotations

import os

FOLDERS = {"minio://": "minio", "s3://": "s3", "gs://": "gcs", "oci://": "oci"}
"""Scheme of a store -> folder below the root of the mounts."""

ROOT_VARIABLE = "HEADRACE_MOUNTS"
"""Environment variable that names the root of the mounts, where it is not `/`."""


def to_path(uri: str, *, root: str | None = None) -> str:
    """The path where the launcher puts the files of `uri`; anything without the scheme of a store stays unchanged."""
    for scheme, folder in FOLDERS.items():
        if uri.startswith(scheme):
            return os.path.join(_root(root), folder, uri[len(scheme) :])
    return uri


def to_uri(path: str, *, root: str | None = None) -> str:
    """Inverse of `to_path`."""
    for scheme, folder in FOLDERS.items():
        prefix = os.path.join(_root(root), folder, "")
        if path.startswith(prefix):
            return scheme + path[len(prefix) :]
    return path


def _root(root: str | None) -> str:
    return root or os.environ.get(ROOT_VARIABLE, "/")
