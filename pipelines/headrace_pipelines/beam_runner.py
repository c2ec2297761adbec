"""Beam's default runner, for TFX pipelines that name none.

Since version 2.68, Beam's own default first tries to download Prism. The runner in this process needs no download.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def beam_in_this_process() -> Iterator[None]:
    """Makes FnApiRunner, which runs in this process, Beam's default runner inside the block.

    TFX does not pass a runner on where a pipeline names none, so only Beam's default can be changed.
    """
    from apache_beam.options.pipeline_options import StandardOptions

    before = StandardOptions.DEFAULT_RUNNER
    StandardOptions.DEFAULT_RUNNER = "FnApiRunner"
    try:
        yield
    finally:
        StandardOptions.DEFAULT_RUNNER = before
