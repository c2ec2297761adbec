"""Pipelines and the ways to run them: in this process, on the command line."""

import headrace  # noqa: F401 - before anything here may import pyarrow
