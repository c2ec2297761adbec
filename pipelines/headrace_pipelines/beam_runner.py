"""Which of Beam's runners takes a pipeline that names none.

Beam's own default tries to download Prism since 2.68; in this process it needs nothing from outside.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def beam_in_this_process() -> Iterator[None]:
    """For the block, Beam's default is the runner in this process: only it can name one where TFX names none."""
    from apache_beam.options.pipeline_options import StandardOptions

    before = StandardOptions.DEFAULT_RUNNER
    StandardOptions.DEFAULT_RUNNER = "FnApiRunner"
    try:
        yield
    finally:
        StandardOptions.DEFAULT_RUNNER = before
