"""Runs TFX pipelines: in one process, node by node, on Kubeflow, and on other orchestrators."""

import headrace  # noqa: F401 - it must be imported before pyarrow
