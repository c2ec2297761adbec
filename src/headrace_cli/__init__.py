"""The command line: `headrace COMMAND ...`."""

import headrace  # noqa: F401 - before anything here may import pyarrow
